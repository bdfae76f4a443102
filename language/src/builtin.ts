import type { TypeName, Value } from "./values.ts";

/**
 * Type of a builtin's argument or result, as the checker compares it. A missing part is `any`. Unions list their alternatives.
 * Examples: `"string"`, `{ set: "string" }`, `{ anyOf: ["array", "set"] }`.
 */
export type BuiltinType =
  | "any"
  | TypeName
  | { readonly array: BuiltinType }
  | { readonly set: BuiltinType }
  | { readonly object: { readonly key: BuiltinType; readonly value: BuiltinType } }
  | { readonly anyOf: readonly BuiltinType[] };

interface BuiltinSignature {
  /** One an argument, the optional ones last. Absent for `arity` without an upper bound: arguments are not checked. */
  readonly args?: readonly BuiltinType[];
  readonly result: BuiltinType;
}

/**
 * A function of the language. Operators (`plus`, `minus`, `mul`, `div`, `rem`, `and`, `or`, `equal`, `neq`, `lt`, …,
 * `internal.member_2`, `internal.member_3`, `assign`, `eq`) belong to the compiler and are no builtins here.
 */
export interface Builtin {
  /** With dots where it has them: `time.now_ns`. */
  readonly name: string;
  readonly arity: number | { readonly min: number; readonly max: number };
  readonly types?: BuiltinSignature;
  /** Same arguments, same result, whenever: its calls may be computed once and cached. */
  readonly pure: boolean;
  /** The call has many results, as `walk` does: `apply` returns an array, each element of which is one. */
  readonly relation?: true;
  /** The argument that is a regular expression, which is checked where it is a constant. */
  readonly pattern?: number;
  /**
   * What a call is charged for before it runs: `texts` only for texts among the arguments, where collections are only looked into; `parts` for
   * these and the elements of collections; `all` for everything inside them. `parts` when left out. What costs more, `apply` charges.
   */
  readonly charges?: "texts" | "parts" | "all";
  /** How many times more it costs to do than to read what it is charged for: 1 when left out. */
  readonly factor?: number;
  /**
   * @returns the result; `undefined` makes the call undefined
   * @throws {BuiltinError} in ordinary rules the call is undefined then; a restricting decision statement denies
   */
  apply(args: readonly Value[], context: BuiltinContext): Value | undefined;
}

/** What builtins share within one evaluation. */
export interface BuiltinContext {
  /** The clock, fixed for an evaluation: `time.now_ns()` is the same everywhere in it. */
  readonly nowNs: bigint;
  /** Where `print` writes: the test report. */
  print(line: string): void;
  /** Errors of builtins end the evaluation (OPA's strict mode). The compiled code deals with it; here for the few that differ. */
  readonly strict: boolean;
  /** For whatever a builtin wants to keep until the evaluation ends, under keys of its own, such as `rand.intn` per seed. */
  readonly cache: Map<unknown, unknown>;
  /** Charges work that goes beyond the size of arguments and result. @throws {CostError} */
  spend(steps: number): void;
}

/**
 * The evaluation costs more than `languageLimits` grant. Ends it in any mode: what is undefined could make a rule that restricts fall away.
 * The message names the bound, never a value.
 */
export class CostError extends Error {
  override readonly name = "CostError";
}

/** What went wrong in a call: `type` for operands of a wrong type, `builtin` for everything else. */
export type BuiltinErrorKind = "type" | "builtin";

/**
 * A run-time error of a builtin. The message does not name the builtin or the place; the compiled code adds both.
 * It may show operands' types, never their values, which may be hidden data.
 */
export class BuiltinError extends Error {
  override readonly name = "BuiltinError";
  readonly kind: BuiltinErrorKind;

  constructor(message: string, kind: BuiltinErrorKind = "builtin") {
    super(message);
    this.kind = kind;
  }
}
