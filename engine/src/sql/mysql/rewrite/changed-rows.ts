/**
 * UPDATE and DELETE of one table of which something is hidden. A target cannot be a derived table: its filter becomes a condition, and references
 * to masked columns in conditions become their masks.
 */
import type { Column, Relation } from "../../../catalog/catalog.ts";
import { planMask } from "../../../masks/masks.ts";
import { columnsOfFilter } from "../../../filters/plan-filter.ts";
import { Denial } from "../../denial.ts";
import { because, filterCondition, hiddenRows, type Protection } from "../../protection.ts";
import { unclear } from "../../rewriting.ts";
import { isObject, type TreeObject } from "../../tree-object.ts";
import type { Dialect } from "../dialect.ts";
import { parseMysql } from "../parse.ts";
import { quoteMysqlName } from "../quote.ts";
import type { Delete, Update } from "../tree/dml.ts";
import type { ColumnName, Expression } from "../tree/expressions.ts";
import type { TableName } from "../tree/queries.ts";
import type { Statement } from "../tree/statements.ts";
import type { Rewriting } from "./edits.ts";
import { nodesOf } from "./tree.ts";

/** What `changeOf` tells of a statement. */
export interface Change {
  readonly node: Update | Delete;
  readonly table: TableName;
  /** By which the statement's columns can name it. */
  readonly name: string;
}

/** A change of rows of one table, joined with no other, that leaves no trace but in them. */
export function changeOf(node: Statement): Change | undefined {
  if (node.kind !== "update" && node.kind !== "delete") return undefined;
  const [table, second] = node.tables;
  if (table?.kind !== "table" || second !== undefined || node.with !== undefined || node.portion.length > 0) {
    return undefined;
  }
  if (node.kind === "delete" && (node.targets.length > 0 || node.isHistory)) return undefined;
  return { node, table, name: table.alias?.text ?? table.name.parts.at(-1)?.text ?? "" };
}

/** @throws Denial */
export function refuseChange({ node, name }: Change, protection: Protection): void {
  const { relation, columns, filter } = protection;
  if (node.kind === "delete" && node.returning.length > 0 && columns.size > 0) {
    throw new Denial(`${because(protection)}, and RETURNING would show the rows`, "leave RETURNING out");
  }
  const masked = maskedColumns(protection);
  const isQueried = nodesOf(node, queries).length > 0;
  const ambiguous = isQueried ? references(node, name, masked)[0] : undefined;
  if (ambiguous !== undefined) {
    throw new Denial(
      `${because(protection)}, and \`${nameOf(ambiguous)}\` is named beside a query inside of ${node.kind.toUpperCase()}`,
      "write the query's columns with their table",
    );
  }
  if (node.kind === "delete") return;
  const written = node.assignments.flatMap(({ column }) => named(relation, nameOf(column)) ?? []);
  refuseWritten(protection, written);
  if (filter === undefined) return;
  const deciding = columnsOfFilter(filter);
  const moved = [...written, ...relation.columns.filter(changesItself)].find((column) => deciding.has(column.name));
  if (moved === undefined) return;
  throw new Denial(
    `${hiddenRows(protection)} by \`${moved.name}\`, which UPDATE would change`,
    "leave it as it is, or ask for a role for which rows are not filtered",
  );
}

/** A column that the server may give a value of its own when others change. */
function changesItself({ generated, type }: Column): boolean {
  return generated !== undefined || type === "timestamp" || type === "datetime";
}

function refuseWritten(protection: Protection, written: readonly Column[]): void {
  const { relation, columns } = protection;
  const masked = written.find(({ attnum }) => columns.has(attnum));
  if (masked !== undefined) {
    throw new Denial(
      `${because(protection)}, and \`${masked.name}\` would be written`,
      "leave out the columns that are masked",
    );
  }
  const shared = relation.uniqueKeys?.find(
    (key) => key.some((attnum) => columns.has(attnum)) && written.some(({ attnum }) => key.includes(attnum)),
  );
  if (shared === undefined) return;
  throw new Denial(
    `${because(protection)}, and what you change is in a unique key with one of them: the error for a duplicate would show its value`,
    "ask for a role for which nothing of it is masked",
  );
}

