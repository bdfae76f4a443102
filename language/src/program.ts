import type { CatalogNames } from "./check/catalog.ts";
import type { Diagnostic, SourceFile, Span } from "./diagnostics.ts";
import type { MaskName } from "./check/vocabulary.ts";
import type { Silenced } from "./lint/silence.ts";
import type { RowPredicate } from "./row-predicate.ts";
import type { Value } from "./values.ts";

/** Where an effect comes from. Printed as `package:line`. */
export interface RuleId {
  readonly package: string;
  readonly file: string;
  readonly line: number;
}

/** A mask as a rule asks for it, arguments evaluated. */
export interface MaskCall {
  readonly name: MaskName;
  readonly args: readonly (string | number | bigint | boolean | null)[];
}

/** One thing that a fired decision statement adds to the decision. */
export type Effect =
  | { readonly kind: "allow"; readonly rule: RuleId }
  | { readonly kind: "deny"; readonly rule: RuleId; readonly message: string; readonly code?: string }
  /** Somebody of any of the groups has to say yes first; several approvals: each is needed. */
  | {
      readonly kind: "approve";
      readonly rule: RuleId;
      /** Sorted, at least one. */
      readonly groups: readonly string[];
      /** How long the approval holds. */
      readonly durationMs: number | undefined;
      readonly message: string | undefined;
    }
  | { readonly kind: "notify"; readonly rule: RuleId; readonly channel: string; readonly message: string | undefined }
  | { readonly kind: "mask"; readonly rule: RuleId; readonly column: string; readonly mask: MaskCall }
  /** Of the relation only rows for which the predicate holds exist; `relation` is its path `schema.table`. */
  | { readonly kind: "filter"; readonly rule: RuleId; readonly relation: string; readonly predicate: RowPredicate }
  | {
      readonly kind: "limit";
      readonly rule: RuleId;
      readonly what: "rows" | "duration" | "bytes";
      /** Rows, milliseconds or bytes. */
      readonly value: number;
    }
  /** A run-time error inside a rule. `statement` tells which kind of rule: an error in a restricting rule denies. */
  | {
      readonly kind: "error";
      readonly rule: RuleId;
      readonly statement: "allow" | "deny" | "approve" | "notify" | "mask" | "filter" | "limit" | "label";
      readonly message: string;
      /** The bound of `languageLimits` that was broken, and in which construct: denies whatever the kind of rule. Shows no value. */
      readonly bound?: string;
    };

/** The four roots as runtime values (`toValue` of the plain objects that `check/vocabulary.ts` describes). */
export interface Input {
  readonly principal: Value;
  readonly session: Value;
  readonly target: Value;
  readonly query: Value;
}

/** What compiled policies, or some of their decision statements, read, so that the engine knows what it may cache. */
export interface Reads {
  /** Some decision reads `query.parameters`: decide again at Bind. */
  readonly parameters: boolean;
  /** Some decision reads the clock or another impure builtin: never cache. */
  readonly time: boolean;
  /** Some decision reads `query.text`: texts that differ in a literal only may be decided differently. */
  readonly text: boolean;
}

