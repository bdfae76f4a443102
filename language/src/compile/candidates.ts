/** Statements that are left to run once their guards were asked, and the indexes over them. Hot file: see dispatch.ts. */
import { languageLimits } from "../limits.ts";
import type { Effect, Reads, RuleId } from "../program.ts";
import type { Value } from "../values.ts";
import type { StatementKind } from "./effects.ts";
import type { Touch } from "./index-conditions.ts";
import { errorEffect, isPolicyError } from "./evaluation-error.ts";
import { type Environment, field, valuesOf } from "./runtime.ts";

type Run = (environment: Environment, column: Value | undefined, out: unknown[]) => void;
type Guard = (environment: Environment, column: Value | undefined) => boolean;

/** What is known of a decision statement without running it. */
export interface DecisionTraits {
  readonly statement: StatementKind;
  readonly rule: RuleId;
  /** For `mask T.C`, `label T.C` and `filter T`. */
  readonly path: string | undefined;
  readonly kinds: ReadonlySet<string> | undefined;
  readonly touch: Touch | undefined;
  /** Without being of this group nobody is meant. */
  readonly group: string | undefined;
  readonly reads: Reads;
  /** See `Program.fixedMasks` and `Program.fixedFilters`. */
  readonly isFixed: boolean;
  /** Once its guards hold, its effect is known too: the same for every statement of one session and kind. */
  readonly isSettled: boolean;
}

/** In the order in which generated code lists them. */
export type DecisionFunctions = readonly [
  /** All conditions. */
  whole: Run,
  /** What the guards and the index leave. */
  rest: Run,
  session: Guard | undefined,
  kind: Guard | undefined,
  label: Guard | undefined,
];

export interface CompiledDecision extends DecisionTraits {
  readonly session: Guard | undefined;
  readonly kind: Guard | undefined;
  readonly label: Guard | undefined;
  readonly rest: Run;
  readonly whole: Run;
}

export function withFunctions(
  traits: DecisionTraits,
  [whole, rest, session, kind, label]: DecisionFunctions,
): CompiledDecision {
  return { ...traits, whole, rest, session, kind, label };
}

/** A statement to run, after its guards. */
export class Candidate {
  readonly decision: CompiledDecision;
  readonly run: Run;
  /** The evaluation that ran it last: an index can lead to it several times. */
  turn = 0;
  private failures = 0;
  private lastFailure: Effect | undefined;

  constructor(decision: CompiledDecision, run: Run) {
    this.decision = decision;
    this.run = run;
  }

  /** A candidate for a session; `undefined` where it cannot fire. */
  static of(decision: CompiledDecision, environment: Environment): Candidate | undefined {
    const { session } = decision;
    if (session === undefined) return new Candidate(decision, decision.rest);
    try {
      return session(environment, undefined) ? new Candidate(decision, decision.rest) : undefined;
    } catch (error) {
      if (isPolicyError(error)) return new Candidate(decision, decision.whole);
      throw error;
    }
  }

  /** The candidate after one more guard; `undefined` where it cannot fire. Whoever failed in a guard runs whole, to show its error. */
  after(guard: Guard | undefined, environment: Environment, column: Value | undefined): Candidate | undefined {
    if (guard === undefined || this.run === this.decision.whole) return this;
    try {
      return guard(environment, column) ? this : undefined;
    } catch (error) {
      if (isPolicyError(error)) return new Candidate(this.decision, this.decision.whole);
      throw error;
    }
  }

  /** Adds its effect if it will be the same for every statement of the session and kind. A failure is no such effect: it is tried again. */
  settle(environment: Environment, out: Effect[]): boolean {
    if (!this.decision.isSettled || this.run === this.decision.whole) return false;
    const effects: Effect[] = [];
    this.effects(environment, undefined, effects, effects);
    if (effects.some(({ kind }) => kind === "error")) return false;
    out.push(...effects);
    return true;
  }

