/** By what the data of a server of MySQL's and its tables are known again, whatever they are called. */
import { type Engine, objectPath } from "./catalog.ts";
import * as sql from "./mysql-catalog-sql.ts";

/** Runs one statement and gives its rows as text. */
export type RunQuery = (sql: string) => Promise<readonly (readonly (string | null)[])[]>;

/** See `Catalog.databaseId`. */
export async function readMysqlDatabaseId(query: RunQuery): Promise<string> {
  const [[id] = []] = await query(sql.databaseId);
  return id ?? "";
}

/** Numbers of tables by path; empty where the login may not see them. */
export async function readTableIds(
  query: RunQuery,
  engine: Engine,
  serverVersionNum: number,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const view = engine === "mysql" && serverVersionNum >= 80_000 ? "innodb_tables" : "innodb_sys_tables";
  const rows = await query(sql.tableIds(view)).catch((error: unknown) => {
    if (cannotBeSeen.has(errorNumber(error))) return [];
    throw error;
  });
  const ids = new Map<string, string[]>();
  for (const [schema, name, id] of rows) {
    const path = objectPath(schema ?? "", name ?? "");
    const known = ids.get(path);
    if (known === undefined) ids.set(path, [id ?? ""]);
    else known.push(id ?? "");
  }
  return ids;
}

function errorNumber(error: unknown): unknown {
  return error instanceof Error && "errno" in error ? error.errno : undefined;
}

/** ER_SPECIFIC_ACCESS_DENIED_ERROR, and ER_UNKNOWN_TABLE of a server without InnoDB. */
const cannotBeSeen: ReadonlySet<unknown> = new Set([1109, 1227]);
