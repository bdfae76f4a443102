/** One proxy in several processes: whatever a client may notice, it notices as of one. */
import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";
import { Installation, type RunningProxy } from "./proxy-process.ts";

let server: PostgresServer;
let installation: Installation;
let proxy: RunningProxy;
beforeAll(async () => {
  server = await startPostgres();
  installation = new Installation(server);
  installation.write("penstock.yaml", `${installation.config()}workers: 3\n`);
  proxy = await installation.start();
});
afterAll(async () => {
  await proxy.stop();
  await server.stop();
  installation.remove();
});

async function enter(): Promise<Client> {
  const client = new Client({ connectionString: proxy.url });
  client.on("error", () => undefined);
  await client.connect();
  return client;
}

test("many clients", async () => {
  const clients = await Promise.all(Array.from({ length: 9 }, enter));
  const answers = await Promise.all(clients.map(async (client, n) => (await client.query(`select ${n} as n`)).rows[0]));
  expect(answers).toEqual(clients.map((_, n) => ({ n })));
  for (const client of clients) await client.end();
  console.log(proxy.stderr, installation.audit().length);
});
