/**
 * Which statements to run for a query. Hot file: `evaluate` runs for each SQL statement that no cache answers.
 *
 * For each session (principal, session and target, by identity) the conditions that depend on nothing else are evaluated once, those that
 * read the statement's kind besides once a kind; what is left is indexed by the tables and columns it asks for, and masks by the column's
 * label. Measured by `node language/src/compile/decision.bench.ts`.
 */
import type { Effect, Input, Reads } from "../program.ts";
import { RegoObject, type Value } from "../values.ts";
import { Candidate, type CompiledDecision, FilterIndex, GroupIndex, MaskIndex, StatementIndex } from "./candidates.ts";
import { blankMemo, Environment, field, type Memo } from "./runtime.ts";
import { EvaluationContext, stepsFor } from "./evaluation-context.ts";
import { allReads } from "./reads.ts";

type Subject = Omit<Input, "query">;

/** What is left for one session and one kind of statement. */
interface KindPlan {
  readonly category: Value | undefined;
  readonly reads: Reads;
  /** What fires for every statement of the session and kind. Shared, never changed. */
  readonly settled: readonly Effect[];
  readonly statements: StatementIndex;
  /** But for the fixed ones. */
  readonly masks: MaskIndex;
  /** But for the fixed ones. */
  readonly filters: FilterIndex;
}

interface SessionPlan {
  readonly session: Value;
  readonly target: Value;
  readonly candidates: readonly Candidate[];
  readonly fixedMasks: MaskIndex;
  readonly fixedFilters: FilterIndex;
  readonly kinds: Map<string, KindPlan>;
}

/** Kinds are a closed list; what is no kind must not fill the memory. */
const kindsMax = 1_000;
/** Sessions that are remembered for one principal object; ordinarily one. */
const sessionsPerPrincipalMax = 8;

const isMask = ({ decision }: Candidate): boolean => decision.statement === "mask";
const isFilter = ({ decision }: Candidate): boolean => decision.statement === "filter";

export class Dispatcher {
  private readonly decisions: GroupIndex;
  private readonly data: Value;
  private readonly blank: readonly Memo[];
  /** The time of what is asked, where it is not that of the machine. */
  nowNs: bigint | undefined;
  private readonly labelRules: readonly Candidate[];
  private readonly sessions = new WeakMap<RegoObject, SessionPlan[]>();
  private lastPrincipal: Value | undefined;
  private last: SessionPlan | undefined;
  /** Where `with` of a test has replaced rules and functions, for as long as `under` runs. */
  private replaced: Pick<Environment, "mocks" | "shadow"> | undefined;

  constructor(decisions: readonly CompiledDecision[], data: Value, groups: number) {
    this.decisions = new GroupIndex(decisions.filter(({ statement }) => statement !== "label"));
    this.data = data;
    this.blank = blankMemo(groups);
    this.labelRules = decisions
      .filter(({ statement }) => statement === "label")
      .map((decision) => new Candidate(decision, decision.whole));
  }

  /** What a test has replaced while it asks for a decision. */
  get world(): Pick<Environment, "mocks" | "shadow"> | undefined {
    return this.replaced;
  }

  /** Runs something, a decision of a test, with the rules and functions that are in force in a world. */
  under<T>(world: Pick<Environment, "mocks" | "shadow">, run: () => T): T {
    const before = this.replaced;
    this.replaced = world;
    try {
      return run();
    } finally {
      this.replaced = before;
    }
  }

  evaluate(input: Input, columns: readonly Value[], data: Value | undefined): Effect[] {
    const environment = this.environment(input, columns, data);
    const session = this.sessionPlan(input, environment, data);
    const effects = [...this.ofStatement(session, environment, input.query, columns)];
    session.fixedMasks.evaluate(environment, columns, effects);
    return effects;
  }

  evaluateStatement(input: Input, columns: readonly Value[], data: Value | undefined): readonly Effect[] {
    const environment = this.environment(input, columns, data);
    return this.ofStatement(this.sessionPlan(input, environment, data), environment, input.query, columns);
  }

  fixedMasks(subject: Subject, columns: readonly Value[], data: Value | undefined): Effect[] {
    const environment = this.environment(subject, columns, data);
    const effects: Effect[] = [];
    this.sessionPlan(subject, environment, data).fixedMasks.evaluate(environment, columns, effects);
    return effects;
  }

  filters(input: Input, relations: readonly string[], data: Value | undefined): Effect[] {
    const environment = this.environment(input, [], data);
    const session = this.sessionPlan(input, environment, data);
    environment.query = input.query;
    const effects: Effect[] = [];
    this.kindPlan(session, environment).filters.evaluate(environment, relations, effects);
    return effects;
  }

  fixedFilters(subject: Subject, relations: readonly string[], data: Value | undefined): Effect[] {
    const environment = this.environment(subject, [], data);
    const effects: Effect[] = [];
    this.sessionPlan(subject, environment, data).fixedFilters.evaluate(environment, relations, effects);
    return effects;
  }

  readsOf(input: Input, data: Value | undefined): Reads {
    const environment = this.environment(input, [], data);
    environment.query = input.query;
    return this.kindPlan(this.sessionPlan(input, environment, data), environment).reads;
  }

