/** REPLACE deletes rows that have a key of the new one: none of them may be one that the filter hides, or the statement fails. */
import type { Column, Relation } from "../../../catalog/catalog.ts";
import { filterCondition, type Protection } from "../../protection.ts";
import { quoteMysqlName } from "../quote.ts";
import { isSameName, refusal, type RowCheck } from "./new-rows.ts";

/** No other name of the statement is looked for where it stands. */
const base = quoteMysqlName("penstock_base");

/**
 * What new rows are asked besides: checks that look at the same columns are one.
 * @param names of the columns that the statement gives values to, in lower case
 * @throws Denial
 */
export function withKeyChecks(
  checks: readonly RowCheck[],
  protection: Protection,
  names: readonly string[],
): readonly RowCheck[] {
  const { relation } = protection;
  const { uniqueKeys: keys } = relation;
  if (keys === undefined || relation.hasPartialKeys === true) {
    throw refusal(
      protection,
      "REPLACE could delete some that have a part of the new row's key",
      "use INSERT, with ON DUPLICATE KEY UPDATE where a row may be there",
    );
  }
  const own = keys
    .map((key) => relation.columns.filter(({ attnum }) => key.includes(attnum)))
    .filter((columns) => columns.every((column) => names.includes(column.name.toLowerCase()) || !isUnique(column)))
    .map((columns) => keyCheck(relation, protection, columns));
  return [...checks, ...own].reduce<readonly RowCheck[]>((before, check) => {
    const shares = (other: RowCheck) => other.columns.some(({ name }) => check.part.columns.has(name));
    return [...before.filter((other) => !shares(other)), before.filter(shares).reduce(united, check)];
  }, []);
}

/** What the column gets where nothing is given is in no other row's key: a new number, or NULL. */
function isUnique({ default: initial, notNull }: Column): boolean {
  return initial === "" || (!notNull && (initial === undefined || isSameName(initial, "NULL")));
}

function keyCheck({ schema, name }: Relation, protection: Protection, columns: readonly Column[]): RowCheck {
  const table = `${quoteMysqlName(schema)}.${quoteMysqlName(name)}`;
  const filter = filterCondition(protection, base) ?? "true";
  const names = columns.map((column) => quoteMysqlName(column.name));
  return {
    columns,
    part: {
      columns: new Set(columns.map((column) => column.name)),
      // With the rows as they are and not as they were when the transaction began: under READ COMMITTED, REPLACE … SELECT would not lock them.
      sql: (alias) =>
        `not exists (select 1 from ${table} as ${base} where ${names.map((own) => `${base}.${own} = ${alias}.${own}`).join(" and ")} and (${filter}) is not true lock in share mode)`,
      holds: (row) => columns.some((column) => row(column.name) === null),
    },
  };
}

function united(one: RowCheck, other: RowCheck): RowCheck {
  return {
    columns: [...new Set([...one.columns, ...other.columns])],
    part: {
      columns: one.part.columns.union(other.part.columns),
      sql: (alias) => `(${one.part.sql(alias)}) and (${other.part.sql(alias)})`,
      holds: (row) => one.part.holds(row) && other.part.holds(row),
    },
  };
}
