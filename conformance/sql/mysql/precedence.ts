import { defaultSqlMode, type MysqlDialect, parseMysql, type SqlMode } from "@penstock/engine";
import * as fc from "fast-check";
import type { Connection } from "mysql2/promise";
import { childrenOf, queryInside } from "../../../engine/src/sql/mysql/tree/children.ts";
import type { Expression } from "../../../engine/src/sql/mysql/tree/expressions.ts";
import { expressionTexts } from "./expressions.ts";

export interface Tally {
  /** Read by both, and of the same value as written and in brackets. */
  agreed: number;
  /** Of these, those with a value: the others fail alike. */
  valued: number;
  /** Refused by both. */
  refused: number;
}

/** Modes that move operators, by their names for the server. */
const modes: readonly (readonly [sqlMode: string, mode: SqlMode])[] = [
  ["", defaultSqlMode],
  ["PIPES_AS_CONCAT", { ...defaultSqlMode, pipesAsConcat: true }],
  ["HIGH_NOT_PRECEDENCE", { ...defaultSqlMode, highNotPrecedence: true }],
  ["PIPES_AS_CONCAT,HIGH_NOT_PRECEDENCE", { ...defaultSqlMode, pipesAsConcat: true, highNotPrecedence: true }],
];

/**
 * Generated expressions have for the server the value, or the error, that they have with brackets around every operand of our tree; and
 * the grammar takes those that the server takes.
 */
export async function checkPrecedence(
  connection: Connection,
  expressions: number,
  seed: number | undefined,
): Promise<Tally> {
  const tally: Tally = { agreed: 0, valued: 0, refused: 0 };
  const property = fc.asyncProperty(expressionTexts, fc.constantFrom(...modes), async (text, [sqlMode, mode]) => {
    await connection.query(`set sql_mode = '${sqlMode}'`);
    const written = await outcome(connection, text);
    const dialect: MysqlDialect = { product: "mariadb", version: 101_100, mode };
    const bracketed = withBrackets(`select ${text}`, dialect);
    if (written.errno === syntaxErrno && bracketed === undefined) {
      tally.refused++;
      return;
    }
    if (bracketed === undefined) throw new Error(`in mode '${sqlMode}' only the server takes: ${text}`);
    if (written.errno === syntaxErrno) throw new Error(`in mode '${sqlMode}' only we take: ${text}`);
    const read = await outcome(connection, bracketed.slice("select ".length));
    if (written.text !== read.text) {
      throw new Error(`in mode '${sqlMode}'\n  ${text} is ${written.text}\n  ${bracketed} is ${read.text}`);
    }
    tally.agreed++;
    if (written.errno === 0) tally.valued++;
  });
  await fc.assert(property, { numRuns: expressions, ...(seed === undefined ? {} : { seed }) });
  return tally;
}

const syntaxErrno = 1064;

interface Outcome {
  /** The value, or the error's number. */
  readonly text: string;
  readonly errno: number;
}

async function outcome(connection: Connection, expression: string): Promise<Outcome> {
  await connection.query("set @v = 3, @w = 2");
  try {
    const [rows] = await connection.query({ sql: `select ${expression}`, rowsAsArray: true });
    const [value] = (rows as unknown[][])[0] ?? [];
    return { text: Buffer.isBuffer(value) ? value.toString("latin1") : String(value), errno: 0 };
  } catch (error) {
    const { errno } = error as { readonly errno?: number };
    if (errno === undefined) throw error;
    return { text: `error ${errno}`, errno };
  }
}

/** The text with a bracket around each operand of each operator; `undefined` where it does not parse. */
function withBrackets(text: string, dialect: MysqlDialect): string | undefined {
  const parsed = parseMysql(text, dialect);
  if (parsed.kind !== "statements") return undefined;
  const opening = new Map<number, number>();
  const closing = new Map<number, number>();
  const count = (counts: Map<number, number>, at: number) => counts.set(at, (counts.get(at) ?? 0) + 1);
  const visit = (expression: Expression): void => {
    for (const child of childrenOf(expression)) {
      if (operators.has(expression.kind) && child.kind !== "interval") {
        count(opening, child.start);
        count(closing, child.end);
      }
      visit(child);
    }
    const query = queryInside(expression);
    if (query?.body.kind === "select") for (const item of query.body.items) visit(item.expression);
  };
  for (const statement of parsed.statements) {
    if (statement.kind !== "query" || statement.body.kind !== "select") continue;
    for (const item of statement.body.items) visit(item.expression);
  }
  let result = "";
  for (let at = 0; at <= text.length; at++) {
    result += ")".repeat(closing.get(at) ?? 0) + "(".repeat(opening.get(at) ?? 0) + text.charAt(at);
  }
  return result;
}

const operators: ReadonlySet<Expression["kind"]> = new Set([
  "unary",
  "binary",
  "logical",
  "is",
  "between",
  "in_list",
  "like",
  "collate",
  "interval_arithmetic",
  "interval",
  "assignment",
] as const);
