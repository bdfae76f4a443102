/** How fired statements add to the list of effects. Called by generated code. */
import type { MaskName } from "../check/vocabulary.ts";
import type { Effect, MaskCall, RuleId } from "../program.ts";
import { field, type Site } from "./runtime.ts";
import { EvaluationError } from "./runtime.ts";
import { format, typeName, type Value } from "../values.ts";

export type StatementKind = Extract<Effect, { kind: "error" }>["statement"];

function site(rule: RuleId, name: string): Site {
  return { file: rule.file, line: rule.line, column: 1, name };
}

export function allow(out: Effect[], rule: RuleId): void {
  out.push({ kind: "allow", rule });
}

/** One effect a message: the statement means a set of messages. */
export function deny(out: Effect[], rule: RuleId, message: Value, code: Value | undefined): void {
  const text = typeof message === "string" ? message : format(message);
  const known = out.some((effect) => effect.kind === "deny" && effect.rule === rule && effect.message === text);
  if (known) return;
  if (code === undefined) out.push({ kind: "deny", rule, message: text });
  else out.push({ kind: "deny", rule, message: text, code: typeof code === "string" ? code : format(code) });
}

export function mask(out: Effect[], rule: RuleId, column: Value, name: MaskName, args: readonly Value[]): void {
  const path = field(column, "path");
  if (typeof path !== "string")
    throw new EvaluationError("eval_type_error", "the column has no path", site(rule, "mask"));
  const scalars: MaskCall["args"][number][] = args.map((arg) => {
    if (typeof arg !== "object" || arg === null) return arg;
    throw new EvaluationError("eval_type_error", `mask \`${name}\` takes no ${typeName(arg)}`, site(rule, name));
  });
  out.push({ kind: "mask", rule, column: path, mask: { name, args: scalars } });
}

export function limit(out: Effect[], rule: RuleId, what: "rows" | "duration" | "bytes", value: Value): void {
  if (typeof value !== "number" || value < 0 || !Number.isInteger(value)) {
    throw new EvaluationError(
      "eval_type_error",
      `\`limit ${what}\` needs a whole number, 0 or more`,
      site(rule, "limit"),
    );
  }
  out.push({ kind: "limit", rule, what, value });
}

export function label(out: string[], value: Value, rule: RuleId): void {
  if (typeof value !== "string") {
    throw new EvaluationError("eval_type_error", `a label is a string, not ${typeName(value)}`, site(rule, "label"));
  }
  if (!out.includes(value)) out.push(value);
}

/** The conditions hold, but the message, argument or label is undefined: an error, for a restriction must not fall away. */
export function incomplete(out: Effect[], rule: RuleId, statement: StatementKind): never {
  void out;
  throw new EvaluationError(
    "eval_internal_error",
    `the conditions hold, but a value of the \`${statement}\` statement is undefined`,
    site(rule, statement),
  );
}
