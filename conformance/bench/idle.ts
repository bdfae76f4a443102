import { Client } from "pg";
import { type BenchTarget, loginOf, startPenstock } from "./endpoints.ts";
import { type MeasuredProcess, startMeasured } from "./measured-process.ts";
import { printTable } from "./statistics.ts";

const sessions = 500;
/** Those that are open before anything is counted: pools, caches and compiled code are there then. */
const warmSessions = 50;
/** What the server must let in. */
export const idleConnections = sessions + warmSessions;

interface Deed {
  readonly name: string;
  readonly sql: string;
}

/** What a session has done before it waits; each session does them in this order. */
const deeds: readonly [Deed, ...Deed[]] = [
  { name: "a row", sql: "select id, total from orders where id = 1" },
  { name: "a result of 1 MB", sql: "select repeat('x', 1000) from generate_series(1, 1000)" },
  { name: "a statement of 100 KB", sql: `select length('${"x".repeat(100_000)}')` },
];

/**
 * Memory that each further session takes that has done its last deed and waits: of the proxy, and of the relay. Resident is what the
 * system counts; once statements were large, it tells of the garbage that they made in turn more than of what a session holds.
 */
export async function benchIdle(target: BenchTarget): Promise<void> {
  const { server, database, proxy } = target;
  const penstock = await startPenstock(proxy);
  const relay = await startMeasured("relay.ts", { host: server.host, port: server.port });
  const plain = { user: server.user, password: server.password };
  const rows: string[][] = [["", "", ...deeds.map(({ name }) => `after ${name}`)]];
  try {
    for (const [name, measured, user] of [
      ["relay", relay, plain],
      ["penstock", penstock, loginOf("analyst")],
    ] as const) {
      const login = { host: "127.0.0.1", port: measured.port, database, ...user };
      const { resident, held } = await kilobytesASession(measured, login);
      rows.push([name, "resident", ...resident], [name, "held", ...held]);
    }
    console.log(`\nidle sessions: KB of memory each, over ${sessions} sessions, after garbage collection`);
    printTable(rows);
  } finally {
    await Promise.all([penstock.stop(), relay.stop()]);
  }
}

interface Kilobytes {
  readonly resident: readonly string[];
  readonly held: readonly string[];
}

async function kilobytesASession(
  measured: MeasuredProcess,
  login: ConstructorParameters<typeof Client>[0],
): Promise<Kilobytes> {
  const clients: Client[] = [];
  const open = async (count: number): Promise<Client[]> => {
    const opened: Client[] = [];
    for (let index = 0; index < count; index++) {
      const client = new Client(login);
      await client.connect();
      clients.push(client);
      opened.push(client);
      await ask([client], deeds[0]);
    }
    return opened;
  };
  const printed = (before: number, now: number) => ((now - before) / sessions / 1024).toFixed(1);
  try {
    await open(warmSessions);
    const before = { resident: await measured.memoryBytes(), held: await measured.heldBytes() };
    const counted = await open(sessions);
    const resident: string[] = [];
    const held: string[] = [];
    for (const deed of deeds) {
      await ask(counted, deed);
      resident.push(printed(before.resident, await measured.memoryBytes()));
      held.push(printed(before.held, await measured.heldBytes()));
    }
    return { resident, held };
  } finally {
    await Promise.all(clients.map((client) => client.end()));
  }
}

async function ask(clients: readonly Client[], { sql }: Deed): Promise<void> {
  for (const client of clients) await client.query(sql);
}
