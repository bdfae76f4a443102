/** Rows that INSERT makes of a table of which rows are hidden: each is checked, or the statement fails. */
import type { Column } from "../../../catalog/catalog.ts";
import { Denial } from "../../denial.ts";
import { because, type Protection } from "../../protection.ts";
import { unclear } from "../../rewriting.ts";
import { quoteMysqlName } from "../quote.ts";
import type { ColumnAssignment, Insert } from "../tree/dml.ts";
import type { Expression } from "../tree/expressions.ts";
import type { Rewriting } from "./edits.ts";
import { checkAssigned } from "./assigned-values.ts";
import { refuseWritten } from "./changed-rows.ts";
import { columnName, hole, replaceExpression, surround } from "./fragments.ts";
import { areManyRows, checkManyRows, checkQuery } from "./inserted-queries.ts";
import { maskReturning, referencesTo } from "./masked-references.ts";
import { noLimit } from "./protected-source.ts";
import { columnsOfQuery } from "./named-tables.ts";
import { withKeyChecks } from "./replaced-rows.ts";
import {
  checkDefaults,
  checkedRow,
  defaultOf,
  isLiteral,
  refusal,
  refuseComputed,
  refuseTriggers,
  row,
  type RowCheck,
  rowChecks,
  type RowValue,
  storedOf,
} from "./new-rows.ts";
import type { KnownValue } from "./stored-value.ts";

/** Checks rows, guards those that are in their way, and puts masks into RETURNING. @throws Denial */
export function insertRows(rewriting: Rewriting, insert: Insert, protection: Protection): void {
  const { onDuplicateKey: assignments, rowAlias } = insert;
  const name = insert.table.name.parts.at(-1)?.text ?? "";
  refuseWritten(protection, assignments);
  refuseMasked(protection, name, assignments);
  maskReturning(rewriting, insert, name, protection);
  const checks = rowChecks(protection);
  if (protection.filter === undefined) return;
  const decisive = checks.flatMap(({ columns }) => columns);
  refuseComputed(protection, decisive);
  refuseTriggers(protection, decisive, assignments.length > 0 ? ["insert", "update"] : ["insert"]);
  if (assignments.length > 0) {
    if (rowAlias !== undefined) throw refusal(protection, "the new row has a name of its own", "use VALUES(column)");
    refuseOthers(protection, insert);
    checkAssigned(rewriting, { name, protection }, assignments, true);
  }
  const names = namesOf(insert, protection);
  const all = insert.kind === "replace" ? withKeyChecks(checks, protection, names) : checks;
  checkInserted(rewriting, insert, protection, all);
}

/** Beside the row that is in the way, the statement's query can be named: but not any more when it is inside of another. */
function refuseOthers(protection: Protection, insert: Insert): void {
  const [other] = columnsOfQuery(insert, protection.relation);
  if (other === undefined) return;
  throw refusal(
    protection,
    `ON DUPLICATE KEY UPDATE names \`${columnName(other)}\` beside a query`,
    "write columns of the table with its name, and new values as VALUES(column)",
  );
}

/** From what the row in the way holds, no new value may be computed. */
function refuseMasked(protection: Protection, name: string, assignments: readonly ColumnAssignment[]): void {
  const [reference] = assignments.flatMap(({ value }) => referencesTo(value, name, protection));
  if (reference === undefined) return;
  throw new Denial(
    `${because(protection)}, and ON DUPLICATE KEY UPDATE names \`${columnName(reference)}\``,
    "leave it out of what is given, and write columns of queries with their table",
  );
}

function checkInserted(
  rewriting: Rewriting,
  insert: Insert,
  protection: Protection,
  checks: readonly RowCheck[],
): void {
  const { source } = insert;
  if (source.kind === "set") {
    const given = new Map(source.assignments.map(({ column, value }) => [columnName(column).toLowerCase(), value]));
    return checkRow(rewriting, protection, checks, given);
  }
  const names = namesOf(insert, protection);
  if (source.kind === "query") return checkQuery(rewriting, protection, checks, names, source);
  if (areManyRows(source, names.length, rewriting.text, rewriting.dialect)) {
    return checkManyRows(rewriting, protection, checks, names, source);
  }
  for (const values of source.rows) {
    if (values.length !== names.length && values.length > 0) throw new Denial(unclear);
    const given = new Map(values.map((value, index) => [names[index] ?? "", value]));
    checkRow(rewriting, protection, checks, given);
  }
}

/** Names of the columns that are given values, in lower case. */
function namesOf({ columns, source }: Insert, { relation }: Protection): readonly string[] {
  const given = source.kind === "set" ? source.assignments.map(({ column }) => column) : columns;
  const names =
    given.length > 0
      ? given.map(columnName)
      : relation.columns.filter(({ isInvisible }) => isInvisible !== true).map(({ name }) => name);
  return names.map((name) => name.toLowerCase());
}

/** @param given by name in lower case */
function checkRow(
  rewriting: Rewriting,
  protection: Protection,
  checks: readonly RowCheck[],
  given: ReadonlyMap<string, Expression>,
): void {
  for (const check of checks) {
    const values = new Map<Column, Expression>();
    const known = new Map<Column, KnownValue>();
    for (const column of check.columns) {
      const value = given.get(column.name.toLowerCase());
      const isDefault = value === undefined || (value.kind === "default" && value.column === undefined);
      if (!isDefault) values.set(column, value);
      else known.set(column, defaultOf(rewriting.dialect, protection, column));
    }
    if (values.size > 0) checkValues(rewriting, protection, check, values, known);
    else checkDefaults(protection, check, known);
  }
}

/** Puts the check into one value of the row. */
function checkValues(
  { text, edits, dialect }: Rewriting,
  protection: Protection,
  check: RowCheck,
  values: ReadonlyMap<Column, Expression>,
  known: ReadonlyMap<Column, KnownValue>,
): void {
  const computed = [...values].filter(([, value]) => !isLiteral(value));
  const [host = [...values][0], second] = computed;
  if (host === undefined) throw new Denial(unclear);
  if (second !== undefined) {
    const names = computed.map(([{ name }]) => `\`${name}\``).join(" and ");
    throw refusal(
      protection,
      `${names} decide together which: more than one of them is computed`,
      "give all of them but one as constants in the text",
    );
  }
  const own = ([, { start, end }]: readonly [Column, Expression]) => text.slice(start, end);
  const given = [...values].map(
    (each) => `${each[0] === host[0] ? hole : own(each)} as ${quoteMysqlName(each[0].name)}`,
  );
  const valueOf = (column: Column): RowValue => {
    const constant = known.get(column);
    if (constant !== undefined) return { sql: constant.sql, isStored: true };
    return { sql: `${row}.${quoteMysqlName(column.name)}`, isStored: false };
  };
  const checked = checkedRow(check, protection, host[0], valueOf, dialect);
  surround(edits, dialect, host[1], `(select ${checked} from (select ${given.join(", ")} ${noLimit}) as ${row})`);
  for (const each of values) {
    if (each[0] === host[0]) continue;
    replaceExpression(edits, dialect, each[1], storedOf(protection, each[0], own(each)).sql);
  }
}
