/**
 * No row may come about that the filter hides from whoever makes it, as WITH CHECK of a policy of PostgreSQL's own. The value of one column that
 * the filter looks at becomes a query that gives the value where the row passes and fails where it does not: PostgreSQL has no expression
 * that only fails, so a cast of a text that is no boolean does, with a text by which the proxy knows it (`refusedRow`).
 */
import type { Column } from "../../../catalog/catalog.ts";
import { quoteName, quoteText } from "../../../masks/quote.ts";
import { commaSeparated, nextAtLevel, type Span } from "./clauses.ts";
import { Denial } from "./denial.ts";
import { insertAfter, insertBefore, tokenAt, unclear } from "./edits.ts";
import { expression, expressionAround, hole } from "./fragments.ts";
import { filterCondition, hiddenRows, type Protection } from "./protection.ts";
import { base } from "./protected-source.ts";
import { endOfName, endOfParentheses, isToken, type SourceText } from "./source-text.ts";
import type { Rewriting, Target } from "./target.ts";
import { fieldNames, isObject, listOf, locationOf, type TreeObject } from "./tree.ts";

/** How generated SQL calls a row that is about to be written. */
const row = quoteName("penstock_row");

const refusal = "the new row would be hidden from you by the filter of ";

/** What a server's error message says of a refused row, or undefined where it is about something else. */
export function refusedRow(message: string): string | undefined {
  return /penstock\((the new row would be hidden .*)\)/su.exec(message)?.[1];
}

/** A value that the statement gives to a column. */
interface Given {
  readonly node: TreeObject;
  readonly span: Span;
}

/** Checks the rows of INSERT … VALUES. */
export function checkInserted(rewriting: Rewriting, target: Target): void {
  const { source } = rewriting;
  const { protection, container } = target;
  const columns = filterColumns(protection);
  const refuse = (what: string, hint: string) => new Denial(`${hiddenRows(protection)}, and ${what}`, hint);
  if (columns.length === 0) {
    if (hidesNothing(protection)) return;
    throw refuse("you would see no row that you insert", "ask for a role without filters");
  }
  const query = container.node["selectStmt"];
  const select = isObject(query) ? query["SelectStmt"] : undefined;
  const lists = isObject(select) ? listOf(select["valuesLists"]) : [];
  if (lists.length === 0) {
    throw refuse("rows of a query cannot be checked before they are inserted", "use INSERT … VALUES");
  }
  const listed = listOf(container.node["cols"]).map(({ ResTarget: column }) => (isObject(column) ? column : {}));
  const names =
    listed.length > 0 ? listed.map(({ name }) => name) : protection.relation.columns.map(({ name }) => name);
  let at = nextAtLevel(source, target.after, ["values"]);
  for (const { List: list } of lists) {
    const items = isObject(list) ? listOf(list["items"]) : [];
    const end = endOfParentheses(source, at + 1);
    if (end === undefined) throw new Denial(unclear);
    const spans = commaSeparated(source, { from: at + 2, to: end - 1 });
    if (spans.length !== items.length) throw new Denial(unclear);
    const given = new Map<Column, Given>();
    for (const column of columns) {
      const index = names.indexOf(column.name);
      const [node, span] = [items[index], spans[index]];
      if (node === undefined || span === undefined || node["SetToDefault"] !== undefined) {
        throw refuse(
          `an INSERT has to give its column ${quoteName(column.name)} a value`,
          "the filter decides by it who sees the row, and a default is not known here",
        );
      }
      if (listed[index]?.["indirection"] !== undefined) throw new Denial(unclear);
      given.set(column, { node, span });
    }
    check(rewriting, target, given, undefined);
    at = end;
  }
}

