import { Client } from "pg";
import { type BenchTarget, loginOf, startPenstock } from "./endpoints.ts";
import { type MeasuredProcess, startMeasured } from "./measured-process.ts";
import { printTable } from "./statistics.ts";

const sessions = 500;
/** Those that are open before anything is counted: pools, caches and compiled code are there then. */
const warmSessions = 50;
/** What the server must let in. */
export const idleConnections = sessions + warmSessions;

/** Resident memory that each further session takes that has run a statement and waits: of the proxy, and of the relay. */
export async function benchIdle(target: BenchTarget): Promise<void> {
  const { server, database, proxy } = target;
  const penstock = await startPenstock(proxy);
  const relay = await startMeasured("relay.ts", { host: server.host, port: server.port });
  try {
    const row = async (name: string, measured: MeasuredProcess, login: { user: string; password: string }) => {
      const kilobytes = await kilobytesASession(measured, {
        host: "127.0.0.1",
        port: measured.port,
        database,
        ...login,
      });
      return [name, kilobytes.toFixed(1)];
    };
    const rows = [
      await row("relay", relay, { user: server.user, password: server.password }),
      await row("penstock", penstock, loginOf("analyst")),
    ];
    console.log(`\nidle sessions: KB of resident memory each, over ${sessions} sessions, after garbage collection`);
    printTable(rows);
  } finally {
    await Promise.all([penstock.stop(), relay.stop()]);
  }
}

async function kilobytesASession(
  measured: MeasuredProcess,
  login: ConstructorParameters<typeof Client>[0],
): Promise<number> {
  const clients: Client[] = [];
  const open = async (count: number): Promise<void> => {
    for (let index = 0; index < count; index++) {
      const client = new Client(login);
      await client.connect();
      clients.push(client);
      await client.query("select id, total from orders where id = 1");
    }
  };
  try {
    await open(warmSessions);
    const before = await measured.memoryBytes();
    await open(sessions);
    return ((await measured.memoryBytes()) - before) / sessions / 1024;
  } finally {
    await Promise.all(clients.map((client) => client.end()));
  }
}