  labels(columns: readonly Value[]): { readonly labels: string[]; readonly errors: Effect[] }[] {
    const environment = new Environment(this.data, this.blank, this.context(columns));
    return columns.map((column) => {
      const found: string[] = [];
      const errors: Effect[] = [];
      const path = field(column, "path");
      for (const candidate of this.labelRules) {
        const own = candidate.decision.path;
        if (own === undefined || own === path) candidate.label(environment, column, found, errors);
      }
      return { labels: found, errors };
    });
  }

  private context(columns: readonly Value[]): EvaluationContext {
    const context = new EvaluationContext(stepsFor(columns));
    return this.nowNs === undefined ? context : context.at(this.nowNs);
  }

  private environment(subject: Subject, columns: readonly Value[], data: Value | undefined): Environment {
    const environment = new Environment(data ?? this.data, this.blank, this.context(columns));
    environment.principal = subject.principal;
    environment.session = subject.session;
    environment.target = subject.target;
    if (this.replaced !== undefined) {
      environment.mocks = this.replaced.mocks;
      environment.shadow = this.replaced.shadow;
    }
    return environment;
  }

  private ofStatement(
    session: SessionPlan,
    environment: Environment,
    query: Value,
    columns: readonly Value[],
  ): readonly Effect[] {
    environment.query = query;
    const plan = this.kindPlan(session, environment);
    const { settled } = plan;
    const effects: Effect[] = [];
    plan.statements.evaluate(environment, effects);
    plan.masks.evaluate(environment, columns, effects);
    if (effects.length === 0) return settled;
    for (let index = 0; index < settled.length; index += 1) {
      const effect = settled[index];
      if (effect !== undefined) effects.push(effect);
    }
    return effects;
  }

  /** As tests make them with `with`: not remembered. */
  private isWorldOfItsOwn(data: Value | undefined): boolean {
    const { replaced } = this;
    if (replaced !== undefined && (replaced.mocks !== null || replaced.shadow !== null)) return true;
    return data !== undefined && data !== this.data;
  }

  private sessionPlan(subject: Subject, environment: Environment, data: Value | undefined): SessionPlan {
    if (this.isWorldOfItsOwn(data)) return this.newSessionPlan(subject, environment);
    const { principal, session, target } = subject;
    const { last } = this;
    if (last !== undefined && this.lastPrincipal === principal && last.session === session && last.target === target)
      return last;
    let plan: SessionPlan | undefined;
    if (principal instanceof RegoObject) {
      const plans = this.sessions.get(principal) ?? [];
      plan = plans.find((known) => known.session === session && known.target === target);
      if (plan === undefined) {
        plan = this.newSessionPlan(subject, environment);
        if (plans.length >= sessionsPerPrincipalMax) plans.shift();
        plans.push(plan);
        this.sessions.set(principal, plans);
      }
    } else {
      plan = this.newSessionPlan(subject, environment);
    }
    this.lastPrincipal = principal;
    this.last = plan;
    return plan;
  }

  /** `environment` has no query yet: conditions of the session do not read it. */
  private newSessionPlan({ principal, session, target }: Subject, environment: Environment): SessionPlan {
    const all: Candidate[] = [];
    for (const decision of this.decisions.of(field(principal, "groups"))) {
      const candidate = Candidate.of(decision, environment);
      if (candidate !== undefined) all.push(candidate);
    }
    const isFixed = ({ decision }: Candidate): boolean => decision.isFixed;
    return {
      session,
      target,
      candidates: all.filter((candidate) => !isFixed(candidate)),
      fixedMasks: new MaskIndex(all.filter((candidate) => isFixed(candidate) && isMask(candidate))),
      fixedFilters: new FilterIndex(all.filter((candidate) => isFixed(candidate) && isFilter(candidate))),
      kinds: new Map(),
    };
  }

  private kindPlan(session: SessionPlan, environment: Environment): KindPlan {
    const value = field(environment.query, "kind");
    const category = field(environment.query, "category");
    const kind = typeof value === "string" ? value : "";
    const known = session.kinds.get(kind);
    if (known !== undefined && known.category === category && kind !== "") return known;
    const fitting = session.candidates
      .filter(({ decision }) => decision.kinds === undefined || decision.kinds.has(kind))
      .flatMap((candidate) => candidate.after(candidate.decision.kind, environment, undefined) ?? []);
    const settled: Effect[] = [];
    const isOpen = (candidate: Candidate): boolean => !candidate.settle(environment, settled);
    const plan: KindPlan = {
      category,
      reads: allReads(fitting.map(({ decision }) => decision.reads)),
      settled,
      statements: new StatementIndex(
        fitting.filter((candidate) => !isMask(candidate) && !isFilter(candidate) && isOpen(candidate)),
      ),
      masks: new MaskIndex(fitting.filter(isMask)),
      filters: new FilterIndex(fitting.filter(isFilter)),
    };
    Object.freeze(settled);
    if (session.kinds.size < kindsMax) session.kinds.set(kind, plan);
    return plan;
  }
}
