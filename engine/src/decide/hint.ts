/**
 * What the client of a denied statement is told beside the message: which attributes made the rule apply.
 *
 * What is shown leaves the trust of the policies' authors, so it is a short list: what the client sent or can look up (kind, shape, names
 * and access of the statement; its own kind, login and groups; the name of the target), and what policies themselves say of it (labels,
 * the groups that they look for). Never: literals, parameters and the text of the statement, comments, claims, tags, `data`, values that
 * a function was given, addresses, versions, time, and what a person acts for. A condition about those is left out, and the hint
 * shows the others.
 */
import {
  type ConditionExplanation,
  type ObservedValue,
  printable,
  RegoSet,
  type RuleExplanation,
  type Value,
} from "@penstock/language";

const shown: ReadonlySet<string> = new Set([
  "principal.id",
  "principal.kind",
  "principal.auth.method",
  "principal.auth.mfa",
  "session.database",
  "session.client.tls",
  "target.name",
  "target.engine",
  "target.environment",
  "query.kind",
  "query.category",
  "query.has_where",
  "query.where_is_constant",
  "query.joins",
  ...["path", "schema", "name", "kind", "access", "labels"].map((field) => `query.tables.*.${field}`),
  ...["path", "schema", "table", "name", "type", "label", "labels", "uses"].map((field) => `query.columns.*.${field}`),
  ...["schema", "name", "builtin", "category"].map((field) => `query.functions.*.${field}`),
]);

const factsMax = 6;
const valueCharactersMax = 60;

/** @returns undefined where nothing that may be shown made the rule apply */
export function hintOf(explanation: RuleExplanation): string | undefined {
  const facts = [...new Set(explanation.conditions.flatMap(reasons))];
  if (facts.length === 0) return undefined;
  const more = facts.length > factsMax ? [`${facts.length - factsMax} more conditions hold`] : [];
  return `the rule applies because ${listed([...facts.slice(0, factsMax), ...more])}; if that cannot change, ask its owner`;
}

/** Of a condition that holds: what it saw, and why the rules that it asks by name hold or do not. */
function reasons(condition: ConditionExplanation): string[] {
  return [
    ...condition.values.flatMap(factOf),
    ...condition.rules.flatMap(({ definitions }) =>
      definitions.flatMap(({ outcome, conditions }) =>
        conditions.filter((inner) => inner.outcome === (outcome === "held" ? "held" : "failed")).flatMap(reasons),
      ),
    ),
  ];
}

function factOf({ name, attribute, members, values }: ObservedValue): string[] {
  const [value, ...others] = values;
  if (attribute === "principal.groups") return groupFacts(members ?? [], value);
  if (attribute === undefined || !shown.has(attribute) || value === undefined || others.length > 0) return [];
  const text = valueText(value);
  // As the rule's author named it: `t.path` says nothing to a client.
  const called = attribute.includes(".*.") ? attribute.replace(/^query\.(\w+)s\.\*\./, "$1 ") : name;
  return text === undefined ? [] : [`${called} is ${text}`];
}

/** Only the groups that the rule itself names. */
function groupFacts(asked: readonly Value[], groups: Value | undefined): string[] {
  return asked.flatMap((group) => {
    if (typeof group !== "string" || !(groups instanceof RegoSet)) return [];
    return [`you are ${groups.has(group) ? "" : "not "}in group ${short(group)}`];
  });
}

function valueText(value: Value): string | undefined {
  if (value instanceof RegoSet) {
    const texts = value.members().map((member) => (typeof member === "string" ? member : ""));
    return short(texts.length === 0 ? "empty" : texts.join(", "));
  }
  if (typeof value === "string") return value === "" ? undefined : short(value);
  return typeof value === "boolean" || typeof value === "number" ? String(value) : undefined;
}

function short(text: string): string {
  const clean = printable(text);
  return clean.length > valueCharactersMax ? `${clean.slice(0, valueCharactersMax)}…` : clean;
}

function listed(parts: readonly string[]): string {
  const last = parts.at(-1) ?? "";
  return parts.length < 2 ? last : `${parts.slice(0, -1).join(", ")} and ${last}`;
}
