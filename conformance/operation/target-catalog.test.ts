import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { TargetConfig } from "../../proxy/src/config/sections/targets.ts";
import { fixedPassword } from "../../proxy/src/credentials/password-source.ts";
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
  engine: "postgres",
  host,
  port,
  database: "postgres",
  user,
  password: fixedPassword(password),
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

test("what another session holds locked keeps nobody waiting: what names it is read when it is free again", async () => {
  await direct.query(`create table held (id int, twice int generated always as (id * 2) stored);
    create view over_held as select id from held; create table more (id int); create view over_more as select id from more;
    create function read_held() returns bigint begin atomic select count(*) from held; end`);
  const catalog = new TargetCatalog(targetOf(server));
  const locking = new Client({ connectionString: server.url() });
  await locking.connect();
  try {
    await locking.query("begin; alter table held add column more int");
    await catalog.refresh();
    const definitions = () =>
      ["held", "more"].map((name) => catalog.current().relations.get(`public.over_${name}`)?.definition);
    const generated = () => catalog.current().relations.get("public.held")?.columns[1]?.generated;
    const body = () => catalog.current().functions.get("public.read_held")?.[0]?.body?.text;
    expect(definitions()).toEqual(["", expect.stringMatching(/select/i)]);
    expect([generated(), body()]).toEqual(["", undefined]);
    await locking.query("commit");
    await expect.poll(definitions, { timeout: 20_000 }).toEqual([expect.stringMatching(/select/i), expect.anything()]);
    expect([generated(), body()]).toEqual([expect.stringMatching(/id/), expect.stringMatching(/select/i)]);
  } finally {
    await locking.end();
    catalog.close();
  }
});

test("a schema that was seen to change is stale until it was read, whatever happens meanwhile", async () => {
  const own = await startPostgres();
  const catalog = new TargetCatalog(targetOf(own));
  await catalog.refresh();
  expect(catalog.isStale).toBe(false);
  const running = catalog.refresh();
  catalog.changed();
  // The load that runs began before.
  await running;
  expect(catalog.isStale).toBe(true);
  await catalog.refresh();
  expect(catalog.isStale).toBe(false);
  await own.stop();
  catalog.changed();
  await expect(catalog.refresh()).rejects.toMatchObject({ code: "ECONNREFUSED" });
  expect(catalog.isStale).toBe(true);
});

test("who wants to know what has changed so far waits for the load that has begun since, and for no other", async () => {
  const own = await startPostgres();
  const client = new Client({ connectionString: own.url() });
  await client.connect();
  const catalog = new TargetCatalog(targetOf(own));
  const first = await catalog.refresh();
  expect(await catalog.caughtUp()).toBe(first);
  const tooEarly = catalog.refresh();
  await client.query("create table made (id int)");
  catalog.changed();
  await tooEarly;
  // The load that changed() has asked for has begun.
  const begun = catalog.refresh();
  const second = await catalog.caughtUp();
  expect(second.relations.has("public.made")).toBe(true);
  expect(catalog.isStale).toBe(false);
  await client.query("create table later (id int)");
  catalog.changed();
  expect((await catalog.caughtUp()).relations.has("public.later")).toBe(true);
  await begun;
  // Where that load fails, it is tried once more.
  await client.end();
  await own.stop();
  catalog.changed();
  await expect(catalog.caughtUp()).rejects.toMatchObject({ code: "ECONNREFUSED" });
  catalog.close();
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
