/**
 * No row may come about that the filter hides from whoever makes it, as WITH CHECK of a policy of PostgreSQL's own. PostgreSQL has no expression
 * that only fails, so a cast of a text that is no boolean does, with a text by which the proxy knows it (`refusedRow`).
 */
import type { Column } from "../../../catalog/catalog.ts";
import { quoteName, quoteText } from "../../../masks/quote.ts";
import type { Span } from "./clauses.ts";
import { Denial } from "../../denial.ts";
import { insertAfter, insertBefore } from "./edits.ts";
import { unclear } from "../../rewriting.ts";
import { expression, expressionAround, hole } from "./fragments.ts";
import { filterCondition, hiddenRows, type Protection } from "../../protection.ts";
import { base } from "./protected-source.ts";
import type { SourceText } from "./source-text.ts";
import type { Rewriting, Target } from "./target.ts";
import { isObject, type TreeObject } from "../../tree-object.ts";
import { everyNode, fieldNames } from "./tree.ts";

/** How generated SQL calls a row that is about to be written. */
const row = quoteName("penstock_row");

const refusal = "the new row would be hidden from you by the filter of ";

/** What a server's error message says of a refused row, or undefined where it is about something else. */
export function refusedRow(message: string): string | undefined {
  return /penstock\((the new row would be hidden .*)\)/su.exec(message)?.[1];
}

/** A value that the statement gives to a column. */
export interface Given {
  readonly node: TreeObject;
  readonly span: Span;
}

/**
 * A condition that holds where the row passes, and fails where it does not.
 * @param values of the columns that the filter looks at, as SQL.
 */
export function passes(protection: Protection, values: ReadonlyMap<Column, string>): string {
  return `(select case when ${filterOf(protection)} then true else ${failure(protection, values)} end from ${rowOf(values)})`;
}

/**
 * Makes of the values that a row is given one that fails where the row does not pass.
 * @param known values that the row has besides, as SQL.
 */
export function checkRow(
  { source, edits }: Rewriting,
  { protection }: Target,
  given: ReadonlyMap<Column, Given>,
  known: ReadonlyMap<Column, string>,
): void {
  const columns = filterColumns(protection);
  const host = hostOf(given, columns);
  if (host === undefined) throw new Denial(unclear);
  const [column, { node, span }] = host;
  const values = new Map<Column, string>();
  for (const other of columns) {
    if (other === column) continue;
    const value = given.get(other);
    const sql = value === undefined ? known.get(other) : castTo(other, textOf(source, value.span));
    if (sql === undefined) throw new Denial(unclear);
    if (value !== undefined && !isRepeatable(value.node)) {
      throw new Denial(
        `${hiddenRows(protection)}, and ${quoteName(column.name)} and ${quoteName(other.name)} decide which: both are computed`,
        "give one of them as a constant or a parameter",
      );
    }
    values.set(other, sql);
  }
  const sql = checked(protection, column, new Map([[column, castTo(column, hole)], ...values]));
  const [before = "", after = ""] = sql.split(hole);
  insertBefore(edits, source, span.from, before);
  insertAfter(edits, source, span.to - 1, after);
  const [own] = edits.expected.get(node) ?? [{ ...node }];
  edits.expected.set(node, [expressionAround(sql, own)]);
}

/** Constants for the columns that a filter looks at, of which the first fails where they do not pass. */
export function checkedConstants(protection: Protection, values: ReadonlyMap<Column, string>): readonly string[] {
  const [first] = values.keys();
  if (first === undefined) throw new Denial(unclear);
  return [...values].map(([column, sql]) => (column === first ? checked(protection, column, values) : sql));
}

/** The value of a column, or a failure where the row does not pass. */
function checked(protection: Protection, column: Column, values: ReadonlyMap<Column, string>): string {
  const value = `${row}.${quoteName(column.name)}`;
  return `(select case when ${filterOf(protection)} then ${value} when ${failure(protection, values)} then null end from ${rowOf(values)})`;
}

