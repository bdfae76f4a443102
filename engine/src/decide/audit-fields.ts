import type { NameContext } from "../enforcer.ts";
import { objectPath } from "../catalog/catalog.ts";
import type { StatementFacts } from "../sql/facts.ts";
import { printRule } from "./combine.ts";
import type { Decision } from "./decision.ts";
import { isRedacted, redactedText, withheld } from "./redaction.ts";
import type { World } from "./world.ts";

/**
 * What the audit record says of a statement whoever runs it and whenever, as JSON without the outer braces. Made once a verdict, so
 * that executing a prepared statement again costs no more than its time and number.
 */
export function auditFields(
  world: World,
  facts: StatementFacts,
  decision: Decision,
  text: string,
  fingerprint: string,
  rewritten: string | undefined,
  names: NameContext,
): string {
  const hidden = isRedacted(world, facts);
  const kept = (own: string) => (hidden ? redactedText(world, own, names) : world.dialect.withoutPasswords(own));
  const said = <T extends string | undefined>(message: T) => (hidden && message !== undefined ? withheld : message);
  const labels = new Set<string>();
  const columns = facts.columns.map(({ relation, column }) => {
    const labelled = world.column(relation, column);
    for (const label of labelled.labels) labels.add(label);
    return labelled.path;
  });
  const masked = [...decision.masks.values()].flatMap(({ relation, columns: masks }) =>
    [...masks.values()].map(({ column }) => objectPath(relation.schema, relation.name, column.name)),
  );
  const { limits } = decision;
  const fields = {
    text: kept(text),
    fingerprint,
    kind: facts.kind,
    tables: facts.tables.map(({ relation }) => relation.path),
    columns,
    labels: [...labels].sort(),
    // Who reads `approve` in a record would take it for approved.
    decision: decision.outcome === "allow" ? "allow" : "deny",
    reasons: decision.reasons.map((reason) => said(reason.message)),
    rules: decision.rules.map(printRule),
    masked,
    ...(decision.filters.size === 0 ? {} : { filtered: [...decision.filters.keys()].sort() }),
    ...(decision.errors.length === 0
      ? {}
      : { errors: decision.errors.map(({ rule, message }) => ({ rule: printRule(rule), message: said(message) })) }),
    ...(decision.approvals.length === 0
      ? {}
      : {
          approvals: decision.approvals.map(({ groups, durationMs, message, rule }) => ({
            groups,
            for_ms: durationMs,
            message: said(message),
            rule: printRule(rule),
          })),
        }),
    ...(decision.notifications.length === 0
      ? {}
      : {
          notifications: decision.notifications.map(({ channel, message, rule }) => ({
            channel,
            message: said(message),
            rule: printRule(rule),
          })),
        }),
    ...(limits.rows === undefined ? {} : { row_limit: limits.rows.value }),
    ...(limits.durationMs === undefined ? {} : { duration_limit_ms: limits.durationMs.value }),
    ...(limits.bytes === undefined ? {} : { byte_limit: limits.bytes.value }),
    ...(rewritten === undefined ? {} : { rewritten: kept(rewritten) }),
    ...(hidden ? { redacted: true } : {}),
    revision: world.program.revision,
  };
  return JSON.stringify(fields).slice(1, -1);
}
