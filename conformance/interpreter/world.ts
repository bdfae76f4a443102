/** What rules see: input, data, and what `with` has put in place of rules and functions. */
import { lookup, RegoObject, type Tree, type Value } from "@penstock/language";

/** What stands for a function. */
export type Mock = { readonly value: Value } | { readonly name: string };

export interface World {
  readonly input: Value | undefined;
  readonly data: Value;
  /** Paths below `data` that are replaced: rules there do not count. */
  readonly replaced: readonly (readonly string[])[];
  readonly mocks: ReadonlyMap<string, Mock>;
}

/** The codes of OPA. */
export type ErrorCode = "eval_conflict_error" | "eval_type_error" | "eval_builtin_error" | "eval_internal_error";

/** Ends an evaluation. */
export class RunTimeError extends Error {
  override readonly name = "RunTimeError";
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

export function conflict(message: string): RunTimeError {
  return new RunTimeError("eval_conflict_error", message);
}

/** A rule, renamed, with the constant beginning of its path. */
export interface Rule {
  readonly path: readonly string[];
  /** What follows `path`: its first step is no constant. */
  readonly steps: readonly Tree.Expr[];
  readonly rule: Tree.Rule;
}

/** A place in `data` at which no rule stands, but below which there are some. */
export interface Place {
  readonly kind: "place";
  readonly path: readonly string[];
}

export function startsWith(path: readonly string[], start: readonly string[]): boolean {
  return start.every((step, index) => path[index] === step);
}

export function at(value: Value | undefined, path: readonly string[]): Value | undefined {
  return path.reduce<Value | undefined>((current, step) => lookup(current, step), value);
}

/** `value` with something else at a path; what is in the way and no object gives way. */
export function replaceAt(value: Value | undefined, path: readonly string[], replacement: Value): Value {
  const [first, ...rest] = path;
  if (first === undefined) return replacement;
  const entries = value instanceof RegoObject ? value.entries() : [];
  return RegoObject.fromEntries([...entries, [first, replaceAt(lookup(value, first), rest, replacement)]]);
}
