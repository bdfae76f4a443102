import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { TargetConfig } from "../../proxy/src/config/load-config.ts";
import { TargetCatalog } from "../../proxy/src/targets/target-catalog.ts";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";

let server: PostgresServer;
let direct: Client;
beforeAll(async () => {
  server = await startPostgres();
  direct = new Client({ connectionString: server.url() });
  await direct.connect();
});
afterAll(async () => {
  await direct.end();
  await server.stop();
});

const targetOf = ({ host, port, user, password }: PostgresServer): TargetConfig => ({
  name: "shop",
  host,
  port,
  database: "postgres",
  user,
  password,
  tls: undefined,
  detection: undefined,
  environment: "test",
  tags: {},
});

test("a snapshot stays the same object while the schema does, so that cached decisions stay", async () => {
  const catalog = new TargetCatalog(targetOf(server));
  expect(() => catalog.current()).toThrow("was never read");
  const first = await catalog.refresh();
  expect(await catalog.refresh()).toBe(first);
  await direct.query("create table a (id int)");
  const second = await catalog.refresh();
  expect(second).not.toBe(first);
  expect(second.relations.has("public.a")).toBe(true);
  expect(first.relations.has("public.a")).toBe(false);
  expect(catalog.current()).toBe(second);
});

test("who asks while a load runs gets one that began afterwards, shared with the others who ask", async () => {
  const catalog = new TargetCatalog(targetOf(server));
  await catalog.refresh();
  const running = catalog.refresh();
  await direct.query("create table b (id int)");
  const later = [catalog.refresh(), catalog.refresh(), catalog.refresh()];
  expect(later[1]).toBe(later[0]);
  await running;
  for (const loaded of await Promise.all(later)) expect(loaded.relations.has("public.b")).toBe(true);
});

test("a load that fails keeps the snapshot and tells why", async () => {
  const own = await startPostgres();
  const catalog = new TargetCatalog(targetOf(own));
  const first = await catalog.refresh();
  await own.stop();
  await expect(catalog.refresh()).rejects.toMatchObject({ code: "ECONNREFUSED" });
  expect(catalog.current()).toBe(first);
  expect(catalog.lastError).toMatchObject({ code: "ECONNREFUSED" });
});
