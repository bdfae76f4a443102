/** Rows of INSERT that come from a query, or are so many that they are taken for one: they are checked by a query around them. */
import type { Column } from "../../../catalog/catalog.ts";
import { Denial } from "../../denial.ts";
import type { Protection } from "../../protection.ts";
import { unclear } from "../../rewriting.ts";
import type { TreeObject } from "../../tree-object.ts";
import type { Dialect } from "../dialect.ts";
import { quoteMysqlName } from "../quote.ts";
import type { InsertedRows } from "../tree/dml.ts";
import type { Literal } from "../tree/expressions.ts";
import type { QueryExpression } from "../tree/queries.ts";
import type { Rewriting } from "./edits.ts";
import { parsedQuery } from "./fragments.ts";
import {
  checkDefaults,
  checkedRow,
  defaultOf,
  isSameName,
  type RowCheck,
  type RowValue,
  storedOf,
} from "./new-rows.ts";
import { noLimit } from "./protected-source.ts";

/** How generated SQL calls the rows. */
const proposed = quoteMysqlName("penstock_new");

interface Wrapping {
  readonly before: string;
  readonly after: string;
}

/** Puts the statement's query into one whose rows are checked. @throws Denial */
export function checkQuery(
  { edits, dialect }: Rewriting,
  protection: Protection,
  checks: readonly RowCheck[],
  names: readonly string[],
  query: QueryExpression,
): void {
  const { before, after } = wrappingOf(protection, checks, names, dialect);
  edits.splices.push({ start: query.start, end: query.start, text: before });
  let { limit } = query;
  // A LIMIT keeps the query from being computed again for each column that the check looks at, and its order as it is.
  if (limit === undefined) {
    const at = query.locking[0]?.start ?? query.end;
    edits.splices.push({ start: at, end: at, text: at === query.end ? ` ${noLimit}` : `${noLimit} ` });
    limit = parsedQuery(`select 1 ${noLimit}`, dialect).limit;
  }
  edits.splices.push({ start: query.end, end: query.end, text: after });
  const made = wrapped(parsedQuery(`${before}select 1${after}`, dialect), { ...query, limit });
  edits.expected.set(query as unknown as TreeObject, [made]);
}

/** Puts rows of plain constants, as many as they are, into a query that checks them. @throws Denial */
export function checkManyRows(
  { edits, dialect }: Rewriting,
  protection: Protection,
  checks: readonly RowCheck[],
  names: readonly string[],
  source: InsertedRows,
): void {
  const { before, after } = wrappingOf(protection, checks, names, dialect);
  edits.splices.push(
    { start: source.start, end: source.start, text: before },
    { start: source.end, end: source.end, text: ` ${noLimit}${after}` },
  );
  const rows = parsedQuery(`values (1) ${noLimit}`, dialect);
  if (rows.body.kind !== "values") throw new Denial(unclear);
  const made = wrapped(parsedQuery(`${before}select 1${after}`, dialect), {
    ...rows,
    body: { ...rows.body, rows: source.rows },
  });
  edits.expected.set(source as unknown as TreeObject, [made]);
}

function wrapped(made: QueryExpression, query: QueryExpression): QueryExpression {
  const [element] = made.with?.elements ?? [];
  if (made.with === undefined || element === undefined) throw new Denial(unclear);
  return { ...made, with: { ...made.with, elements: [{ ...element, query }] } };
}

function wrappingOf(
  protection: Protection,
  checks: readonly RowCheck[],
  names: readonly string[],
  dialect: Dialect,
): Wrapping {
  const own = names.map((_, index) => quoteMysqlName(`penstock_${index + 1}`));
  const outputs = own.map((name) => `${proposed}.${name}`);
  const items = [...outputs];
  const positionOf = (column: Column) => names.findIndex((name) => isSameName(name, column.name));
  for (const check of checks) {
    const given = check.columns.filter((column) => positionOf(column) >= 0);
    const [host] = given;
    if (host === undefined) {
      const known = check.columns.map((column) => [column, defaultOf(dialect, protection, column)] as const);
      checkDefaults(protection, check, new Map(known));
      continue;
    }
    const valueOf = (column: Column): RowValue => {
      const sql = outputs[positionOf(column)];
      return { sql: sql ?? defaultOf(dialect, protection, column).sql, isStored: sql === undefined };
    };
    for (const column of given) {
      const { sql } = valueOf(column);
      items[positionOf(column)] =
        column === host ? checkedRow(check, protection, host, valueOf, dialect) : storedOf(protection, column, sql).sql;
    }
  }
  return {
    before: `with ${proposed} (${own.join(", ")}) as (`,
    after: `) select ${items.join(", ")} from ${proposed}`,
  };
}

/** From how many rows on one check for all is shorter than one for each. */
const manyRows = 10;

/**
 * Whether rows are so many, and so plain, that a query of them has the same values: in each column constants of one kind, of which the server makes
 * one type that holds all of them.
 */
export function areManyRows({ rows, start }: InsertedRows, width: number, text: string, { product }: Dialect): boolean {
  // MySQL writes ROW before each row of a query.
  if (product !== "mariadb" || rows.length < manyRows || !/^values\b/i.test(text.slice(start, start + 7))) return false;
  const kinds: (string | undefined)[] = [];
  return rows.every(
    (values) =>
      values.length === width &&
      values.every((value, index) => {
        const literal = value.kind === "unary" && value.operator === "-" ? value.operand : value;
        const kind = literal.kind === "literal" ? kindOf(literal) : undefined;
        if (kind === undefined || (kind === "text" && literal !== value)) return false;
        if (kind === "null") return true;
        kinds[index] ??= kind;
        return kinds[index] === kind;
      }),
  );
}

function kindOf({ type, introducer }: Literal): "text" | "number" | "float" | "null" | undefined {
  switch (type) {
    case "string":
      return introducer === undefined ? "text" : undefined;
    case "integer":
    case "decimal":
    case "true":
    case "false":
      return "number";
    case "float":
      return "float";
    case "null":
      return "null";
    default:
      return undefined;
  }
}