/** A checked and compiled set of modules. Immutable; safe to share between sessions. */
export interface Program {
  /** Hex digest over all sources and data, the same for the same content. */
  readonly revision: string;
  readonly reads: Reads;
  /** Some module has an `allow` statement: without a fired `allow`, the engine denies. */
  readonly hasAllow: boolean;
  readonly hasMasks: boolean;
  readonly hasFilters: boolean;
  /**
   * Evaluates all decision statements but `label` and `filter`.
   * @param maskCandidates the `column` values over which `mask` statements range: a superset of `query.columns`, with
   *   empty `uses` where the statement does not mention the column. `Effect.column` is the candidate's `path`.
   * @param data in place of the program's own `data.*`: for `decide(sql)` in a test under `with data.… as`.
   */
  evaluate(input: Input, maskCandidates: readonly Value[], data?: Value): Effect[];
  /**
   * As `evaluate`, without what `fixedMasks` gives. Where nothing but what is settled for the session and the statement's kind fires, the
   * same frozen array each time: what is made of it may be kept.
   */
  evaluateStatement(input: Input, maskCandidates: readonly Value[], data?: Value): readonly Effect[];
  /**
   * Masks that depend on the session and the column alone (its `uses` apart): the same for every statement of a session, so worth keeping.
   * Errors in their rules are among the effects.
   */
  fixedMasks(subject: Omit<Input, "query">, columns: readonly Value[], data?: Value): Effect[];
  /**
   * The `filter` statements of these relations, without what `fixedFilters` gives; errors in their rules are among the effects.
   * @param relations paths `schema.table`, each once
   */
  filters(input: Input, relations: readonly string[], data?: Value): Effect[];
  /** Filters that depend on the session alone: the same for every statement of a session. */
  fixedFilters(subject: Omit<Input, "query">, relations: readonly string[], data?: Value): Effect[];
  /**
   * Why each decision statement fires or does not, by the same code with something that watches it: slow, and made when it is first
   * asked for. What it says fires is what `evaluate` and `labels` give.
   */
  explain(question: Question): RuleExplanation[];
  /** What those statements read that can fire for the session and the kind of statement in `input`: a part of `reads`. */
  readsOf(input: Input, data?: Value): Reads;
  /** Evaluates `label` statements for catalog columns (`column` records without labels). Index-aligned with `columns`. */
  labels(columns: readonly Value[]): { readonly labels: string[]; readonly errors: Effect[] }[];
  /**
   * Texts and paths that the policies and their data write out, by which they can mean one certain table or column. Worked out when first
   * asked for.
   */
  named(): ReadonlySet<string>;
  /** Names of all `test_` rules. */
  readonly tests: readonly TestCase[];
  /** Where `CompileOptions.coverage` asked for it. */
  readonly coverage?: Coverage;
}

/** What ran since the program was made, `test_` rules and test files apart. */
export interface Coverage {
  readonly points: readonly CoveragePoint[];
  /** Two for each point: how often it was tried, and how often it held (a rule: how often it gave a value or decided something). */
  readonly counts: readonly number[];
}

export interface CoveragePoint {
  readonly kind: "rule" | "expression";
  /** A rule's name, a decision statement's word; empty for expressions. */
  readonly name: string;
  readonly span: Span;
}

export interface Question {
  readonly input: Input;
  /** As for `evaluate`. */
  readonly maskCandidates: readonly Value[];
  /** As for `filters`: filters of no other relation fire. */
  readonly relations?: readonly string[];
  /** As for `labels`. */
  readonly catalogColumns?: readonly Value[];
  /** In place of the program's own `data.*`. */
  readonly data?: Value;
  /** Leave out all but one. */
  readonly only?: RuleId;
}

/** Why a decision statement fired or did not. */
export interface RuleExplanation {
  readonly rule: RuleId;
  readonly statement: DecisionKind;
  /** As written, without its conditions, on one line. */
  readonly text: string;
  /** `error` where a condition or a value could not be computed. */
  readonly outcome: "fired" | "not_fired" | "error";
  /** It does not fire whatever else holds: no statement of this kind, or nothing in it, is what the rule is about. */
  readonly excluded: boolean;
  readonly effects: readonly (Effect | LabelEffect)[];
  /** In the order in which they are asked. */
  readonly conditions: readonly ConditionExplanation[];
}

type DecisionKind = Extract<Effect, { kind: "error" }>["statement"];

/** What a `label` statement gives. */
export interface LabelEffect {
  readonly kind: "label";
  readonly rule: RuleId;
  readonly column: string;
  readonly label: string;
}

