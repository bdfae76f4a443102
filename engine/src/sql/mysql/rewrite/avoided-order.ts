import { columnsOfFilter } from "../../../filters/plan-filter.ts";
import type { Protection } from "../../protection.ts";
import type { ResolvedMysql } from "../facts/resolve.ts";
import { quoteMysqlName } from "../quote.ts";

/**
 * Where a query asks for no order, the server likes to read a table by a key that holds all that is asked for: in the order of the values in it,
 * masked ones too. No condition of the statement is looked for among those, since none sees them. A key that begins otherwise is left to
 * conditions on its first column, and to filters.
 */
export function avoidedOrder({ relation, columns, filter }: Protection, { facts }: ResolvedMysql): readonly string[] {
  if (relation.kind !== "table" || columns.size === 0) return [];
  const decisive = filter === undefined ? new Set<string>() : columnsOfFilter(filter);
  const isSought = (attnum: number) =>
    relation.columns.some((column) => column.attnum === attnum && decisive.has(column.name)) ||
    (!columns.has(attnum) &&
      facts.columns.some(
        (fact) =>
          fact.relation === relation &&
          fact.column.attnum === attnum &&
          (fact.uses.has("filter") || fact.uses.has("join")),
      ));
  const avoided = (relation.indexes ?? []).filter(
    ({ name, columns: [first = 0, ...others] }) =>
      name !== "PRIMARY" && [first, ...others].some((attnum) => columns.has(attnum)) && !isSought(first),
  );
  return avoided.length === 0 ? [] : [`ignore index (${avoided.map(({ name }) => quoteMysqlName(name)).join(", ")})`];
}
