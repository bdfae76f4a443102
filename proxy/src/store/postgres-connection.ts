/** Connections to a store in PostgreSQL: whatever they are for, they log in, find the tables and bound a call's time in the same way. */
import type { ConnectionOptions } from "node:tls";
import { Client, type ClientConfig } from "pg";
import { type PasswordSource, withPassword } from "../credentials/password-source.ts";
import { storeLimits } from "./limits.ts";
import { migrate } from "./migrations.ts";
import { asked } from "./postgres-errors.ts";
import type { SqlRow, SqlTransaction, SqlValue } from "./sql.ts";

export interface PostgresAddress {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: PasswordSource;
  readonly tls: ConnectionOptions | undefined;
  /** Default: `penstock`. */
  readonly schema?: string;
}

/** Of PostgreSQL's advisory locks: the bytes of `penstock`. */
const lockKey = "8099005281265083243";
/** Of the server's side: who holds the lock and says nothing for so long is put out. */
const silentTransactionMs = 1_500;

/** For messages. */
export function placeOf({ host, port, database }: PostgresAddress): string {
  return `postgres://${host}:${port}/${database}`;
}

function schemaOf({ schema = "penstock" }: PostgresAddress): string {
  return `"${schema.replaceAll('"', '""')}"`;
}

export interface ConnectionUse {
  /** As the server lists it. */
  readonly name: string;
  /** Default: as of the store's calls. */
  readonly connectMs?: number;
  /** For one query. */
  readonly queryMs: number;
  /** It ends, or its server does: also between two queries. */
  readonly lost?: (client: Client) => void;
}

/** Logged in, with the store's schema as its search_path. Rejects with what pg says, or a PasswordError. */
export function connectPostgres(address: PostgresAddress, use: ConnectionUse): Promise<Client> {
  return withPassword(address.password, (password) => logIn(address, password, use));
}

async function logIn(address: PostgresAddress, password: string | undefined, use: ConnectionUse): Promise<Client> {
  const { host, port, database, user, tls } = address;
  const { name, connectMs = storeLimits.connectMs, queryMs, lost } = use;
  const config: ClientConfig = {
    host,
    port,
    database,
    user,
    // A function keeps pg from looking into a password file or the environment.
    password: () => password ?? "",
    ssl: tls ?? false,
    connectionTimeoutMillis: connectMs,
    query_timeout: queryMs + storeLimits.lateMs,
    keepAlive: true,
    application_name: name,
    types: { getTypeParser: (oid: number) => (value: string) => (numbers.has(oid) ? Number(value) : value) },
  };
  const client = new Client(config);
  client.on("error", () => lost?.(client));
  client.on("end", () => lost?.(client));
  try {
    await client.connect();
    await client.query(
      `set search_path = ${schemaOf(address)}; set idle_in_transaction_session_timeout = ${silentTransactionMs};
       set statement_timeout = ${queryMs}; set default_transaction_isolation = 'read committed'; set synchronous_commit = on`,
    );
  } catch (error) {
    await client.end().catch(() => undefined);
    throw error;
  }
  return client;
}

/** int8, int4, numeric: sums of int8 are of that type. */
const numbers: ReadonlySet<number> = new Set([20, 23, 1700]);

/** Makes the schema and its tables, or brings them up to date. Rejects with what the server says. */
export async function migratePostgres(client: Client, address: PostgresAddress): Promise<void> {
  const tx = await beginStoreTransaction(client, () => undefined);
  await client.query(`create schema if not exists ${schemaOf(address)}`);
  await migrate(tx);
  await client.query("commit");
}

/** One that no other transaction of the store runs beside. */
export async function beginStoreTransaction(client: Client, tellOthers: () => void): Promise<SqlTransaction> {
  const results: unknown = await asked(
    client.query(
      `begin; select pg_advisory_xact_lock(${lockKey}); select floor(extract(epoch from clock_timestamp()) * 1000)::int8 as now`,
    ),
  );
  const nowMs = nowOf(results);
  return {
    engine: "postgres",
    nowMs,
    tellOthers,
    all: async (sql: string, ...values: readonly SqlValue[]) => {
      const { rows } = await asked(client.query<SqlRow>({ name: nameOf(sql), text: sql, values: [...values] }));
      return rows;
    },
  };
}

const names = new Map<string, string>();

/** The server keeps a statement by its name, once for each connection. There are few of them. */
function nameOf(sql: string): string {
  let name = names.get(sql);
  if (name === undefined) names.set(sql, (name = `s${names.size}`));
  return name;
}

/** Of several statements pg gives an array of results. */
function nowOf(results: unknown): number {
  const last: unknown = Array.isArray(results) ? results.at(-1) : undefined;
  if (typeof last === "object" && last !== null && "rows" in last && Array.isArray(last.rows)) {
    const [row]: readonly unknown[] = last.rows;
    if (typeof row === "object" && row !== null && "now" in row && typeof row.now === "number") return row.now;
  }
  throw new Error("the store has not told the time");
}
