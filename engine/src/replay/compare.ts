/** What differs between two verdicts on one statement, in terms of whoever sent it. */
import type { RuleId } from "@penstock/language";
import { printPredicate } from "../filters/print-predicate.ts";
import { objectPath } from "../catalog/catalog.ts";
import { printRule } from "../decide/combine.ts";
import type { Decision } from "../decide/decision.ts";
import type { StatementVerdict, Verdict } from "../enforcer.ts";

export const changeKinds = [
  "newly denied",
  "newly allowed",
  "approval needed",
  "approval no longer needed",
  "approval changed",
  "denied for another reason",
  "mask added",
  "mask changed",
  "mask removed",
  "filter added",
  "filter changed",
  "filter removed",
  "limit added",
  "limit changed",
  "limit removed",
  "alert added",
  "alert removed",
] as const;
type ChangeKind = (typeof changeKinds)[number];

export interface Change {
  readonly kind: ChangeKind;
  /** The reason, the column with its mask, the limit. */
  readonly what: string;
  /** `package:line`, of the version that says it; undefined for what the engine refuses. */
  readonly rule: string | undefined;
}

interface Said {
  readonly text: string;
  readonly rule: string | undefined;
}

interface Outcome {
  readonly outcome: Decision["outcome"];
  readonly reason: Said | undefined;
  readonly masks: ReadonlyMap<string, Said>;
  readonly filters: ReadonlyMap<string, Said>;
  readonly limits: ReadonlyMap<string, Said>;
  readonly alerts: ReadonlyMap<string, Said>;
  readonly approvals: string;
}

/** Verdicts are cached by the engine, so what they say is worth keeping as long. */
const outcomes = new WeakMap<Verdict, Outcome>();

export function changesBetween(before: Verdict, after: Verdict): Change[] {
  const [a, b] = [outcomeOf(before), outcomeOf(after)];
  return [...outcomeChanges(a, b), ...effectChanges(a, b), ...difference("alert", a.alerts, b.alerts)];
}

function outcomeChanges(a: Outcome, b: Outcome): Change[] {
  const change = (kind: ChangeKind, said: Said | undefined): Change[] => [
    { kind, what: said?.text ?? "", rule: said?.rule },
  ];
  if (a.outcome !== b.outcome) {
    if (b.outcome === "deny") return change("newly denied", b.reason);
    if (b.outcome === "approve") return change("approval needed", b.reason);
    return change(a.outcome === "deny" ? "newly allowed" : "approval no longer needed", a.reason);
  }
  // Rules move from line to line; what the client reads is what counts.
  if (a.outcome === "deny" && a.reason?.text !== b.reason?.text) return change("denied for another reason", b.reason);
  if (a.outcome === "approve" && a.approvals !== b.approvals) return change("approval changed", b.reason);
  return [];
}

/** What comes with the rows, where there are some under both. */
function effectChanges(a: Outcome, b: Outcome): Change[] {
  if (a.outcome === "deny" || b.outcome === "deny") return [];
  return [
    ...difference("mask", a.masks, b.masks),
    ...difference("filter", a.filters, b.filters),
    ...difference("limit", a.limits, b.limits),
  ];
}

function difference(
  noun: "mask" | "filter" | "limit" | "alert",
  before: ReadonlyMap<string, Said>,
  after: ReadonlyMap<string, Said>,
): Change[] {
  const changes: Change[] = [];
  for (const [name, { text, rule }] of after) {
    const old = before.get(name);
    if (old === undefined) changes.push({ kind: `${noun} added`, what: `${name}${text}`, rule });
    else if (old.text !== text && noun !== "alert")
      changes.push({ kind: `${noun} changed`, what: `${name}${text} instead of${old.text}`, rule });
  }
  for (const [name, { text, rule }] of before)
    if (!after.has(name)) changes.push({ kind: `${noun} removed`, what: `${name}${text}`, rule });
  return changes;
}

function outcomeOf(verdict: Verdict): Outcome {
  let outcome = outcomes.get(verdict);
  if (outcome === undefined) {
    outcome = readVerdict(verdict);
    outcomes.set(verdict, outcome);
  }
  return outcome;
}

function readVerdict(verdict: Verdict): Outcome {
  const decisions = verdict.statements.map(({ decision }) => decision);
  return {
    outcome: verdict.action === "forward" ? "allow" : verdict.action,
    reason:
      verdict.action === "forward" ? undefined : { text: verdict.reason.message, rule: ruleOf(verdict.reason.rule) },
    masks: new Map(verdict.statements.flatMap(masksOf)),
    filters: new Map(decisions.flatMap(filtersOf)),
    limits: new Map(decisions.flatMap(limitsOf)),
    alerts: new Map(
      decisions.flatMap(({ notifications }) =>
        notifications.map(({ channel, message, rule }): [string, Said] => [
          message === undefined ? channel : `${channel}: ${message}`,
          { text: "", rule: ruleOf(rule) },
        ]),
      ),
    ),
    approvals: JSON.stringify(
      decisions.flatMap(({ approvals }) =>
        approvals.map(({ groups, durationMs, message }) => [groups, durationMs, message]),
      ),
    ),
  };
}

/** Of the columns that the statement touches: a mask of another column of the same table changes nothing for whoever sent it. */
function masksOf({ facts, decision }: StatementVerdict): [string, Said][] {
  return facts.columns.flatMap(({ relation, column }): [string, Said][] => {
    const masked = decision.masks.get(relation.path)?.columns.get(column.attnum);
    if (masked === undefined) return [];
    const { mask, rules } = masked;
    const args = mask.args.map((arg) => (typeof arg === "string" ? JSON.stringify(arg) : String(arg))).join(", ");
    const path = objectPath(relation.schema, relation.name, column.name);
    return [[path, { text: ` with ${mask.name}(${args})`, rule: rules.map(printRule).join(", ") }]];
  });
}

function filtersOf({ filters }: Decision): [string, Said][] {
  return [...filters].map(([path, { predicates, rules }]) => [
    path,
    { text: ` where ${predicates.map(printPredicate).join("; ")}`, rule: rules.map(printRule).join(", ") },
  ]);
}

function limitsOf({ limits }: Decision): [string, Said][] {
  const said = (name: string, limit: Decision["limits"]["rows"], unit: string): [string, Said][] =>
    limit === undefined ? [] : [[name, { text: ` ${limit.value}${unit}`, rule: ruleOf(limit.rule) }]];
  return [
    ...said("rows", limits.rows, ""),
    ...said("duration", limits.durationMs, " ms"),
    ...said("bytes", limits.bytes, ""),
  ];
}

function ruleOf(rule: RuleId | undefined): string | undefined {
  return rule === undefined ? undefined : printRule(rule);
}
