/** A throw-away PostgreSQL on a TCP port, for tests that connect as clients do. */
import { mkdtempSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import type { Guard } from "../../engine/src/throw-away/guard.ts";
import { type LaunchedPostgres, launchPostgres } from "../../engine/src/throw-away/launch.ts";
import type { PostgresMajor } from "../../engine/src/throw-away/postgres-binaries.ts";

export interface PostgresOptions {
  /** Default 18. 15 is there for clients that refuse newer servers, such as an older pg_dump. */
  readonly major?: PostgresMajor;
  /** Server settings, such as `{ log_statement: "all" }`, on top of those that make a test server fast. */
  readonly settings?: Readonly<Record<string, string>>;
}

export interface PostgresServer {
  readonly host: string;
  readonly port: number;
  /** A superuser. */
  readonly user: string;
  readonly password: string;
  readonly major: PostgresMajor;
  /** Process id of the shell above the server. */
  readonly pid: number;
  /** What the server has logged, the last 64 KiB of it. */
  readonly log: () => string;
  /** Connection URL; default database `postgres`. */
  readonly url: (database?: string) => string;
  /** Creates an empty database (from template0: nothing of other tests in it) and gives its URL. */
  readonly createDatabase: (name: string) => Promise<string>;
  /** Ends the server at once and removes its folder. May be called twice. */
  readonly stop: () => Promise<void>;
}

const host = "127.0.0.1";
const user = "postgres";
const startAttemptsMax = 5;

/** Starts a server whose roles, settings and databases are shared with nobody. */
export async function startPostgres(options: PostgresOptions = {}): Promise<PostgresServer> {
  const major = options.major ?? 18;
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    const { running, guarded, password } = await startOn(port, major, options.settings ?? {});
    if (running) return server(major, port, password, guarded);
    await guarded.close();
    // Someone else may have taken the port since we looked.
    if (attempt === startAttemptsMax || !guarded.log().includes("could not bind")) {
      throw new Error(`PostgreSQL ${major} did not start on port ${port}:\n${guarded.log()}`);
    }
  }
}

function startOn(
  port: number,
  major: PostgresMajor,
  settings: Readonly<Record<string, string>>,
): Promise<LaunchedPostgres> {
  const listen = { listen_addresses: host, unix_socket_directories: "", port: String(port) };
  return launchPostgres(mkdtempSync(join(tmpdir(), "penstock-postgres-")), major, { ...listen, ...settings });
}

function server(major: PostgresMajor, port: number, password: string, guarded: Guard): PostgresServer {
  const url = (database = "postgres") =>
    `postgres://${user}:${password}@${host}:${port}/${encodeURIComponent(database)}`;
  return {
    host,
    port,
    user,
    password,
    major,
    pid: guarded.pid,
    log: guarded.log,
    url,
    async createDatabase(name) {
      const client = new Client({ connectionString: url() });
      await client.connect();
      try {
        await client.query(`create database ${client.escapeIdentifier(name)} template template0`);
      } finally {
        await client.end();
      }
      return url(name);
    },
    stop: guarded.close,
  };
}

/** A port that was free a moment ago. Whoever binds it must be ready to find it taken. */
export async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve, reject) => {
    probe.once("error", reject);
    probe.listen(0, host, resolve);
  });
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  if (address === null || typeof address === "string") throw new Error("the system gave no port");
  return address.port;
}
