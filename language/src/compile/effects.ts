/** How fired statements add to the list of effects. Called by generated code. */
import type { MaskName } from "../check/vocabulary.ts";
import { languageLimits } from "../limits.ts";
import type { Effect, MaskCall, RuleId } from "../program.ts";
import type { RowPredicate } from "../row-predicate.ts";
import { rowPredicatePartsMax } from "./row-predicates.ts";
import { EvaluationError, type Site } from "./evaluation-error.ts";
import { field } from "./runtime.ts";
import { durationMs } from "../durations.ts";
import { format, isArray, RegoSet, typeName, type Value } from "../values.ts";

export type StatementKind = Extract<Effect, { kind: "error" }>["statement"];

function site(rule: RuleId, name: string): Site {
  return { file: rule.file, line: rule.line, column: 1, name };
}

/** Each further effect is compared with those before it. */
function checkEffects(out: readonly Effect[], rule: RuleId, statement: StatementKind): void {
  if (out.length < languageLimits.effectsMax) return;
  throw broken(rule, statement, `makes more than ${languageLimits.effectsMax} effects`);
}

function broken(rule: RuleId, statement: StatementKind, what: string): EvaluationError {
  return new EvaluationError("eval_cost_error", `\`${statement}\` ${what}`, site(rule, statement));
}

export function allow(out: Effect[], rule: RuleId): void {
  out.push({ kind: "allow", rule });
}

/** One effect a message: the statement means a set of messages. */
export function deny(out: Effect[], rule: RuleId, message: Value, code: Value | undefined): void {
  const text = typeof message === "string" ? message : format(message);
  checkEffects(out, rule, "deny");
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

export function filter(out: Effect[], rule: RuleId, relation: string, predicate: RowPredicate): void {
  const parts = sizeOf(predicate);
  if (parts > rowPredicatePartsMax) {
    throw new EvaluationError(
      "eval_internal_error",
      `the filter has ${parts} values and conditions, more than ${rowPredicatePartsMax}`,
      site(rule, "filter"),
    );
  }
  out.push({ kind: "filter", rule, relation, predicate });
}

function sizeOf(predicate: RowPredicate): number {
  switch (predicate.kind) {
    case "all":
    case "any":
      return predicate.of.reduce((sum, part) => sum + sizeOf(part), 1);
    case "not":
      return 1 + sizeOf(predicate.of);
    case "member":
      return 1 + predicate.members.length;
    default:
      return 1;
  }
}

/** One effect for each set of groups, duration and reason; a group may also be an array or a set of names. */
export function approve(
  out: Effect[],
  rule: RuleId,
  names: readonly Value[],
  duration: Value | undefined,
  because: Value | undefined,
): void {
  const groups = [
    ...new Set(names.flatMap((name) => (isArray(name) || name instanceof RegoSet ? [...name] : [name]))),
  ].map((name) => {
    if (typeof name === "string" && name !== "") return name;
    throw new EvaluationError("eval_type_error", `a group is a name, not ${typeName(name)}`, site(rule, "approve"));
  });
  if (groups.length > languageLimits.groupsMax) {
    throw broken(rule, "approve", `names more than ${languageLimits.groupsMax} groups`);
  }
  checkEffects(out, rule, "approve");
  if (groups.length === 0)
    throw new EvaluationError("eval_type_error", "`approve by` names no group", site(rule, "approve"));
  groups.sort();
  const message = because === undefined ? undefined : textOf(because);
  const forMs = duration === undefined ? undefined : durationOf(duration, rule, "approve");
  const known = out.some(
    (effect) =>
      effect.kind === "approve" &&
      effect.rule === rule &&
      effect.message === message &&
      effect.durationMs === forMs &&
      effect.groups.length === groups.length &&
      effect.groups.every((group, index) => group === groups[index]),
  );
  if (!known) out.push({ kind: "approve", rule, groups, durationMs: forMs, message });
}

export function notify(out: Effect[], rule: RuleId, channel: Value, because: Value | undefined): void {
  if (typeof channel !== "string" || channel === "") {
    throw new EvaluationError("eval_type_error", `a channel is a name, not ${typeName(channel)}`, site(rule, "notify"));
  }
  const message = because === undefined ? undefined : textOf(because);
  checkEffects(out, rule, "notify");
  const known = out.some(
    (effect) =>
      effect.kind === "notify" && effect.rule === rule && effect.channel === channel && effect.message === message,
  );
  if (!known) out.push({ kind: "notify", rule, channel, message });
}

function textOf(value: Value): string {
  return typeof value === "string" ? value : format(value);
}

function durationOf(value: Value, rule: RuleId, statement: string): number {
  const ms = typeof value === "string" ? durationMs(value) : undefined;
  if (ms !== undefined) return ms;
  const given = typeof value === "string" ? "" : `, not ${typeName(value)}`;
  throw new EvaluationError(
    "eval_type_error",
    `\`${statement}\` needs a duration such as "30s", "5m" or "1h"${given}`,
    site(rule, statement),
  );
}

export function limit(out: Effect[], rule: RuleId, what: "rows" | "duration" | "bytes", value: Value): void {
  checkEffects(out, rule, "limit");
  if (what === "duration") {
    out.push({ kind: "limit", rule, what, value: durationOf(value, rule, "limit") });
    return;
  }
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
  if (out.length >= languageLimits.effectsMax)
    throw broken(rule, "label", `gives a column more than ${languageLimits.effectsMax} labels`);
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
