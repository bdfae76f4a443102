/** As `renamed.test.ts`, of MySQL: what is renamed and rebuilt while the proxy does not run. */
import { readFileSync } from "node:fs";
import { type Connection, createConnection, type RowDataPacket } from "mysql2/promise";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { type MariadbServer, startMariadb } from "../support/mariadb-server.ts";
import { Installation, type RunningProxy } from "./proxy-process.ts";

let server: MariadbServer;
let direct: Connection;
let installation: Installation;
let proxy: RunningProxy;
beforeAll(async () => {
  server = await startMariadb();
  const { host, port, user, password } = server;
  direct = await createConnection({ host, port, user, password, multipleStatements: true });
});
afterAll(async () => {
  await direct.end();
  await server.stop();
});
beforeEach(async () => {
  await direct.query("drop database if exists shop; create database shop; use shop");
  await direct.query(
    "create table notes (id int, secret text); create table twins (id int, secret text); create table other (id int)",
  );
  await direct.query("insert into notes values (1, 'hidden'); insert into twins values (1, 'open')");
  installation = new Installation();
  const { host, port, user, password } = server;
  installation.write(
    "penstock.yaml",
    `listen: { port: 0, mysql_port: 0 }
targets:
  - { name: shop, engine: mariadb, host: ${host}, port: ${port}, user: ${user}, password: "${password}", environment: test }
users: users.yaml
policies: { path: policies }
audit: { file: audit.jsonl }
catalog: { names: seen }
`,
  );
  installation.write("policies/guard.policy", "package guard\n\nmask shop.notes.secret with redact()\n");
  proxy = await installation.start();
});
afterEach(async () => {
  await proxy.stop("SIGKILL");
  installation.remove();
});

async function read(column: string, table: string): Promise<unknown> {
  const { username, password } = new URL(proxy.url);
  const login = { host: "127.0.0.1", port: proxy.port, user: username, password: decodeURIComponent(password) };
  const client = await createConnection({ ...login, database: "shop" });
  try {
    const [rows] = await client.query<RowDataPacket[]>(`select ${column} from ${table}`);
    return rows[0]?.[column];
  } finally {
    await client.end();
  }
}

test("what was renamed while the proxy did not run stays masked, and the operator is told what to do", async () => {
  expect(await read("secret", "notes")).toBe("***");
  await proxy.stop();
  await direct.query("rename table notes to tmp, twins to notes, tmp to twins");
  await direct.query("alter table twins change secret words text");
  proxy = await installation.start();
  expect(await read("words", "twins")).toBe("***");
  // By the name that policies give.
  expect(await read("secret", "notes")).toBe("***");
  await proxy.says("shop.notes.secret is now called shop.twins.words");
  const told = installation.audit().filter(({ event }) => event === "renamed");
  expect(told).toContainEqual(
    expect.objectContaining({ target: "shop", was: "shop.notes.secret", now: "shop.twins.words" }),
  );
  installation.write("policies/guard.policy", "package guard\n\nmask shop.twins.words with redact()\n");
  await proxy.says("new policies are in force");
  expect(await read("words", "twins")).toBe("***");
  expect(await read("secret", "notes")).toBe("open");
});

test("what was moved among the server's own tables stays masked", async () => {
  await proxy.stop();
  await direct.query("rename table notes to mysql.notes");
  try {
    proxy = await installation.start();
    expect(await read("secret", "mysql.notes")).toBe("***");
    expect(await read("id", "mysql.notes")).toBe(1);
    expect(await read("help_category_id", "mysql.help_category")).toEqual(expect.any(Number));
  } finally {
    await direct.query("drop table mysql.notes");
  }
});

test("tables that were rebuilt while it ran are known again, though nothing of the schema had changed", async () => {
  const before = readFileSync(installation.path("seen/shop.names.json"), "utf8");
  await direct.query("truncate table notes; insert into notes values (1, 'hidden')");
  proxy.child.kill("SIGHUP");
  await expect
    .poll(() => readFileSync(installation.path("seen/shop.names.json"), "utf8"), { timeout: 15_000 })
    .not.toBe(before);
  await proxy.stop();
  // Nothing but its number is the same.
  await direct.query("alter table notes change id a int, change secret b text, rename to letters");
  await direct.query("alter table letters add c int first, add d int");
  proxy = await installation.start();
  expect(await read("b", "letters")).toBe("***");
});
