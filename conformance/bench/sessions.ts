import { connect, type Socket } from "node:net";
import { once } from "node:events";
import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import { type BenchTarget, loginOf, startPenstock } from "./endpoints.ts";
import { type MeasuredProcess, startMeasured } from "./measured-process.ts";
import { printTable } from "./statistics.ts";

const active = 500;
const pending = 10_000;
const openedAtOnce = 20;
/** Of `limits.sessions`. */
export const manySessions = 2000;
const logins = 50;

/**
 * Many sessions on one proxy, a part of which work, beside a relay that does nothing but pass bytes; then connections that never finish logging
 * in, and whether anybody notices.
 */
export async function benchSessions({ server, database, proxy }: BenchTarget, seconds: number): Promise<void> {
  // Both before the server is busy with thousands of connections.
  const penstock = await startPenstock(proxy);
  const relay = await startMeasured("relay.ts", { host: server.host, port: server.port });
  const plain = { user: server.user, password: server.password };
  const rows = [["", "MB idle", "MB working", "first of each, s", "statements/s", "median ms", "p99 ms"]];
  try {
    rows.push(["relay", ...(await withMany(relay, { port: relay.port, database, ...plain }, seconds))]);
    await untilIdle({ port: server.port, database, ...plain });
    const login = { port: penstock.port, database, ...loginOf("analyst") };
    rows.push(["penstock", ...(await withMany(penstock, login, seconds))]);
    console.log(`\n${manySessions} sessions, of which ${active} send a statement as soon as the last one is answered`);
    printTable(rows);
    await untilIdle({ port: server.port, database, ...plain });
    await withPending(penstock, login);
  } finally {
    await Promise.all([penstock.stop(), relay.stop()]);
  }
}

async function withMany(measured: MeasuredProcess, login: Login, seconds: number): Promise<string[]> {
  const clients: Client[] = [];
  try {
    const before = await measured.memoryBytes();
    await openMany(clients, login);
    const idle = await measured.memoryBytes();
    const working = clients.slice(0, active);
    const started = performance.now();
    await Promise.all(working.map((client, index) => client.query(statement(index))));
    const first = ((performance.now() - started) / 1000).toFixed(1);
    const worked = await work(working, seconds);
    return [megabytes(idle - before), megabytes((await measured.memoryBytes()) - before), first, ...worked];
  } finally {
    await Promise.all(clients.map((client) => client.end()));
  }
}

/** Backends of clients that have gone still end, for seconds where they are thousands, and nobody can log in meanwhile. */
async function untilIdle(login: Login): Promise<void> {
  const client = new Client({ host: "127.0.0.1", ...login });
  await client.connect();
  const others = "select count(*)::int from pg_stat_activity where backend_type = 'client backend'";
  while ((await client.query<{ count: number }>(others)).rows[0]?.count !== 1) await sleep(100);
  await client.end();
}

function statement(id: number) {
  return { name: "order", text: "select id, total from orders where id = $1", values: [id] };
}

interface Login {
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: string;
}

async function openMany(clients: Client[], login: Login): Promise<void> {
  const open = async (): Promise<void> => {
    while (clients.length < manySessions) {
      const client = new Client({ host: "127.0.0.1", ...login });
      clients.push(client);
      await client.connect();
    }
  };
  await Promise.all(Array.from({ length: openedAtOnce }, open));
}

async function work(clients: readonly Client[], seconds: number): Promise<string[]> {
  const took: number[] = [];
  const endsAt = performance.now() + seconds * 1000;
  await Promise.all(
    clients.map(async (client, index) => {
      while (performance.now() < endsAt) {
        const started = performance.now();
        await client.query(statement(index));
        took.push(performance.now() - started);
      }
    }),
  );
  took.sort((one, other) => one - other);
  const at = (share: number) => (took[Math.floor(took.length * share)] ?? Number.NaN).toFixed(1);
  return [(took.length / seconds).toFixed(0), at(0.5), at(0.99)];
}

async function withPending(penstock: MeasuredProcess, login: Login): Promise<void> {
  const before = await penstock.memoryBytes();
  const calm = await timedLogins(login);
  const sockets: Socket[] = [];
  let ended = 0;
  try {
    for (let index = 0; index < pending; index++) {
      const socket = connect(penstock.port, "127.0.0.1");
      socket.on("error", () => undefined).on("close", () => ended++);
      sockets.push(socket);
      await once(socket, "connect");
      // A length of a StartupMessage, and never the rest.
      socket.write(Buffer.from([0, 0, 1]));
    }
    const attacked = await timedLogins(login);
    const grown = (await penstock.memoryBytes()) - before;
    console.log(`\n${pending} connections that send three bytes: ${ended} were ended`);
    printTable([
      ["", "MB", "median login ms", "longest ms", "failed"],
      ["without them", "", ...calm],
      ["with them", megabytes(grown), ...attacked],
    ]);
  } finally {
    for (const socket of sockets) socket.destroy();
  }
}

async function timedLogins(login: Login): Promise<string[]> {
  const took: number[] = [];
  let failed = 0;
  for (let index = 0; index < logins; index++) {
    const client = new Client({ host: "127.0.0.1", ...login });
    const started = performance.now();
    try {
      await client.connect();
      took.push(performance.now() - started);
      await client.end();
    } catch {
      failed++;
    }
  }
  took.sort((one, other) => one - other);
  return [(took[took.length >> 1] ?? Number.NaN).toFixed(1), (took.at(-1) ?? Number.NaN).toFixed(1), String(failed)];
}

function megabytes(bytes: number): string {
  return (bytes / 1024 / 1024).toFixed(0);
}