/** Puts the filter into the condition, and masks into conditions and the order. */
export function changeRows(
  rewriting: Rewriting,
  { node, table, name }: Change,
  protection: Protection,
  isSafe: boolean,
): void {
  const { edits, dialect, text } = rewriting;
  const masked = maskedColumns(protection);
  for (const reference of references(node, name, masked)) {
    const column = masked.get(nameOf(reference).toLowerCase());
    if (column === undefined) throw new Denial(unclear);
    const mask = maskOver(protection, column, text.slice(reference.start, reference.end));
    edits.splices.push({ start: reference.start, end: reference.end, text: mask });
    edits.expected.set(reference as unknown as TreeObject, [parsedExpression(mask, dialect)]);
  }
  const filter = filterCondition(protection, quoteMysqlName(name));
  if (filter === undefined) return;
  const { where } = node;
  if (where === undefined) {
    const end = node.kind === "update" ? (node.assignments.at(-1)?.end ?? table.end) : table.end;
    edits.splices.push({ start: end, end, text: ` where ${filter}` });
    edits.expected.set(node as unknown as TreeObject, [{ ...node, where: parsedExpression(filter, dialect) }]);
    return;
  }
  // A condition that could warn or act is not tried on hidden rows: the server fixes no order in AND.
  const [before, after] = isSafe
    ? [`(${filter}) and (`, ")"]
    : [`(${filter}) and case when ${filter} then (`, ") else false end"];
  const around = parsedExpression(`${before}${placeholder}${after}`, dialect);
  const inner = edits.expected.get(where as unknown as TreeObject)?.[0] ?? { ...where };
  edits.splices.push(
    { start: where.start, end: where.start, text: before },
    { start: where.end, end: where.end, text: after },
  );
  edits.expected.set(where as unknown as TreeObject, [filled(around, inner)]);
}

const placeholder = quoteMysqlName("penstock_condition");

/** A tree with another in place of the placeholder. */
function filled(tree: unknown, inner: unknown): unknown {
  if (Array.isArray(tree)) return tree.map((each) => filled(each, inner));
  if (!isObject(tree)) return tree;
  if (tree["kind"] === "column" && nameOf(tree as unknown as ColumnName) === "penstock_condition") return inner;
  return Object.fromEntries(Object.entries(tree).map(([field, child]) => [field, filled(child, inner)]));
}

function parsedExpression(text: string, dialect: Dialect): Expression {
  const read = parseMysql(`select 1 from dual where ${text}`, dialect);
  const [statement] = read.kind === "statements" ? read.statements : [];
  const where = statement?.kind === "query" && statement.body.kind === "select" ? statement.body.where : undefined;
  if (where === undefined) throw new Denial(unclear);
  return where;
}

function maskOver({ relation, columns }: Protection, column: Column, reference: string): string {
  const mask = columns.get(column.attnum);
  const plan = mask === undefined ? undefined : planMask(mask.mask, column);
  if (plan?.kind !== "masking") throw new Denial(`column \`${column.name}\` of ${relation.path} cannot be masked`);
  return `(${plan.sql(reference)})`;
}

/** Columns of the target that are masked, by their names in lower case. */
function maskedColumns({ relation, columns }: Protection): ReadonlyMap<string, Column> {
  return new Map(
    relation.columns.filter(({ attnum }) => columns.has(attnum)).map((column) => [column.name.toLowerCase(), column]),
  );
}

/** Where one of these columns is named, but for those that are given values. */
function references(node: Update | Delete, name: string, columns: ReadonlyMap<string, Column>): readonly ColumnName[] {
  const targets = new Set<unknown>(node.kind === "update" ? node.assignments.map(({ column }) => column) : []);
  const all = nodesOf(node, columnNames) as unknown as readonly ColumnName[];
  return all.filter((reference) => {
    const qualifier = reference.parts.at(-2)?.text.toLowerCase();
    return (
      !targets.has(reference) &&
      columns.has(nameOf(reference).toLowerCase()) &&
      (qualifier === undefined || qualifier === name.toLowerCase())
    );
  });
}

function nameOf({ parts }: ColumnName): string {
  return parts.at(-1)?.text ?? "";
}

function named({ columns }: Relation, name: string): Column | undefined {
  return columns.find((column) => column.name.toLowerCase() === name.toLowerCase());
}

const queries: ReadonlySet<string> = new Set(["query"]);
const columnNames: ReadonlySet<string> = new Set(["column"]);
