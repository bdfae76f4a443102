/** Rows that INSERT makes, from VALUES, from defaults or from a query. */
import type { Column } from "../../../catalog/catalog.ts";
import { quoteName } from "../../../masks/quote.ts";
import { commaSeparated, nextAtLevel, type Span } from "./clauses.ts";
import { constantDefault } from "./defaults.ts";
import { Denial } from "../../denial.ts";
import { insertAfter, insertBefore, replaceTokens, tokenAt } from "./edits.ts";
import { unclear } from "../../rewriting.ts";
import { expression, expressionAround, hole, query as parsedQuery, queryAround, queryHole } from "./fragments.ts";
import {
  castTo,
  checkedConstants,
  checkRow,
  filterColumns,
  type Given,
  isRepeatable,
  passes,
  refuseBlindly,
} from "./new-rows.ts";
import { hiddenRows, type Protection } from "../../protection.ts";
import { endOfParentheses, isToken } from "./source-text.ts";
import type { Rewriting, Target } from "./target.ts";
import { isObject, type TreeObject } from "../../tree-object.ts";
import { listOf, locationOf } from "./tree.ts";

/** An INSERT, or what MERGE inserts. */
export interface Insertion {
  /** ResTarget nodes of the column list; none where it has none. */
  readonly columns: readonly TreeObject[];
  /** Index of the first token after the column list and OVERRIDING. */
  readonly start: number;
}

/** @param given how many columns the statement's query gives values to, where that is known. */
export function checkInserted(rewriting: Rewriting, target: Target, given: number | undefined): void {
  const { protection, container } = target;
  if (filterColumns(protection).length === 0) return refuseBlindly(protection);
  const insertion = insertionAt(rewriting, target, listOf(container.node["cols"]), target.after);
  const { selectStmt: query } = container.node;
  if (query === undefined) return checkDefaultRow(rewriting, target, container.node, insertion);
  const select = isObject(query) ? query["SelectStmt"] : undefined;
  if (!isObject(query) || !isObject(select)) throw new Denial(unclear);
  const rows = listOf(select["valuesLists"]).map(itemsOf);
  if (rows.length === 0 || rows.some((row) => isComputedTwice(protection, insertion, row))) {
    checkQuery(rewriting, target, insertion, query, rows, given);
    return;
  }
  for (const column of filterColumns(protection)) {
    const index = positionOf(insertion, protection, column);
    if (index >= 0) rewriting.edits.decisive.add(index);
  }
  let at = nextAtLevel(rewriting.source, insertion.start, ["values"]) + 1;
  for (const row of rows) at = checkValues(rewriting, target, insertion, row, at) + 1;
}

/** @param after index after what the columns are inserted into */
export function insertionAt(
  { source }: Rewriting,
  { protection }: Target,
  columns: readonly TreeObject[],
  after: number,
): Insertion {
  let start: number | undefined = after;
  if (columns.length > 0) start = endOfParentheses(source, start);
  if (start === undefined) throw new Denial(unclear);
  if (isToken(source, start, "overriding")) {
    if (isToken(source, start + 1, "user") && filterColumns(protection).some((column) => column.default === "")) {
      throw refusal(
        protection,
        "OVERRIDING USER VALUE would store other values than those that are checked",
        "leave it out",
      );
    }
    start += 3;
  }
  return { columns: columns.map(({ ResTarget: column }) => (isObject(column) ? column : {})), start };
}

/**
 * Checks one row of VALUES.
 * @param at index of its opening parenthesis
 * @returns the index after its closing one
 */
