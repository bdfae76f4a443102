/**
 * Which statements to run for a query. Hot file: `evaluate` runs for each SQL statement that no cache answers.
 *
 * For each session (principal, session and target, by identity) the conditions that depend on nothing else are evaluated once; what is left is
 * indexed by the statement's kind, and masks by the column's label. Measured by `node language/src/benchmark.ts`.
 */
import type { Effect, Input, RuleId } from "../program.ts";
import { RegoObject, type Value } from "../values.ts";
import type { StatementKind } from "./effects.ts";
import { blankMemo, Environment, EvaluationError, field, type Memo } from "./runtime.ts";
import { EvaluationContext } from "./evaluation-context.ts";

type Run = (environment: Environment, column: Value | undefined, out: unknown[]) => void;
type Guard = (environment: Environment, column: Value | undefined) => boolean;

export interface CompiledDecision {
  readonly statement: StatementKind;
  readonly rule: RuleId;
  /** For `mask T.C` and `label T.C`. */
  readonly path: string | undefined;
  readonly kinds: ReadonlySet<string> | undefined;
  readonly session: Guard | undefined;
  readonly label: Guard | undefined;
  /** What the guards and the index leave. */
  readonly rest: Run;
  /** All conditions. */
  readonly whole: Run;
}

/** A statement to run, after its guards. */
interface Candidate {
  readonly decision: CompiledDecision;
  readonly run: Run;
}

/** What is left for one session and one kind of statement. */
interface KindPlan {
  readonly statements: readonly Candidate[];
  readonly masks: readonly Candidate[];
  /** Masks that can apply to a column without a path of its own, by its label; filled as labels come. */
  readonly masksByLabel: Map<string, readonly Candidate[]>;
  readonly masksByPath: ReadonlyMap<string, readonly Candidate[]>;
}

interface SessionPlan {
  readonly session: Value;
  readonly target: Value;
  readonly candidates: readonly Candidate[];
  readonly kinds: Map<string, KindPlan>;
}

/** Labels that are remembered for a session and kind; a catalog has tens. */
const labelsMax = 1_000;
/** Sessions that are remembered for one principal object; ordinarily one. */
const sessionsPerPrincipalMax = 8;

export class Dispatcher {
  private readonly decisions: readonly CompiledDecision[];
  private readonly data: Value;
  private readonly blank: readonly Memo[];
  private readonly sessions = new WeakMap<RegoObject, SessionPlan[]>();
  private lastPrincipal: Value | undefined;
  private last: SessionPlan | undefined;

  constructor(decisions: readonly CompiledDecision[], data: Value, groups: number) {
    this.decisions = decisions;
    this.data = data;
    this.blank = blankMemo(groups);
  }

  evaluate(input: Input, columns: readonly Value[], data: Value | undefined): Effect[] {
    const environment = this.environment(input, data);
    const session = data === undefined ? this.remembered(input, environment) : this.sessionPlan(input, environment);
    environment.query = input.query;
    const kind = field(input.query, "kind");
    const plan = this.kindPlan(session, typeof kind === "string" ? kind : "");
    const effects: Effect[] = [];
    const { statements } = plan;
    for (let index = 0; index < statements.length; index += 1) {
      const candidate = statements[index];
      if (candidate !== undefined) guarded(candidate, environment, undefined, effects, effects);
    }
    if (plan.masks.length > 0) {
      for (let index = 0; index < columns.length; index += 1) {
        const column = columns[index] ?? null;
        const masks = this.masksFor(plan, environment, column);
        for (let position = 0; position < masks.length; position += 1) {
          const candidate = masks[position];
          if (candidate !== undefined) guarded(candidate, environment, column, effects, effects);
        }
      }
    }
    return effects;
  }

  labels(columns: readonly Value[]): { readonly labels: string[]; readonly errors: Effect[] }[] {
    const decisions = this.decisions.filter(({ statement }) => statement === "label");
    const environment = new Environment(this.data, this.blank, new EvaluationContext());
    return columns.map((column) => {
      const labels: string[] = [];
      const errors: Effect[] = [];
      const path = field(column, "path");
      for (const decision of decisions) {
        if (decision.path !== undefined && decision.path !== path) continue;
        guarded({ decision, run: decision.whole }, environment, column, labels, errors);
      }
      return { labels, errors };
    });
  }

