/**
 * Tables with rows for `rows(sql)`: what stands beside the catalog fixture is loaded in a transaction that is never committed, and each
 * statement runs in it under a savepoint, so that no test sees what another did and nothing is left behind.
 */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import {
  BuiltinError,
  fromValue,
  parseJson,
  type Program,
  RegoObject,
  type TestHost,
  type Value,
} from "@penstock/language";
import { loadPostgresCatalog } from "../../../catalog/load-postgres.ts";
import { decideToRun } from "../../../decide/test-host.ts";
import { World } from "../../../decide/world.ts";
import type { TokenResult } from "../../../enforcer.ts";
import { testTokenKey, tokenOf } from "../../../masks/token.ts";
import { parsePostgres } from "../../../sql/postgres/parse.ts";
import { UsageError } from "../../exit-codes.ts";
import { readCatalog } from "../../program-files.ts";
import { readTextFile } from "../../read-text-file.ts";
import { tablesOf } from "./fixture-tables.ts";
import { DatabaseError, SyncConnection, type TextResult } from "./sync-connection.ts";

export interface RowsDatabase {
  readonly rows: TestHost["rows"];
  close(): Promise<void>;
}

/** @param catalogFile the fixture that the tests decide on; `schema.sql` and `rows.sql` stand beside it */
export async function openRowsDatabase(program: Program, catalogFile: string, url: string): Promise<RowsDatabase> {
  const connection = await SyncConnection.open(url);
  try {
    connection.script("begin; set local standard_conforming_strings = on; set local timezone = 'UTC'");
    load(connection, catalogFile);
    // What is decided is what is there, not what the fixture says of it.
    const catalog = await loadPostgresCatalog((sql) => Promise.resolve(connection.query(sql).rows));
    const world = new World(program, catalog);
    return {
      close: () => connection.close(),
      rows: (sql, parameters, input, data) => {
        const { decision, tokens } = decideToRun(world, sql, input, parameters, data);
        const { outcome, reasons, sql: rewritten, limits } = decision;
        if (outcome !== "allow" || rewritten === undefined) {
          const why = reasons.map(({ message, rule }) => `${message}${rule === undefined ? "" : ` [${rule}]`}`);
          throw new BuiltinError(`the decision is ${outcome}: ${why.join("; ")}`);
        }
        if (controlsTransaction(rewritten)) throw new BuiltinError("what begins or ends a transaction has no rows");
        const { fields, rows } = runAlone(connection, rewritten, parameters ?? []);
        return rows.slice(0, limits.rows).map((row) => rowObject(fields, withTestTokens(tokens, row)));
      },
    };
  } catch (error) {
    await connection.close();
    throw error;
  }
}

function load(connection: SyncConnection, catalogFile: string): void {
  const folder = dirname(catalogFile);
  const schemaFile = join(folder, "schema.sql");
  const rowsFile = join(folder, "rows.sql");
  if (!existsSync(rowsFile)) {
    throw new UsageError(`a test calls rows(sql), which needs rows: write \`${rowsFile}\` with INSERT statements`);
  }
  if (existsSync(schemaFile)) loadScript(connection, schemaFile, readTextFile(schemaFile));
  else {
    const { script, problems } = tablesOf(readCatalog(catalogFile));
    if (problems.length > 0) {
      const unknown = problems.map((problem) => `  ${problem}`).join("\n");
      throw new UsageError(
        `\`${catalogFile}\` is not enough to make tables of. It does not say\n${unknown}\nso put the schema beside it as \`${schemaFile}\`, such as \`pg_dump --schema-only\` writes it`,
      );
    }
    runScript(connection, catalogFile, script);
  }
  loadScript(connection, rowsFile, readTextFile(rowsFile));
}

/** The script must leave its transaction to us: whatever it commits would stay. */
function loadScript(connection: SyncConnection, file: string, text: string): void {
  const parsed = parsePostgres(text);
  if (parsed.kind !== "statements") {
    throw new UsageError(
      `\`${file}\`: ${parsed.message}; commands of psql and COPY … FROM stdin are no SQL that a driver can run: dump with \`pg_dump --inserts\` and leave out lines that begin with a backslash`,
    );
  }
  if (controlsTransaction(text)) {
    throw new UsageError(`\`${file}\` begins or ends a transaction: leave that out, everything runs in one`);
  }
  runScript(connection, file, text);
}

function controlsTransaction(sql: string): boolean {
  const parsed = parsePostgres(sql);
  return parsed.kind === "statements" && parsed.statements.some(({ node }) => "TransactionStmt" in node);
}

function runScript(connection: SyncConnection, file: string, text: string): void {
  try {
    connection.script(text);
  } catch (error) {
    if (error instanceof DatabaseError) throw new UsageError(`\`${file}\`: ${error.message}`, { cause: error });
    throw error;
  }
}

/** One statement, undone afterwards. */
function runAlone(connection: SyncConnection, sql: string, parameters: readonly Value[]): TextResult {
  connection.script("savepoint statement; set search_path = public");
  try {
    return connection.query(sql, parameters.map(parameterText));
  } catch (error) {
    if (error instanceof DatabaseError) throw new BuiltinError(`the statement failed: ${error.message}`);
    throw error;
  } finally {
    connection.script("rollback to savepoint statement; release savepoint statement");
  }
}

function parameterText(value: Value): string | null {
  if (value === null) return null;
  return typeof value === "object" ? JSON.stringify(fromValue(value)) : String(value);
}

/** As a proxy shows them, but for the key. */
function withTestTokens(tokens: TokenResult | undefined, row: readonly (string | null)[]): readonly (string | null)[] {
  if (tokens === undefined) return row;
  return row.map((value, index) => {
    const column = tokens.columns.find((one) => one.index === index);
    if (column === undefined || value === null) return value;
    const text = column.isPadded ? value.replace(/ +$/, "") : value;
    return tokenOf(testTokenKey, column.domain, text).padEnd(column.paddedTo);
  });
}

function rowObject(fields: TextResult["fields"], row: readonly (string | null)[]): RegoObject {
  const object = new RegoObject();
  fields.forEach(({ name, typeOid }, index) => {
    if (object.get(name) !== undefined) {
      throw new BuiltinError(`two columns of the result are called \`${name}\`: name one with AS`);
    }
    const text = row[index] ?? null;
    object.put(name, text === null ? null : typedValue(typeOid, text));
  });
  return object;
}

/** Types whose text is a JSON value, by pg_type.oid: int8, int2, int4, oid, float4, float8, numeric, json, jsonb. */
const jsonTypes: ReadonlySet<number> = new Set([20, 21, 23, 26, 700, 701, 1700, 114, 3802]);
const booleanType = 16;

/** Integers are exact whatever their size; NaN and Infinity, which are no numbers of the language, and all other types stay text. */
function typedValue(typeOid: number, text: string): Value {
  if (typeOid === booleanType) return text === "t";
  if (!jsonTypes.has(typeOid)) return text;
  try {
    return parseJson(text);
  } catch {
    return text;
  }
}