export function checkValues(
  rewriting: Rewriting,
  target: Target,
  insertion: Insertion,
  items: readonly TreeObject[],
  at: number,
): number {
  const { source } = rewriting;
  const { protection } = target;
  const end = endOfParentheses(source, at);
  if (end === undefined) throw new Denial(unclear);
  const spans = commaSeparated(source, { from: at + 1, to: end - 1 });
  if (spans.length !== items.length) throw new Denial(unclear);
  const given = new Map<Column, Given>();
  const known = new Map<Column, string>();
  for (const column of filterColumns(protection)) {
    const index = positionOf(insertion, protection, column);
    const [node, span] = [items[index], spans[index]];
    if (node === undefined || span === undefined || node["SetToDefault"] !== undefined) {
      known.set(column, defaultOf(protection, column));
    } else {
      given.set(column, { node, span });
    }
  }
  // All of them are defaults: the check goes into another value.
  if (given.size === 0) {
    const index = items.findIndex((item) => item["SetToDefault"] === undefined);
    const [node, span] = [items[index], spans[index]];
    const column = columnAt(insertion, protection, index);
    if (node === undefined || span === undefined || column === undefined) {
      throw refusal(protection, "this row has nothing but defaults", "give one of its columns a value");
    }
    given.set(column, { node, span });
  }
  checkRow(rewriting, target, given, known);
  return end;
}

/** DEFAULT VALUES: the constants that decide are written out, and checked. */
export function checkDefaultRow(
  { source, edits }: Rewriting,
  { protection }: Target,
  clause: TreeObject,
  { start }: Insertion,
): void {
  if (!isToken(source, start, "default") || !isToken(source, start + 1, "values")) throw new Denial(unclear);
  const values = new Map(filterColumns(protection).map((column) => [column, defaultOf(protection, column)]));
  const names = [...values.keys()].map(({ name }) => quoteName(name));
  const items = checkedConstants(protection, values);
  replaceTokens(edits, source, start, start + 2, `(${names.join(", ")}) values (${items.join(", ")})`);
  const columns = [...values.keys()].map(({ name }) => ({ ResTarget: { name } }));
  const made =
    clause["commandType"] === "CMD_INSERT"
      ? { targetList: columns, values: items.map(expression) }
      : { cols: columns, selectStmt: parsedQuery(`values (${items.join(", ")})`) };
  edits.expected.set(clause, [{ ...clause, ...made }]);
}

/**
 * Puts the statement's query into one that fails at the first row that does not pass. Inside a query, constants without a type are texts and
 * parameters too, so they get the type of the column that they are for.
 */
function checkQuery(
  rewriting: Rewriting,
  target: Target,
  insertion: Insertion,
  query: TreeObject,
  rows: readonly (readonly TreeObject[])[],
  given: number | undefined,
): void {
  const { source, edits } = rewriting;
  const { protection, container } = target;
  if (given === undefined) {
    throw refusal(protection, "it is not known how many columns are inserted", "name each column that the query gives");
  }
  if (rows.some((row) => row.some((item) => item["SetToDefault"] !== undefined))) {
    throw refusal(protection, "more than one column that decides which is computed", "write DEFAULT in no column");
  }
  const span = querySpan(rewriting, container.node, insertion);
  const outputs = rows.length > 0 ? rows : [outputsOf(query["SelectStmt"])];
  for (const values of outputs) castUntyped(rewriting, protection, insertion, values, span, given);
  const names = Array.from({ length: given }, (_, index) => quoteName(`penstock_${index + 1}`));
  const values = new Map<Column, string>();
  for (const column of filterColumns(protection)) {
    const name = names[positionOf(insertion, protection, column)];
    values.set(column, name === undefined ? defaultOf(protection, column) : castTo(column, `${proposed}.${name}`));
  }
  // OFFSET keeps the planner from checking rows that the query does not give.
  const before = `select ${proposed}.* from (select * from (`;
  const after = `) as ${proposed} (${names.join(", ")}) offset 0) as ${proposed} where ${passes(protection, values)}`;
  insertBefore(edits, source, span.from, before);
  insertAfter(edits, source, span.to - 1, after);
  const [own] = edits.expected.get(query) ?? [{ ...query }];
  edits.expected.set(query, [queryAround(`${before}${queryHole}${after}`, own)]);
}

/** How generated SQL calls the rows of an INSERT's query. */
const proposed = quoteName("penstock_new");

