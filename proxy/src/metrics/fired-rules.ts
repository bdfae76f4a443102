import { type Decision, printRule } from "@penstock/engine";
import type { RuleId } from "@penstock/language";

/** What a rule has done in a decision. */
type RuleEffect = "allow" | "deny" | "approve" | "mask" | "filter" | "limit" | "notify" | "error";

/** Rules that fired in decisions, each as `effect package:line`: worked out once a verdict, counted each time it is used. */
export function firedRules(decisions: readonly Decision[]): readonly string[] {
  return [...new Set(decisions.flatMap((decision) => [...effectsOf(decision)].map(keyOf)))];
}

/** Of a refusal that no rule has asked for: the code of what the engine or the session refuses. */
export function refusedBy(code: string): string {
  return `deny ${code}`;
}

/** The parts of a key. */
export function partsOf(key: string): { readonly effect: string; readonly rule: string } {
  const space = key.indexOf(" ");
  return { effect: key.slice(0, space), rule: key.slice(space + 1) };
}

function keyOf([rule, effect]: readonly [string, RuleEffect]): string {
  return `${effect} ${rule}`;
}

function* effectsOf(decision: Decision): Iterable<readonly [string, RuleEffect]> {
  const { masks, filters, limits, approvals, notifications, reasons, errors, rules, outcome } = decision;
  const explained = new Set<string>();
  const of = (rule: RuleId, effect: RuleEffect): readonly [string, RuleEffect] => {
    const name = printRule(rule);
    explained.add(name);
    return [name, effect];
  };
  for (const { columns } of masks.values())
    for (const mask of columns.values()) for (const rule of mask.rules) yield of(rule, "mask");
  for (const filter of filters.values()) for (const rule of filter.rules) yield of(rule, "filter");
  for (const limit of [limits.rows, limits.durationMs, limits.bytes])
    if (limit !== undefined) yield of(limit.rule, "limit");
  for (const { rule } of approvals) yield of(rule, "approve");
  for (const { rule } of notifications) yield of(rule, "notify");
  for (const { rule } of errors) yield of(rule, "error");
  if (outcome === "deny") {
    for (const { rule, code } of reasons) yield rule === undefined ? [code ?? "engine", "deny"] : of(rule, "deny");
  }
  for (const rule of rules) {
    const name = printRule(rule);
    if (!explained.has(name)) yield [name, "allow"];
  }
}
