/** Pieces of generated SQL, with the trees that the parser is to make of them. */
import { Denial } from "../../denial.ts";
import { unclear } from "../../rewriting.ts";
import { isObject, type TreeObject } from "../../tree-object.ts";
import type { Dialect } from "../dialect.ts";
import { parseMysql } from "../parse.ts";
import { quoteMysqlName } from "../quote.ts";
import type { ColumnName, Expression } from "../tree/expressions.ts";
import type { Node } from "../tree/node.ts";
import type { QueryExpression, Select, SelectItem } from "../tree/queries.ts";
import type { Edits } from "./edits.ts";
import { nodesOf } from "./tree.ts";

const holeName = "penstock_hole";
/** Stands in generated SQL for an expression of the statement's own. */
export const hole = quoteMysqlName(holeName);

const beforeCondition = "select 1 from dual where ";

/** @throws Denial */
export function parsedExpression(text: string, dialect: Dialect): Expression {
  const { where } = parsedSelect(`${beforeCondition}${text}`, dialect);
  if (where === undefined) throw new Denial(unclear);
  return where;
}

/** Items of a select list, or of RETURNING. @throws Denial */
export function parsedItems(text: string, dialect: Dialect): readonly SelectItem[] {
  return parsedSelect(`select ${text}`, dialect).items;
}

function parsedSelect(text: string, dialect: Dialect): Select {
  const { body } = parsedQuery(text, dialect);
  if (body.kind !== "select") throw new Denial(unclear);
  return body;
}

/** @throws Denial */
export function parsedQuery(text: string, dialect: Dialect): QueryExpression {
  const read = parseMysql(text, dialect);
  const [statement, second] = read.kind === "statements" ? read.statements : [];
  if (statement?.kind !== "query" || second !== undefined) throw new Denial(unclear);
  return statement;
}

/**
 * Puts an expression of the statement into the hole of a generated one.
 * @param inside edits parts of the expression, which may begin or end where it does
 */
export function surround(
  { splices, expected }: Edits,
  dialect: Dialect,
  node: Expression,
  generated: string,
  inside: () => void = () => {},
): void {
  const [before, after, third] = generated.split(hole);
  if (before === undefined || after === undefined || third !== undefined) throw new Denial(unclear);
  splices.push({ start: node.start, end: node.start, text: before });
  inside();
  splices.push({ start: node.end, end: node.end, text: after });
  const inner = expected.get(node as unknown as TreeObject)?.[0] ?? { ...node };
  expected.set(node as unknown as TreeObject, [filled(parsedExpression(generated, dialect), inner)]);
}

/** Puts a generated expression in the place of one of the statement's. */
export function replaceExpression(
  { splices, expected }: Edits,
  dialect: Dialect,
  node: Expression,
  text: string,
): void {
  splices.push({ start: node.start, end: node.end, text });
  expected.set(node as unknown as TreeObject, [parsedExpression(text, dialect)]);
}

/** A tree with another in place of the hole. */
function filled(tree: unknown, inner: unknown): unknown {
  if (Array.isArray(tree)) return tree.map((each) => filled(each, inner));
  if (!isObject(tree)) return tree;
  if (tree["kind"] === "column" && columnName(tree as unknown as ColumnName) === holeName) return inner;
  return Object.fromEntries(Object.entries(tree).map(([field, child]) => [field, filled(child, inner)]));
}

/** An expression as text, with other texts for some of its columns; `undefined` leaves a column as it is. */
export function withColumns(
  text: string,
  { start, end }: Node,
  columns: readonly ColumnName[],
  sqlOf: (column: ColumnName) => string | undefined,
): string {
  let made = "";
  let at = start;
  for (const column of [...columns].sort((a, b) => a.start - b.start)) {
    const sql = sqlOf(column);
    if (sql === undefined) continue;
    made += text.slice(at, column.start) + sql;
    at = column.end;
  }
  return made + text.slice(at, end);
}

/** A generated condition with other texts for columns under an alias. */
export function substituted(
  condition: string,
  alias: string,
  sqlOf: (column: string) => string | undefined,
  dialect: Dialect,
): string {
  const text = `${beforeCondition}${condition}`;
  const { where } = parsedSelect(text, dialect);
  if (where === undefined) throw new Denial(unclear);
  const whole = { start: beforeCondition.length, end: text.length };
  const own = columnsIn(where).filter(({ parts }) => parts.at(-2)?.text === alias);
  return withColumns(text, whole, own, (column) => sqlOf(columnName(column)));
}

export function columnsIn(root: unknown): readonly ColumnName[] {
  return nodesOf(root, columnKinds) as unknown as readonly ColumnName[];
}

const columnKinds: ReadonlySet<string> = new Set(["column"]);

export function columnName({ parts }: ColumnName): string {
  return parts.at(-1)?.text ?? "";
}
