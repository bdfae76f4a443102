/** Run-time errors of policies. */
import type { Effect, RuleId } from "../program.ts";

/** Where in a policy something is computed, for errors. */
export interface Site {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** The function or rule that is concerned. */
  readonly name: string;
}

/** Codes as OPA has them, and one more. */
export type EvaluationErrorCode =
  | "eval_type_error"
  | "eval_builtin_error"
  | "eval_conflict_error"
  | "eval_internal_error"
  /** Ours: a bound of `languageLimits` is broken. */
  | "eval_cost_error";

/** A run-time error of a policy. Ends the evaluation; whoever evaluates decides what it means. */
export class EvaluationError extends Error {
  override readonly name = "EvaluationError";
  readonly code: EvaluationErrorCode;
  readonly site: Site;
  /** The message without the place. */
  readonly text: string;

  constructor(code: EvaluationErrorCode, text: string, site: Site) {
    super(`${site.file}:${site.line}: ${text}`);
    this.text = text;
    this.code = code;
    this.site = site;
  }
}

/** What a policy, not the program, did wrong: V8 throws its own `RangeError` for a stack that is too deep and for a value that is too large. */
export function isPolicyError(error: unknown): error is EvaluationError | RangeError {
  return error instanceof EvaluationError || error instanceof RangeError;
}

export function errorEffect(
  error: EvaluationError | RangeError,
  rule: RuleId,
  statement: Extract<Effect, { kind: "error" }>["statement"],
): Effect {
  if (error instanceof RangeError) {
    const bound = "it nests too deeply or makes too large a value";
    return { kind: "error", rule, statement, message: `${rule.file}:${rule.line}: ${bound}`, bound };
  }
  const { message } = error;
  return error.code === "eval_cost_error"
    ? { kind: "error", rule, statement, message, bound: error.text }
    : { kind: "error", rule, statement, message };
}
