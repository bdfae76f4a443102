import type { AccessKind } from "@penstock/language";
import { Denial } from "../../denial.ts";
import type { Change } from "./change-targets.ts";
import { columnsOfQuery } from "./named-tables.ts";
import { because, hiddenRows, type Protection } from "../../protection.ts";
import type { ResolvedMysql } from "../facts/resolve.ts";

/** What may not be done to a relation of which something is hidden. @throws Denial */
export function refuseWrite(
  { node, facts }: ResolvedMysql,
  change: Change | undefined,
  protection: Protection,
  access: ReadonlySet<AccessKind>,
): void {
  const { relation, columns, filter } = protection;
  const changes = access.difference(harmless);
  if (changes.size === 0) return;
  if (access.has("ddl") && node.kind === "drop_object") return;
  if (access.has("truncate") && filter === undefined) return;
  const adds = node.kind === "insert" || (node.kind === "replace" && columns.size === 0);
  // Of a view that shows the rows of its tables the columns can be masked as those of a table; what is filtered is more than its columns.
  const isTarget = relation.kind === "table" || (relation.kind === "view" && filter === undefined);
  if (isTarget && (change !== undefined || adds) && changes.isSubsetOf(rowChanges)) {
    const masked = facts.columns.find(
      (fact) => fact.relation === relation && fact.uses.has("write") && columns.has(fact.column.attnum),
    );
    // In a temporary table of the session's own stands nothing that could be lost.
    if (masked === undefined || relation.isTemporary) return;
    throw new Denial(
      `${because(protection)}, and \`${masked.column.name}\` would be written`,
      node.kind === "insert"
        ? "name the columns that are to be given values, without those that are masked"
        : "leave out the columns that are masked",
    );
  }
  throw new Denial(
    node.kind === "replace"
      ? `${because(protection)}, and REPLACE would empty them in the row that it replaces`
      : `${columns.size > 0 ? because(protection) : hiddenRows(protection)}, and ${words(node.kind)} could change or show what you do not see`,
    node.kind === "replace"
      ? "use INSERT, with ON DUPLICATE KEY UPDATE where a row may be there"
      : "ask for a role for which nothing of it is masked or filtered",
  );
}

const harmless: ReadonlySet<AccessKind> = new Set<AccessKind>(["read", "lock"]);
const rowChanges: ReadonlySet<AccessKind> = new Set<AccessKind>(["insert", "update", "delete"]);

/** A kind of statement as people write it. */
export function words(kind: string): string {
  // Of what is done to tables only this one reads them.
  return kind === "maintenance" ? "CHECKSUM TABLE" : kind.replaceAll("_", " ").toUpperCase();
}

/**
 * A masked value is not put among the real ones, where nobody could tell them apart. What CREATE TABLE makes is a copy for whoever made it, and
 * so is a temporary table.
 * @throws Denial
 */
export function refuseStoring(
  { node, facts, reads, stored }: ResolvedMysql,
  protections: ReadonlyMap<string, Protection>,
): void {
  const into = facts.tables.find(({ access }) => access.has("insert"))?.relation;
  // They may be any columns of the query's tables.
  const isMixed = node.kind === "insert" && into?.isTemporary !== true && columnsOfQuery(node, into).length > 0;
  const [mixed] = isMixed ? reads.flatMap(({ relation }) => protections.get(relation.path) ?? []) : [];
  if (mixed !== undefined && mixed.columns.size > 0) {
    throw new Denial(
      `${because(mixed)}, and ON DUPLICATE KEY UPDATE could keep a masked value as if it were real`,
      "leave ON DUPLICATE KEY UPDATE out",
    );
  }
  for (const { into: table, sources } of stored) {
    if (table.isTemporary) continue;
    const masked = sources.find(({ relation, column }) => protections.get(relation.path)?.columns.has(column.attnum));
    if (masked === undefined) continue;
    throw new Denial(
      `column \`${masked.column.name}\` of ${masked.relation.path} is masked for you, and ${table.path} would keep the masked value as if it were real`,
      "leave the column out, or keep the copy in a temporary table",
    );
  }
}
