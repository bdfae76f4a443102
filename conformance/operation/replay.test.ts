/** From a session through the proxy to what a change of policies would have meant for it. */
import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";
import { Installation } from "./proxy-process.ts";

let server: PostgresServer;
let installation: Installation;
beforeAll(async () => {
  server = await startPostgres();
  installation = new Installation(server);
});
afterAll(async () => {
  installation.remove();
  await server.stop();
});

test("what the proxy records can be replayed, with the names and the people of its sessions", async () => {
  const proxy = await installation.start();
  const client = new Client({ connectionString: proxy.url });
  await client.connect();
  for (const sql of [
    "create schema app",
    "create table app.orders (id int, note text)",
    "create table public.orders (id int)",
    "select * from orders",
    "set search_path = app",
    "select * from orders",
    "select note from orders where id = 1",
  ]) {
    await client.query(sql);
  }
  await expect(client.query("truncate orders")).rejects.toThrow("truncate is not for you");
  await client.end();
  await proxy.stop();

  const catalog = await installation.run("catalog", "shop");
  expect(catalog.code).toBe(0);
  installation.write("catalog.json", catalog.stdout);
  installation.write(
    "after/p.policy",
    'package after\n\nmask app.orders.note with null() if "analysts" in principal.groups\n\ndeny "not that one" if {\n    some table in query.tables\n    table.path == "public.orders"\n    query.category == "read"\n    target.environment == "test"\n}\n',
  );
  const args = ["audit.jsonl", "--against", "policies", "--with", "after", "--catalog", "catalog.json"];
  const { code, stdout, stderr } = await installation.policy("replay", ...args);
  expect(stderr).toBe("");
  expect(stdout).toBe(`8 statements of 1 principal: 4 would be decided otherwise

newly denied: 1
  not that one  [after:5]
    ana        1  select * from orders

newly allowed: 1
  truncate is not for you  [guard:3]
    ana        1  truncate orders

mask added: 2
  app.orders.note with null()  [after:3]
    ana        2  select * from orders
`);
  expect(code).toBe(1);
});

test("a target that is not configured is named with those that are", async () => {
  const { code, stdout, stderr } = await installation.run("catalog", "shopp");
  expect(stderr).toContain("there is no target `shopp` in penstock.yaml\n  help: it has `shop`");
  expect([code, stdout]).toEqual([2, ""]);
});