function querySpan({ source }: Rewriting, insert: TreeObject, { start }: Insertion): Span {
  const { onConflictClause: conflict } = insert;
  const to = isObject(conflict) ? tokenAt(source, locationOf(conflict)) : nextAtLevel(source, start, ["returning"]);
  return { from: start, to };
}

/** @param values expressions that the query itself gives for a row */
function castUntyped(
  { source, edits }: Rewriting,
  protection: Protection,
  insertion: Insertion,
  values: readonly TreeObject[],
  { from, to }: Span,
  given: number,
): void {
  const stars = values.flatMap((node, index) => (isStar(node) ? [index] : []));
  const [first, last] = [stars[0] ?? values.length, stars.at(-1) ?? -1];
  for (const [index, node] of values.entries()) {
    const literal = node["A_Const"] ?? node["ParamRef"];
    if (!isObject(literal) || !isUntyped(node)) continue;
    if (index > first && index < last) {
      throw refusal(
        protection,
        "a constant between two `*` cannot be checked",
        "name the columns that the query gives",
      );
    }
    const column = columnAt(insertion, protection, index < first ? index : given - values.length + index);
    if (column === undefined) continue;
    const at = tokenAt(source, locationOf(literal));
    if (at < from || at >= to) throw new Denial(unclear);
    const [before = "", after = ""] = castTo(column, hole).split(hole);
    insertBefore(edits, source, at, before);
    insertAfter(edits, source, at, after);
    edits.expected.set(node, [expressionAround(castTo(column, hole), { ...node })]);
  }
}

/** Of the select list; none of a set operation, where all types are settled. */
function outputsOf(select: unknown): readonly TreeObject[] {
  return listOf(isObject(select) ? select["targetList"] : undefined).map(({ ResTarget: output }) =>
    isObject(output) && isObject(output["val"]) ? output["val"] : {},
  );
}

function isStar({ ColumnRef: reference, A_Indirection: indirection }: TreeObject): boolean {
  const steps = isObject(reference) ? reference["fields"] : isObject(indirection) ? indirection["indirection"] : [];
  return listOf(steps).at(-1)?.["A_Star"] !== undefined;
}

/** It takes its type from what it is for. */
function isUntyped({ A_Const: constant, ParamRef: parameter }: TreeObject): boolean {
  return isObject(parameter) || (isObject(constant) && (constant["isnull"] === true || isObject(constant["sval"])));
}

function isComputedTwice(protection: Protection, insertion: Insertion, items: readonly TreeObject[]): boolean {
  const computed = filterColumns(protection).filter((column) => {
    const node = items[positionOf(insertion, protection, column)];
    return node !== undefined && node["SetToDefault"] === undefined && !isRepeatable(node);
  });
  return computed.length > 1;
}

/** Which of the values of a row is a column's; -1 where none is. */
function positionOf({ columns }: Insertion, protection: Protection, column: Column): number {
  if (columns.length === 0) return protection.relation.columns.indexOf(column);
  const index = columns.findIndex(({ name }) => name === column.name);
  if (index >= 0 && columns[index]?.["indirection"] !== undefined) throw new Denial(unclear);
  return index;
}

function columnAt({ columns }: Insertion, { relation }: Protection, index: number): Column | undefined {
  if (columns.length === 0) return relation.columns[index];
  const named = columns[index];
  if (named === undefined || named["indirection"] !== undefined) return undefined;
  return relation.columns.find(({ name }) => name === named["name"]);
}

function defaultOf(protection: Protection, column: Column): string {
  // What an omitted column of a view gets, its table says.
  const sql = protection.relation.kind === "view" ? undefined : constantDefault(column);
  if (sql !== undefined) return castTo(column, sql);
  throw refusal(
    protection,
    `an INSERT has to give its column ${quoteName(column.name)} a value`,
    "the filter decides by it who sees the row, and its default is no constant",
  );
}

function itemsOf({ List: list }: TreeObject): readonly TreeObject[] {
  return isObject(list) ? listOf(list["items"]) : [];
}

function refusal(protection: Protection, what: string, hint: string): Denial {
  return new Denial(`${hiddenRows(protection)}, and ${what}`, hint);
}