  /** A run-time error of a statement is an effect like any other. */
  effects(environment: Environment, column: Value | undefined, out: unknown[], errors: Effect[]): void {
    try {
      this.run(environment, column, out);
    } catch (error) {
      if (!isPolicyError(error)) throw error;
      const { rule, statement } = this.decision;
      errors.push(errorEffect(error, rule, statement));
    }
  }

  /**
   * `effects` of a `label` rule. One that breaks the bound of steps on relation after relation is not tried for ever: its last error stands for
   * all others, for a catalog has thousands of relations, and the first statement of a session may ask for all of them.
   */
  label(environment: Environment, column: Value, out: string[], errors: Effect[]): void {
    if (this.lastFailure !== undefined && this.failures >= languageLimits.labelFailuresMax) {
      errors.push(this.lastFailure);
      return;
    }
    const wasLeft = environment.context.left >= 0;
    const before = errors.length;
    this.effects(environment, column, out, errors);
    if (wasLeft && environment.context.left < 0) {
      this.failures += 1;
      this.lastFailure = errors[before];
    }
  }
}

/** Decision statements by the group of which the person must be. */
export class GroupIndex {
  private readonly forAll: readonly CompiledDecision[];
  private readonly byGroup: ReadonlyMap<string, readonly CompiledDecision[]>;

  constructor(decisions: readonly CompiledDecision[]) {
    this.forAll = decisions.filter(({ group }) => group === undefined);
    this.byGroup = Map.groupBy(
      decisions.filter(({ group }) => group !== undefined),
      ({ group }) => group ?? "",
    );
  }

  /** What may be meant for somebody of such groups. */
  of(groups: Value | undefined): readonly CompiledDecision[] {
    const found = new Set<readonly CompiledDecision[]>();
    for (const group of valuesOf(groups)) {
      const decisions = typeof group === "string" ? this.byGroup.get(group) : undefined;
      if (decisions !== undefined) found.add(decisions);
    }
    return found.size === 0 ? this.forAll : [this.forAll, ...found].flat();
  }
}

/** Evaluations so far, of all indexes: a candidate is in those of several kinds of statements, which must not take each other's for their own. */
let turns = 0;

/** Statements without a column of their own, by what they must find in the query. */
export class StatementIndex {
  private readonly always: readonly Candidate[];
  private readonly collections: readonly CollectionIndex[];

  constructor(candidates: readonly Candidate[]) {
    // Whoever runs whole does so because of an error that must show whatever the query touches.
    const isIndexed = ({ decision, run }: Candidate): boolean => decision.touch !== undefined && run !== decision.whole;
    this.always = candidates.filter((candidate) => !isIndexed(candidate));
    const byCollection = Map.groupBy(candidates.filter(isIndexed), ({ decision }) => decision.touch?.collection ?? "");
    this.collections = [...byCollection].map(([name, group]) => new CollectionIndex(name, group));
  }

  evaluate(environment: Environment, effects: Effect[]): void {
    const { always, collections } = this;
    for (let index = 0; index < always.length; index += 1) {
      always[index]?.effects(environment, undefined, effects, effects);
    }
    turns += 1;
    const turn = turns;
    for (let index = 0; index < collections.length; index += 1)
      collections[index]?.evaluate(environment, effects, turn);
  }
}

/** Statements that need an element of one collection of the query: any one, or one with a certain value in a field. */
class CollectionIndex {
  private readonly collection: string;
  private readonly ofAny: readonly Candidate[];
  private readonly fields: readonly {
    readonly field: string;
    readonly candidates: ReadonlyMap<string, readonly Candidate[]>;
  }[];

  constructor(collection: string, candidates: readonly Candidate[]) {
    this.collection = collection;
    this.ofAny = candidates.filter(({ decision }) => decision.touch?.asked === undefined);
    const byField = new Map<string, Map<string, Candidate[]>>();
    for (const candidate of candidates) {
      const asked = candidate.decision.touch?.asked;
      if (asked === undefined) continue;
      const byValue = byField.get(asked.field) ?? new Map<string, Candidate[]>();
      byField.set(asked.field, byValue);
      for (const value of asked.values) {
        const known = byValue.get(value);
        if (known === undefined) byValue.set(value, [candidate]);
        else known.push(candidate);
      }
    }
    this.fields = [...byField].map(([of, byValue]) => ({ field: of, candidates: byValue }));
  }