export interface ConditionExplanation {
  /** As written, on one line. */
  readonly expression: string;
  readonly line: number;
  /** Of the way through the conditions that led furthest, where several elements were tried. */
  readonly outcome: "held" | "failed" | "error" | "not_reached";
  /** How often it was asked, and how often it held: more than once where conditions before it iterate. */
  readonly tried: number;
  readonly held: number;
  readonly values: readonly ObservedValue[];
  /** The rules that it asks by name, as far as they were asked. */
  readonly rules: readonly {
    /** Without `data.`. */
    readonly name: string;
    readonly definitions: readonly DefinitionExplanation[];
  }[];
}

/** One definition of a rule, or one branch of its `else`. */
export interface DefinitionExplanation {
  readonly file: string;
  readonly line: number;
  readonly outcome: "held" | "failed" | "error" | "not_reached";
  readonly conditions: readonly ConditionExplanation[];
}

export interface ObservedValue {
  /** As written: `column.label`. */
  readonly name: string;
  /** The attribute of the vocabulary, `query.columns.*.label`; absent for `data`, rules and what a function was given. */
  readonly attribute?: string;
  /** Constants that the condition looks for in it: `"dba" in principal.groups`. */
  readonly members?: readonly Value[];
  /** None: undefined. Several: a step iterates. */
  readonly values: readonly Value[];
}

export interface TestCase {
  readonly name: string;
  readonly rule: RuleId;
  /** Whether it may ask for `rows`, itself or by rules that it asks. */
  readonly usesRows: boolean;
  run(host: TestHost): TestResult;
}

/** What test-only builtins need from above: the language knows no SQL. */
export interface TestHost {
  /** The whole decision for a statement, with the roots and data as `with` left them. */
  decide(sql: string, parameters: readonly Value[] | undefined, input: Partial<Input>, data: Value): Value;
  /**
   * The rows that the principal would get for a statement, as an array of objects.
   * @throws BuiltinError where the decision is not to allow it, and where it fails
   */
  rows(sql: string, parameters: readonly Value[] | undefined, input: Partial<Input>, data: Value): Value;
  /**
   * Lines for the report of a failure about a value that this host gave, `undefined` for any other value.
   * @param field the field of it that the failed condition asked for, where it asked for one
   */
  describe?(value: Value, field: string | undefined): readonly string[] | undefined;
}

export interface TestResult {
  readonly outcome: "passed" | "failed" | "error";
  /** Absent for a test that passed. */
  readonly failure?: TestFailure;
  /** What `print` wrote. */
  readonly prints: readonly string[];
}

export interface TestFailure {
  /** The run-time error, for the outcome `error`. */
  readonly message?: string;
  /** From the test's own condition inwards through the rules of test files that it asked; at least one. */
  readonly frames: readonly FailureFrame[];
}

/** A condition that did not hold, or in which the error came up. */
export interface FailureFrame {
  /** Name of the rule in which it stands. */
  readonly rule: string;
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** As the policy has it; may have several lines. */
  readonly expression: string;
  /** What it wanted and got, in words or as values. */
  readonly expected?: string;
  readonly got?: string;
  /** Values of its variables. */
  readonly variables: Readonly<Record<string, string>>;
  /** Of variables that the host knows more about (decisions), lines instead of a value. */
  readonly described: Readonly<Record<string, readonly string[]>>;
}

export type CompileResult = {
  readonly diagnostics: readonly Diagnostic[];
  /** Warnings that policies ignore, with their reasons. */
  readonly silenced?: readonly Silenced[];
} & ({ readonly program: Program } | { readonly program?: undefined });

export interface CompileOptions {
  readonly sources: readonly SourceFile[];
  /** `data.*`: JSON. */
  readonly data?: unknown;
  /** Count what runs. Decisions then forgo the indexes that make them fast. */
  readonly coverage?: boolean;
  /** Also report what is allowed and probably not meant (`P4xx`). Wants all files, tests among them: what only they use is used. */
  readonly lint?: boolean;
  /** Tables and columns that are named must be in it (`P5xx`). */
  readonly catalog?: CatalogNames;
}