  private environment(input: Input, data: Value | undefined): Environment {
    const environment = new Environment(data ?? this.data, this.blank, new EvaluationContext());
    environment.principal = input.principal;
    environment.session = input.session;
    environment.target = input.target;
    return environment;
  }

  private remembered(input: Input, environment: Environment): SessionPlan {
    const { principal, session, target } = input;
    const { last } = this;
    if (last !== undefined && this.lastPrincipal === principal && last.session === session && last.target === target)
      return last;
    let plan: SessionPlan | undefined;
    if (principal instanceof RegoObject) {
      const plans = this.sessions.get(principal) ?? [];
      plan = plans.find((known) => known.session === session && known.target === target);
      if (plan === undefined) {
        plan = this.sessionPlan(input, environment);
        if (plans.length >= sessionsPerPrincipalMax) plans.shift();
        plans.push(plan);
        this.sessions.set(principal, plans);
      }
    } else {
      plan = this.sessionPlan(input, environment);
    }
    this.lastPrincipal = principal;
    this.last = plan;
    return plan;
  }

  /** `environment` has no query yet: conditions of the session do not read it. */
  private sessionPlan(input: Input, environment: Environment): SessionPlan {
    const candidates: Candidate[] = [];
    for (const decision of this.decisions) {
      if (decision.statement === "label") continue;
      const holds = attempt(decision.session, environment, undefined);
      if (holds === false) continue;
      candidates.push({ decision, run: holds === undefined ? decision.whole : decision.rest });
    }
    return { session: input.session, target: input.target, candidates, kinds: new Map() };
  }

  private kindPlan(session: SessionPlan, kind: string): KindPlan {
    const known = session.kinds.get(kind);
    if (known !== undefined) return known;
    const fitting = session.candidates.filter(
      ({ decision }) => decision.kinds === undefined || decision.kinds.has(kind),
    );
    const masks = fitting.filter(({ decision }) => decision.statement === "mask");
    const plan: KindPlan = {
      statements: fitting.filter(({ decision }) => decision.statement !== "mask"),
      masks,
      masksByLabel: new Map(),
      masksByPath: Map.groupBy(
        masks.filter(({ decision }) => decision.path !== undefined),
        ({ decision }) => decision.path ?? "",
      ),
    };
    // Kinds are a closed list; what is no kind must not fill the memory.
    if (session.kinds.size < labelsMax) session.kinds.set(kind, plan);
    return plan;
  }

  private masksFor(plan: KindPlan, environment: Environment, column: Value): readonly Candidate[] {
    const label = field(column, "label");
    const key = typeof label === "string" ? label : "";
    let masks = plan.masksByLabel.get(key);
    if (masks === undefined) {
      masks = plan.masks.flatMap((candidate): readonly Candidate[] => {
        const { decision } = candidate;
        if (decision.path !== undefined) return [];
        // A statement whose session conditions failed runs whole, whatever the label.
        if (candidate.run === decision.whole) return [candidate];
        const holds = attempt(decision.label, environment, column);
        if (holds === false) return [];
        return [holds === undefined ? { decision, run: decision.whole } : candidate];
      });
      if (plan.masksByLabel.size < labelsMax) plan.masksByLabel.set(key, masks);
    }
    if (plan.masksByPath.size === 0) return masks;
    const path = field(column, "path");
    const own = typeof path === "string" ? plan.masksByPath.get(path) : undefined;
    return own === undefined ? masks : [...masks, ...own];
  }
}

/** Whether a guard holds; `undefined` where it ended in an error and the whole statement has to show it. */
function attempt(guard: Guard | undefined, environment: Environment, column: Value | undefined): boolean | undefined {
  if (guard === undefined) return true;
  try {
    return guard(environment, column);
  } catch (error) {
    if (error instanceof EvaluationError) return undefined;
    throw error;
  }
}

/** Runs one statement; its run-time error is an effect like any other. */
function guarded(
  { decision, run }: Candidate,
  environment: Environment,
  column: Value | undefined,
  out: unknown[],
  errors: Effect[],
): void {
  try {
    run(environment, column, out);
  } catch (error) {
    if (!(error instanceof EvaluationError)) throw error;
    errors.push({ kind: "error", rule: decision.rule, statement: decision.statement, message: error.message });
  }
}