  evaluate(environment: Environment, effects: Effect[], turn: number): void {
    const elements = valuesOf(field(environment.query, this.collection));
    if (elements.length === 0) return;
    const { ofAny, fields } = this;
    for (let index = 0; index < ofAny.length; index += 1)
      ofAny[index]?.effects(environment, undefined, effects, effects);
    for (let index = 0; index < fields.length; index += 1) {
      const of = fields[index];
      if (of === undefined) continue;
      for (let position = 0; position < elements.length; position += 1) {
        const value = field(elements[position], of.field);
        const found = typeof value === "string" ? of.candidates.get(value) : undefined;
        if (found === undefined) continue;
        for (const candidate of found) {
          if (candidate.turn === turn) continue;
          candidate.turn = turn;
          candidate.effects(environment, undefined, effects, effects);
        }
      }
    }
  }
}

/** Labels that are remembered; a catalog has tens. */
const labelsMax = 1_000;
const noCandidates: readonly Candidate[] = [];

/** Masks by the label of the column, and by its path. */
export class MaskIndex {
  private readonly masks: readonly Candidate[];
  private readonly byPath: ReadonlyMap<string, readonly Candidate[]>;
  /** Filled as labels come. */
  private readonly byLabel = new Map<string, readonly Candidate[]>();
  readonly isEmpty: boolean;

  constructor(candidates: readonly Candidate[]) {
    this.isEmpty = candidates.length === 0;
    this.masks = candidates.filter(({ decision }) => decision.path === undefined);
    this.byPath = Map.groupBy(
      candidates.filter(({ decision }) => decision.path !== undefined),
      ({ decision }) => decision.path ?? "",
    );
  }

  evaluate(environment: Environment, columns: readonly Value[], effects: Effect[]): void {
    if (this.isEmpty) return;
    for (let index = 0; index < columns.length; index += 1) {
      const column = columns[index] ?? null;
      runAll(this.ofLabel(environment, column), environment, column, effects);
      if (this.byPath.size === 0) continue;
      const path = field(column, "path");
      runAll(
        (typeof path === "string" ? this.byPath.get(path) : undefined) ?? noCandidates,
        environment,
        column,
        effects,
      );
    }
  }

  private ofLabel(environment: Environment, column: Value): readonly Candidate[] {
    if (this.masks.length === 0) return noCandidates;
    const label = field(column, "label");
    const key = typeof label === "string" ? label : "";
    let masks = this.byLabel.get(key);
    if (masks === undefined) {
      masks = this.masks.flatMap((candidate) => candidate.after(candidate.decision.label, environment, column) ?? []);
      if (this.byLabel.size < labelsMax) this.byLabel.set(key, masks);
    }
    return masks;
  }
}

/** Filters by the path of their table. */
export class FilterIndex {
  private readonly byPath: ReadonlyMap<string, readonly Candidate[]>;

  constructor(candidates: readonly Candidate[]) {
    this.byPath = Map.groupBy(candidates, ({ decision }) => decision.path ?? "");
  }

  evaluate(environment: Environment, relations: readonly string[], effects: Effect[]): void {
    if (this.byPath.size === 0) return;
    for (const path of relations) {
      for (const candidate of this.byPath.get(path) ?? noCandidates) {
        candidate.effects(environment, undefined, effects, effects);
      }
    }
  }
}

function runAll(candidates: readonly Candidate[], environment: Environment, column: Value, effects: Effect[]): void {
  for (let index = 0; index < candidates.length; index += 1) {
    candidates[index]?.effects(environment, column, effects, effects);
  }
}
