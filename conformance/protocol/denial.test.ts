/** A denial is an error like the server's own: in its place, with the transaction in the state that an error leaves, on the record. */
import { Client, DatabaseError } from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";
import { bind, describePortal, errorField, execute, flush, parse, query, raw, RawClient, sync } from "./raw-client.ts";
import { startTestProxy, type TestProxy } from "./test-proxy.ts";

let server: PostgresServer;
let proxied: TestProxy;
let client: Client;

beforeAll(async () => {
  server = await startPostgres({ settings: { log_statement: "all" } });
});
afterAll(() => server?.stop());

beforeEach(async () => {
  proxied = await startTestProxy(server, { proxy: { limits: { statementBytes: 10_000 } } });
  client = new Client({ connectionString: proxied.url() });
  await client.connect();
});
afterEach(async () => {
  await client.end();
  await proxied.close();
});

async function errorOf(answer: Promise<unknown>): Promise<DatabaseError> {
  try {
    await answer;
  } catch (error) {
    if (error instanceof DatabaseError) return error;
    throw error;
  }
  throw new Error("the statement was answered");
}

const one = async () => (await client.query("select 1 as one")).rows;

test.each([
  ["simple", (sql: string) => client.query(sql)],
  ["extended", (sql: string) => client.query(sql, [])],
  ["prepared", (sql: string) => client.query({ name: "denied", text: sql })],
])("a denied statement says why, under which rule and what to do, and the session goes on (%s)", async (_, run) => {
  const error = await errorOf(run("select 'forbidden'"));
  expect(error).toMatchObject({
    severity: "ERROR",
    code: "42501",
    message: "the word is not permitted",
    detail: "rule test:7 (word)",
    hint: "leave the word out",
  });
  expect(await one()).toEqual([{ one: 1 }]);
});

test("a denied statement fails the transaction that it is in, until that is rolled back", async () => {
  await client.query("begin");
  await client.query("savepoint before");
  await errorOf(client.query("select 'forbidden'"));
  expect(await errorOf(client.query("select 1"))).toMatchObject({ code: "25P02" });
  await client.query("rollback to before");
  expect(await one()).toEqual([{ one: 1 }]);
  await errorOf(client.query("select $1, 'forbidden'", ["x"]));
  expect(await errorOf(client.query("select 1"))).toMatchObject({ code: "25P02" });
  await client.query("rollback");
  expect(await one()).toEqual([{ one: 1 }]);
});

const run = (sql: string) => [parse("", sql), bind("", ""), execute("")];

test("a denied statement in a pipeline takes the statements before it along, as any error does", async () => {
  await client.query("create table piped(v int)");
  const through = await RawClient.connect(proxied.url());
  expect(
    await through.exchange([
      ...run("insert into piped values (1)"),
      ...run("select 'forbidden'"),
      ...run("select 2"),
      sync,
    ]),
  ).toEqual(["1", "2", "C:INSERT 0 1", "E:42501", "Z:I"]);
  expect(await through.exchange([query("select count(*) from piped")])).toContain("D:0");
  through.end();
  await client.query("drop table piped");
});

test("one denied statement of a text keeps all of it from running", async () => {
  await client.query("create table untouched(v int)");
  await errorOf(client.query("insert into untouched values (1); select 'forbidden'"));
  expect((await client.query("select count(*)::int as n from untouched")).rows).toEqual([{ n: 0 }]);
  await client.query("drop table untouched");
});

test("a denial is told at once to a client that only flushes", async () => {
  const through = await RawClient.connect(proxied.url());
  through.send(parse("", "select 1"), bind("", ""), execute(""), parse("", "select 'forbidden'"), flush);
  const heard = await through.until(({ type }) => type === "E");
  expect(heard.map(({ type }) => type).join("")).toBe("12DCE");
  expect(await through.exchange([describePortal(""), execute(""), sync])).toEqual(["Z:I"]);
  through.end();
});

test("the server never sees a denied text", async () => {
  await errorOf(client.query("select 'forbidden' as marker_simple"));
  await errorOf(client.query("select 'forbidden' as marker_extended", []));
  await one();
  expect(server.log()).not.toContain("marker_");
});

test("each statement has a line before it runs and one after, denied or not", async () => {
  await one();
  await errorOf(client.query("select 'forbidden'"));
  await errorOf(client.query("select 1/0"));
  await client.query("select generate_series(1, 3); select 2");
  const statements = proxied.audit.of("statement").map((line) => [line["statement"], line["text"], line["decision"]]);
  expect(statements).toEqual([
    [1, "select 1 as one", "allow"],
    [2, "select 'forbidden'", "deny"],
    [3, "select 1/0", "allow"],
    [4, "select generate_series(1, 3)", "allow"],
    [5, "select 2", "allow"],
  ]);
  const results = proxied.audit.of("result").map((line) => [line["statement"], line["rows"], line["sqlstate"]]);
  expect(results).toEqual([
    [1, 1, "00000"],
    [2, 0, "42501"],
    [3, 0, "22012"],
    [4, 3, "00000"],
    [5, 1, "00000"],
  ]);
});

test("what cannot be recorded does not run, and the session goes on when it can be again", async () => {
  await client.query("create table recorded(v int)");
  proxied.audit.failure = new Error("disk full");
  expect(await errorOf(client.query("insert into recorded values (1)"))).toMatchObject({ code: "58030" });
  expect(await errorOf(client.query("insert into recorded values ($1)", [2]))).toMatchObject({ code: "58030" });
  proxied.audit.failure = undefined;
  expect((await client.query("select count(*)::int as n from recorded")).rows).toEqual([{ n: 0 }]);
  await client.query("drop table recorded");
});

test.each([
  ["a statement over the limit", () => query(`select '${"x".repeat(20_000)}'`), "54000"],
  ["a statement that is not UTF-8", () => raw("Q", "select '", Buffer.from([0xff, 0xfe]), "'\0"), "22021"],
  ["a function call by message", () => raw("F", Buffer.from([0, 0, 0, 1, 0, 0, 0, 0, 0, 0])), "0A000"],
])("%s is refused, and the session goes on", async (_, message, sqlstate) => {
  const through = await RawClient.connect(proxied.url());
  expect(await through.exchange([message()])).toEqual([`E:${sqlstate}`, "Z:I"]);
  expect(await through.exchange([query("select 1")])).toEqual(["T", "D:1", "C:SELECT 1", "Z:I"]);
  through.end();
});

test.each(["set client_encoding = latin1", "set standard_conforming_strings = off"])(
  "%s is refused with its reason",
  async (sql) => {
    expect(await errorOf(client.query(sql))).toMatchObject({
      code: "42501",
      message: expect.stringContaining("is not permitted:"),
    });
  },
);

test.each([
  "set client_encoding = 'UTF-8'",
  "set standard_conforming_strings = on",
  "reset client_encoding",
  "set row_security = off",
  // Of whom something is hidden, these are refused: see the attacks.
  "set role pg_read_all_data",
  "set session_authorization = postgres",
  "set session_replication_role = replica",
  "set debug_print_plan = on",
])("%s works", async (sql) => {
  expect(await client.query(sql)).toMatchObject({ rows: [] });
});

test("a change of how statements are read, by code that nobody has seen, ends the session", async () => {
  const through = await RawClient.connect(proxied.url());
  through.send(query("do $$ begin perform set_config('standard_conforming_strings', 'off', false); end $$"));
  const heard = await through.until(({ type }) => type === "E");
  expect(errorField(heard.at(-1)?.body ?? Buffer.alloc(0), "S")).toBe("FATAL");
  through.end();
});
