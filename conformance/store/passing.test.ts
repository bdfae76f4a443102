/** What passes at a PostgreSQL store is no reason to fail a call: a session that is ended, one that was silent, a server that starts again. */
import { Client } from "pg";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { PostgresStore } from "../../proxy/src/store/postgres-store.ts";
import { until } from "../approvals/people.ts";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";
import { postgresStore } from "./stores.ts";

/** As in `postgres-store.ts`. */
const lockKey = "8099005281265083243";
const silentMs = 2_000;

let server: PostgresServer;
let store: PostgresStore;
let direct: Client | undefined;
beforeAll(async () => {
  server = await startPostgres();
  store = postgresStore(server);
  await store.open();
});
afterAll(async () => {
  await direct?.end();
  await store.close();
  await server.stop();
});
beforeEach(async () => {
  // The last test's may have ended with the server.
  await direct?.end().catch(() => undefined);
  direct = new Client(server.url());
  direct.on("error", () => undefined);
  await direct.connect();
});

const ask = async <Row extends object>(sql: string): Promise<readonly Row[]> => {
  if (direct === undefined) throw new Error("there is no connection");
  return (await direct.query<Row>(sql)).rows;
};

let proxies = 0;
/** A proxy of its own for each: only one that was written knows itself. */
const beat = () => store.beat({ id: `proxy ${++proxies}`, name: "host:1" });
const written = () => ask<{ id: string }>("select id from penstock.proxies");

/** Begins a call, and waits until it waits for the lock that we hold. @returns the call, and its session */
async function waitsForLock(): Promise<{ readonly call: Promise<boolean>; readonly pid: number }> {
  await ask(`select pg_advisory_lock(${lockKey})`);
  const call = beat();
  let pid: number | undefined;
  await until(
    async () => {
      const [waiting] = await ask<{ pid: number }>("select pid from pg_stat_activity where wait_event = 'advisory'");
      pid = waiting?.pid;
      return pid !== undefined;
    },
    () => "it does not wait for the lock",
  );
  return { call, pid: pid ?? 0 };
}

test("a session that is ended in the midst", async () => {
  const { call, pid } = await waitsForLock();
  await ask(`select pg_terminate_backend(${pid})`);
  await ask(`select pg_advisory_unlock(${lockKey})`);
  expect(await call).toBe(false);
  expect(await written()).toContainEqual({ id: `proxy ${proxies}` });
});

test("a lock that others hold for longer than one attempt waits", async () => {
  const { call } = await waitsForLock();
  await until(
    () => server.log().includes("canceling statement due to statement timeout"),
    () => "the first attempt goes on",
  );
  await ask(`select pg_advisory_unlock(${lockKey})`);
  expect(await call).toBe(false);
});

test("a transaction that the server has ended because we were too busy to go on with it", async () => {
  const { call } = await waitsForLock();
  const unlocked = ask(`select pg_advisory_unlock(${lockKey})`);
  // What is sent leaves this process; then nothing of it runs for a while, as under load.
  await new Promise((resolve) => setImmediate(resolve));
  const end = Date.now() + silentMs;
  while (Date.now() < end);
  await unlocked;
  expect(await call).toBe(false);
  expect(server.log()).toContain("terminating connection due to idle-in-transaction timeout");
});

test("a server that dies and recovers; and what many have asked meanwhile is done once", async () => {
  const { call } = await waitsForLock();
  const calls = [call, ...Array.from({ length: 20 }, beat)];
  const [own] = await ask<{ pid: number }>("select pg_backend_pid() as pid");
  if (own === undefined) throw new Error("the server tells no process");
  process.kill(own.pid, "SIGKILL");
  expect(await Promise.all(calls)).toEqual(calls.map(() => false));
  expect(await beat()).toBe(false);
});