/** Checks the rows that SET makes, where it writes a column that the filter looks at: else a row is seen after it if it was before. */
export function checkUpdated(rewriting: Rewriting, target: Target, clause: TreeObject, start: number): void {
  const { source } = rewriting;
  const columns = filterColumns(target.protection);
  const given = new Map<Column, Given>();
  for (const { ResTarget: assignment } of listOf(clause["targetList"])) {
    if (!isObject(assignment)) throw new Denial(unclear);
    const { name, val, indirection } = assignment;
    const column = columns.find((one) => one.name === name);
    if (column === undefined) continue;
    const equals = endOfName(source, tokenAt(source, locationOf(assignment)));
    const isPlain =
      isObject(val) &&
      val["MultiAssignRef"] === undefined &&
      val["SetToDefault"] === undefined &&
      indirection === undefined;
    if (!isPlain || equals === undefined || equals <= start || !isToken(source, equals, "=")) {
      throw new Denial(
        `${hiddenRows(target.protection)}, and ${quoteName(column.name)} decides which: it can only be set to one value of its own`,
        `write SET ${quoteName(column.name)} = value`,
      );
    }
    const end = nextAtLevel(source, equals + 1, [",", "from", "where", "returning"]);
    given.set(column, { node: val, span: { from: equals + 1, to: end } });
  }
  if (given.size > 0) check(rewriting, target, given, quoteName(target.name));
}

/** @param old what the columns are called that keep their value; undefined where there are none. */
function check(
  { source, edits }: Rewriting,
  { protection }: Target,
  given: ReadonlyMap<Column, Given>,
  old: string | undefined,
): void {
  const { relation } = protection;
  const filter = filterCondition(protection, row);
  const host = [...given].find(([, { node }]) => !isRepeatable(node)) ?? [...given][0];
  if (host === undefined || filter === undefined) throw new Denial(unclear);
  const [column, { node, span }] = host;
  const others = filterColumns(protection)
    .filter((other) => other !== column)
    .map((other) => {
      const value = given.get(other);
      if (value === undefined) return `${old}.${quoteName(other.name)} as ${quoteName(other.name)}`;
      if (!isRepeatable(value.node)) {
        throw new Denial(
          `${hiddenRows(protection)}, and ${quoteName(column.name)} and ${quoteName(other.name)} decide which: both are computed`,
          "give one of them as a constant or a parameter",
        );
      }
      return `cast(${textOf(source, value.span)} as ${castType(other)}) as ${quoteName(other.name)}`;
    });
  const value = `${row}.${quoteName(column.name)}`;
  // The value's first zero characters keep the planner from evaluating the text beforehand.
  const message = `pg_catalog.concat(${quoteText(`penstock(${refusal}${relation.path})`)}, pg_catalog.left(pg_catalog.concat(${value}), 0))`;
  const before = `(select case when ${filter} then ${value} when cast(${message} as pg_catalog.bool) then null end from (select cast(`;
  const after = ` as ${castType(column)}) as ${quoteName(column.name)}${others.map((other) => `, ${other}`).join("")}) as ${row})`;
  insertBefore(edits, source, span.from, before);
  insertAfter(edits, source, span.to - 1, after);
  const [own] = edits.expected.get(node) ?? [{ ...node }];
  edits.expected.set(node, [expressionAround(`${before}${hole}${after}`, own)]);
}

/** The columns that a filter looks at. */
function filterColumns(protection: Protection): readonly Column[] {
  const filter = filterCondition(protection, base);
  if (filter === undefined) return [];
  const names = new Set<unknown>();
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) for (const element of value) visit(element);
    if (!isObject(value)) return;
    if (isObject(value["ColumnRef"])) names.add(fieldNames(value["ColumnRef"]).at(-1));
    for (const child of Object.values(value)) visit(child);
  };
  visit(expression(filter));
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

/** A filter that looks at no column holds for every row or for none. */
function hidesNothing(protection: Protection): boolean {
  const { A_Const: constant } = Object(expression(filterCondition(protection, base) ?? "true")) as TreeObject;
  return isObject(constant) && isObject(constant["boolval"]) && constant["boolval"]["boolval"] === true;
}

/** Whether it may stand in the text twice: constants and parameters, with casts. */
function isRepeatable(node: TreeObject): boolean {
  if (isObject(node["A_Const"]) || isObject(node["ParamRef"])) return true;
  const cast = node["TypeCast"];
  return isObject(cast) && isObject(cast["arg"]) && isRepeatable(cast["arg"]);
}

function textOf(source: SourceText, { from, to }: Span): string {
  const [first, last] = [source.tokens[from], source.tokens[to - 1]];
  if (first === undefined || last === undefined) throw new Denial(unclear);
  return source.bytes.toString("utf8", first.start, last.end);
}

/** A cast cuts a text that is too long, and storing it must fail: so without the length. */
function castType({ typeSql, typeCategory }: Column): string {
  return typeCategory === "text" ? typeSql.replace(/\(\d+\)$/, "") : typeSql;
}
