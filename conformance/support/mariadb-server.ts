/** A throw-away MariaDB, for what only a real server can say. */
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { type Connection, createConnection } from "mysql2/promise";
import { type Guard, guard } from "../../engine/src/throw-away/guard.ts";
import { templatesVariable } from "../../engine/src/throw-away/postgres-cluster.ts";
import { requireTool } from "./client-tools.ts";
import { freePort } from "./postgres-server.ts";

export interface MariadbServer {
  readonly version: string;
  readonly host: string;
  readonly port: number;
  /** May do everything, over TCP too. */
  readonly user: string;
  readonly password: string;
  /** A session of the superuser in an empty database, `test`. */
  readonly connect: () => Promise<Connection>;
  /** Ends the server and removes its folder. */
  readonly stop: () => Promise<void>;
}

const startTimeoutMs = 60_000;

const host = "127.0.0.1";
/** Whom a proxy logs in as. */
const owner = { user: "penstock", password: "the owner's password" } as const;

const run = promisify(execFile);

/**
 * Starts a server, which ends when this process is gone, however it went; where there is none on this machine, the error says how to get it.
 * @param options of `mariadbd`, besides those that keep it apart from any other server
 */
export async function startMariadb(options: readonly string[] = []): Promise<MariadbServer> {
  const mariadbd = requireTool("mariadbd");
  // The path of a socket has 107 bytes at most.
  const folder = mkdtempSync(join(tmpdir(), "penstock-mariadb-"));
  try {
    await makeData(folder);
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
  const socketPath = join(folder, "socket");
  const port = await freePort();
  const args = [
    ...commonOptions(folder),
    `--socket=${socketPath}`,
    `--bind-address=${host}`,
    `--port=${port}`,
    "--skip-log-bin",
    "--skip-name-resolve",
    // Nothing is kept, so nothing needs to reach the disk, and nothing is lost by ending it at once.
    "--innodb-flush-log-at-trx-commit=0",
    ...options,
  ];
  const guarded = guard(folder, { file: mariadbd, args, endWith: "KILL" });
  try {
    const version = await waitFor(socketPath, guarded);
    return { version, host, port, ...owner, connect: () => open(socketPath, "test"), stop: guarded.close };
  } catch (error) {
    await guarded.close();
    throw error;
  }
}

/** @param folder for its data and its temporary tables: a server that starts removes those of all others that share the folder */
function commonOptions(folder: string): string[] {
  const data = join(folder, "data");
  return ["--no-defaults", `--datadir=${data}`, `--tmpdir=${folder}`, `--user=${userInfo().username}`];
}

/** To initialise it takes two seconds of processor: a test run does it once, and copies. */
async function makeData(folder: string): Promise<void> {
  const templates = process.env[templatesVariable];
  if (templates === undefined) return initialise(folder);
  const template = join(templates, "mariadb");
  if (!existsSync(template)) {
    const building = mkdtempSync(join(templates, "mariadb-"));
    await initialise(building);
    try {
      renameSync(building, template);
    } catch (error) {
      // Another test file was first.
      if (!existsSync(template)) throw error;
      rmSync(building, { recursive: true, force: true });
    }
  }
  await run("cp", ["-R", join(template, "data"), folder]);
}

async function initialise(folder: string): Promise<void> {
  const options = [...commonOptions(folder), "--auth-root-authentication-method=normal", "--skip-test-db"];
  try {
    await run(requireTool("mariadb-install-db"), options);
  } catch (error) {
    throw new Error(`mariadb-install-db failed: ${error instanceof Error ? error.message : ""}`, { cause: error });
  }
}

async function waitFor(socketPath: string, guarded: Guard): Promise<string> {
  const deadline = Date.now() + startTimeoutMs;
  for (;;) {
    try {
      const connection = await open(socketPath, undefined);
      await connection.query("create database test");
      await connection.query("grant all on *.* to ?@'%' identified by ? with grant option", [
        owner.user,
        owner.password,
      ]);
      const [rows] = await connection.query("select version() as version");
      await connection.end();
      return (rows as { version: string }[])[0]?.version ?? "";
    } catch (error) {
      if (guarded.ended() || Date.now() > deadline) {
        throw new Error(`mariadbd did not start:\n${guarded.log()}`, { cause: error });
      }
      await sleep(100);
    }
  }
}

function open(socketPath: string, database: string | undefined): Promise<Connection> {
  return createConnection({
    socketPath,
    user: "root",
    charset: "utf8mb4",
    dateStrings: true,
    supportBigNumbers: true,
    bigNumberStrings: true,
    ...(database === undefined ? {} : { database }),
  });
}
