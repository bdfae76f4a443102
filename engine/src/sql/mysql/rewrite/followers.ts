/**
 * Rows that foreign keys change with those that a statement changes: where some of them are hidden, the statement fails, as it does where a key
 * restricts. That there are such rows is what it tells.
 */
import type { AccessKind } from "@penstock/language";
import type { Catalog, ForeignKey, Relation } from "../../../catalog/catalog.ts";
import { type RelationUse, usesByView, waysOfKeys } from "../../../catalog/set-off.ts";
import { Denial } from "../../denial.ts";
import { filterCondition, hiddenRows, type Protection } from "../../protection.ts";
import { quoteMysqlName } from "../quote.ts";
import type { Insert } from "../tree/dml.ts";
import type { Change, ChangedTable } from "./change-targets.ts";
import { isColumnOf } from "./change-targets.ts";
import { unfollowed } from "./failing-values.ts";
import { columnName } from "./fragments.ts";
import { isSameName } from "./new-rows.ts";

type Way = ReturnType<typeof waysOfKeys>[number];

/** Conditions that come after all others of a change. @throws Denial */
export function followerChecks(
  { node, targets }: Change,
  relationOf: (target: ChangedTable) => Relation | undefined,
  protections: ReadonlyMap<string, Protection>,
  catalog: Catalog,
): readonly string[] {
  const changed = targets.map(relationOf);
  return targets.flatMap((target, index) => {
    const relation = changed[index];
    if (relation === undefined) return [];
    const written =
      node.kind === "update"
        ? node.assignments
            .filter(({ column }) => isColumnOf(column, target, relation))
            .map(({ column }) => columnName(column))
        : [];
    return hiddenWays(catalog, relation, node.kind, written, protections).map(({ way, protection }) => {
      if (node.kind === "update") throw refusal(way, protection, "would give other values to");
      if (node.isIgnore || (node.limit !== undefined && node.orderBy.length > 0)) {
        throw refusal(way, protection, `beside ${node.isIgnore ? "IGNORE" : "ORDER BY and LIMIT"} could take`);
      }
      // What is deleted cannot be read beside, and a view's columns are not those of its tables.
      if (relation.definition !== undefined || way.some((step) => changed.includes(step.relation)))
        throw refusal(way, protection, "would take");
      const alias = quoteMysqlName(target.name);
      const [key] = way[0]?.key.referencedColumns ?? [];
      const dependent = relation.columns.find(({ attnum }) => attnum === key)?.name ?? "";
      const condition = `not exists (${hiddenFollowers(way, relation, alias, protection)})`;
      return unfollowed(protection, condition, `${alias}.${quoteMysqlName(dependent)}`);
    });
  });
}

/** A row that is in the way goes, or gets other values. @throws Denial */
export function refuseFollowers(
  insert: Insert,
  relation: Relation,
  protections: ReadonlyMap<string, Protection>,
  catalog: Catalog,
): void {
  const written = insert.onDuplicateKey.map(({ column }) => columnName(column));
  const kind = insert.kind === "replace" ? "delete" : "update";
  const [hidden] = hiddenWays(catalog, relation, kind, written, protections);
  if (hidden !== undefined) throw refusal(hidden.way, hidden.protection, "would change");
}

function hiddenWays(
  catalog: Catalog,
  relation: Relation,
  kind: AccessKind & ("update" | "delete"),
  names: readonly string[],
  protections: ReadonlyMap<string, Protection>,
): readonly { readonly way: Way; readonly protection: Protection }[] {
  const columns = relation.columns.filter(({ name }) => names.some((each) => isSameName(each, name)));
  const use: RelationUse = {
    relation,
    access: new Set([kind]),
    written: new Set(columns.map(({ attnum }) => attnum)),
  };
  return usesOfTables(catalog, use)
    .flatMap((each) => waysOfKeys(catalog, each))
    .flatMap((way) => {
      const last = way.at(-1);
      const protection = last && protections.get(last.relation.path);
      return protection?.filter === undefined ? [] : [{ way, protection }];
    });
}

/** Of a table itself, or of those of a view. */
function usesOfTables(catalog: Catalog, use: RelationUse): readonly RelationUse[] {
  if (use.relation.definition === undefined) return [use];
  return usesByView(catalog, use).flatMap((below) => usesOfTables(catalog, below));
}

/** Rows at the end of the way that are hidden, as a query that stands in a condition. */
function hiddenFollowers(way: Way, first: Relation, alias: string, protection: Protection): string {
  const steps = way.map(({ relation, key }, index) => ({
    relation,
    key,
    alias: quoteMysqlName(`penstock_${index + 1}`),
  }));
  const tables = steps.map(
    ({ relation, alias: own }) => `${quoteMysqlName(relation.schema)}.${quoteMysqlName(relation.name)} as ${own}`,
  );
  const conditions = steps.flatMap(({ relation, key, alias: own }, index) => {
    const before = steps[index - 1];
    return sameValues(relation, key, own, before?.relation ?? first, before?.alias ?? alias);
  });
  const filter = filterCondition(protection, steps.at(-1)?.alias ?? "") ?? "true";
  return `select 1 from ${tables.join(" join ")} where ${[...conditions, `(${filter}) is not true`].join(" and ")}`;
}

function sameValues(
  { columns }: Relation,
  key: ForeignKey,
  alias: string,
  referenced: Relation,
  referencedAlias: string,
): readonly string[] {
  const nameOf = (list: Relation["columns"], attnum: number | undefined) =>
    quoteMysqlName(list.find((column) => column.attnum === attnum)?.name ?? "");
  return key.columns.map(
    (attnum, index) =>
      `${alias}.${nameOf(columns, attnum)} = ${referencedAlias}.${nameOf(referenced.columns, key.referencedColumns[index])}`,
  );
}

function refusal(way: Way, protection: Protection, does: string): Denial {
  const last = way.at(-1);
  return new Denial(
    `${hiddenRows(protection)}, and what a foreign key does ${does} those that refer to these rows`,
    `change the rows of ${last?.relation.path ?? ""} yourself first, or ask for a role without filters`,
  );
}