/** The value into which the check goes: one that may stand in the text only once, if there is one, and of a column that the filter looks at. */
function hostOf(given: ReadonlyMap<Column, Given>, columns: readonly Column[]): readonly [Column, Given] | undefined {
  const own = [...given].filter(([column]) => columns.includes(column));
  return own.find(([, { node }]) => !isRepeatable(node)) ?? own[0] ?? [...given][0];
}

function filterOf(protection: Protection): string {
  const filter = filterCondition(protection, row);
  if (filter === undefined) throw new Denial(unclear);
  return filter;
}

function failure(protection: Protection, values: ReadonlyMap<Column, string>): string {
  const [first] = values.keys();
  if (first === undefined) throw new Denial(unclear);
  return failureFor(protection, `${row}.${quoteName(first.name)}`);
}

/**
 * Fails.
 * @param value of the row: its first zero characters keep the planner from finding that out beforehand
 */
export function failureFor({ relation }: Protection, value: string): string {
  const nothing = `pg_catalog.left(pg_catalog.concat(${value}), 0)`;
  const message = `pg_catalog.concat(${quoteText(`penstock(${refusal}${relation.path})`)}, ${nothing})`;
  return `cast(${message} as pg_catalog.bool)`;
}

function rowOf(values: ReadonlyMap<Column, string>): string {
  const columns = [...values].map(([column, sql]) => `${sql} as ${quoteName(column.name)}`);
  return `(select ${columns.join(", ")}) as ${row}`;
}

/** The columns that a filter looks at. */
export function filterColumns(protection: Protection): readonly Column[] {
  const filter = filterCondition(protection, base);
  if (filter === undefined) return [];
  const names = new Set(everyNode(expression(filter), "ColumnRef").map((reference) => fieldNames(reference).at(-1)));
  const columns = protection.relation.columns.filter(({ name }) => names.has(name));
  const generated = columns.find((column) => column.generated !== undefined);
  if (generated !== undefined) {
    throw new Denial(
      `${hiddenRows(protection)} by ${quoteName(generated.name)}, which the server computes: new rows cannot be checked`,
      "ask for a role without filters",
    );
  }
  return columns;
}

/** A filter that looks at no column shows its principal every row or none. */
export function refuseBlindly(protection: Protection): void {
  if (hidesNothing(protection)) return;
  throw new Denial(
    `${hiddenRows(protection)}, and you would see no row that you insert`,
    "ask for a role without filters",
  );
}

/** A filter that looks at no column holds for every row or for none. */
function hidesNothing(protection: Protection): boolean {
  const { A_Const: constant } = Object(expression(filterCondition(protection, base) ?? "true")) as TreeObject;
  return isObject(constant) && isObject(constant["boolval"]) && constant["boolval"]["boolval"] === true;
}

/** Whether it may stand in the text twice: constants and parameters, with casts. */
export function isRepeatable(node: TreeObject): boolean {
  if (isObject(node["A_Const"]) || isObject(node["ParamRef"])) return true;
  const cast = node["TypeCast"];
  return isObject(cast) && isObject(cast["arg"]) && isRepeatable(cast["arg"]);
}

function textOf(source: SourceText, { from, to }: Span): string {
  const [first, last] = [source.tokens[from], source.tokens[to - 1]];
  if (first === undefined || last === undefined) throw new Denial(unclear);
  return source.bytes.toString("utf8", first.start, last.end);
}

/** The value as the column would store it, but for its length: a cast cuts a text that is too long, and storing it must fail. */
export function castTo({ typeSql, type }: Column, sql: string): string {
  const cuts = /^(?:character|bit)/.test(type);
  return `cast(${sql} as ${cuts ? typeSql.replace(/\(\d+\)(?=(?:\[\])?$)/, "") : typeSql})`;
}
