/** A throw-away MariaDB, for what only a real server can say. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Connection, createConnection } from "mysql2/promise";
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

/**
 * Starts a server; where there is none on this machine, the error says how to get it.
 * @param options of `mariadbd`, besides those that keep it apart from any other server
 */
export async function startMariadb(options: readonly string[] = []): Promise<MariadbServer> {
  const mariadbd = requireTool("mariadbd");
  const install = requireTool("mariadb-install-db");
  // The path of a socket has 107 bytes at most.
  const folder = mkdtempSync(join(tmpdir(), "penstock-mariadb-"));
  const data = join(folder, "data");
  // A server that starts removes the temporary tables of all others that share its folder for them.
  const env = { ...process.env, TMPDIR: folder };
  const user = `--user=${userInfo().username}`;
  const made = spawnSync(
    install,
    ["--no-defaults", `--datadir=${data}`, "--auth-root-authentication-method=normal", "--skip-test-db", user],
    { encoding: "utf8", env },
  );
  if (made.status !== 0) throw new Error(`mariadb-install-db failed:\n${made.stdout}\n${made.stderr}`);
  const socketPath = join(folder, "socket");
  const port = await freePort();
  const child = spawn(
    mariadbd,
    [
      "--no-defaults",
      `--datadir=${data}`,
      `--socket=${socketPath}`,
      `--bind-address=${host}`,
      `--port=${port}`,
      "--skip-log-bin",
      "--skip-name-resolve",
      user,
      ...options,
    ],
    { stdio: ["ignore", "ignore", "pipe"], env },
  );
  let log = "";
  child.stderr.on("data", (chunk: Buffer) => {
    log = `${log}${chunk.toString()}`.slice(-65_536);
  });
  const stop = async (): Promise<void> => {
    await ended(child);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const version = await waitFor(socketPath, child, () => log);
    return { version, host, port, ...owner, connect: () => open(socketPath, "test"), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function waitFor(socketPath: string, child: ChildProcess, log: () => string): Promise<string> {
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
      if (child.exitCode !== null || Date.now() > deadline) {
        throw new Error(`mariadbd did not start:\n${log()}`, { cause: error });
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

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.kill();
  await gone;
}
