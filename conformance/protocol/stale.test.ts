/** Statements that were decided earlier: under other policies, another search_path, or before their values were known. */
import { Client } from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";
import { bind, closeStatement, execute, parse, query, raw, RawClient, sync } from "./raw-client.ts";
import { testEnforcer } from "./test-enforcer.ts";
import { startTestProxy, type TestProxy } from "./test-proxy.ts";

let server: PostgresServer;
let proxied: TestProxy;
let through: RawClient;

beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server?.stop());
beforeEach(async () => {
  proxied = await startTestProxy(server);
  through = await RawClient.connect(proxied.url());
});
afterEach(async () => {
  through.end();
  await proxied.close();
});

const runAgain = () => through.exchange([bind("", "s"), execute(""), sync]);

test("a prepared statement is decided again when the policies change, without the client's doing", async () => {
  await through.exchange([parse("s", "select 'plain'"), sync]);
  expect(await runAgain()).toEqual(["2", "D:plain", "C:SELECT 1", "Z:I"]);
  proxied.proxy.setEnforcer(testEnforcer({ rewrite: ["plain", "masked"] }));
  expect(await runAgain()).toEqual(["2", "D:masked", "C:SELECT 1", "Z:I"]);
  proxied.proxy.setEnforcer(testEnforcer({ deniedWord: "plain" }));
  expect(await runAgain()).toEqual(["E:42501", "Z:I"]);
  proxied.proxy.setEnforcer(testEnforcer());
  expect(await runAgain()).toEqual(["2", "D:plain", "C:SELECT 1", "Z:I"]);
});

test("a portal that is open when the policies change runs on only if it would be the same", async () => {
  await through.exchange([query("begin"), parse("s", "select generate_series(1,3), 'plain'"), bind("p", "s"), sync], 2);
  proxied.proxy.setEnforcer(testEnforcer({ revision: "other" }));
  expect(await through.exchange([execute("p", 1), sync])).toEqual(["D:1,plain", "s", "Z:T"]);
  proxied.proxy.setEnforcer(testEnforcer({ rewrite: ["plain", "masked"] }));
  expect(await through.exchange([execute("p", 1), sync])).toEqual(["E:42501", "Z:E"]);
});

test("EXECUTE and FETCH are held to what the statement they name may do now", async () => {
  await through.exchange(
    ["prepare p as select 'plain'", "declare c cursor with hold for select 'plain'"].map(query),
    2,
  );
  expect(await through.exchange([query("execute p")])).toContain("D:plain");
  proxied.proxy.setEnforcer(testEnforcer({ rewrite: ["plain", "masked"] }));
  expect(await through.exchange([query("execute p")])).toEqual(["E:42501", "Z:I"]);
  expect(await through.exchange([query("fetch 1 from c")])).toEqual(["E:42501", "Z:I"]);
  await through.exchange(["deallocate p", "prepare p as select 'plain'"].map(query), 2);
  expect(await through.exchange([query("execute p")])).toContain("D:masked");
});

test("an EXECUTE behind another name is not run: what it names may have been decided under other policies", async () => {
  await through.exchange([query("prepare p as select 'plain'"), parse("outer", "execute p"), sync], 2);
  expect(await through.exchange([bind("", "outer"), execute(""), sync])).toContain("D:plain");
  expect(await through.exchange([query("execute outer")])).toEqual(["E:42501", "Z:I"]);
  expect(await through.exchange([query("begin"), bind("c", "outer"), sync, query("fetch 1 from c")], 3)).toEqual([
    "C:BEGIN",
    "Z:T",
    "2",
    "Z:T",
    "E:42501",
    "Z:E",
  ]);
});

test("a statement or cursor that the proxy has not seen is refused, whoever made it", async () => {
  await through.exchange([query("do $$ begin execute 'prepare unseen as select 1'; end $$")]);
  expect(await through.exchange([query("execute unseen")])).toEqual(["E:26000", "Z:I"]);
  expect(await through.exchange([bind("", "unseen"), execute(""), sync])).toEqual(["E:26000", "Z:I"]);
});

test("a cursor that permitted code has opened is read, as long as the policies stay the same", async () => {
  await through.exchange(
    [query("begin"), query("do $$ declare c refcursor := 'mine'; begin open c for select 1; end $$")],
    2,
  );
  expect(await through.exchange([query("fetch 1 from mine")])).toEqual(["T", "D:1", "C:FETCH 1", "Z:T"]);
  proxied.proxy.setEnforcer(testEnforcer({ revision: "other" }));
  expect(await through.exchange([query("fetch 1 from mine")])).toEqual(["E:34000", "Z:E"]);
});

test("names that the server cuts alike are one name", async () => {
  const long = "n".repeat(63);
  await through.exchange([parse(`${long}a`, "select 'first'"), sync]);
  expect(await through.exchange([closeStatement(`${long}b`), parse(`${long}b`, "select 'second'"), sync])).toEqual([
    "3",
    "1",
    "Z:I",
  ]);
  await through.exchange([bind("", `${long}a`), execute(""), sync]);
  expect(proxied.audit.of("statement").map((line) => line["text"])).toEqual(["select 'second'"]);
});

test("a Parse that the server refuses leaves the name as it was", async () => {
  await through.exchange([parse("s", "select 'first'"), sync]);
  // Pipelined: the Bind has to wait for what became of the name.
  const words = await through.exchange([parse("s", "select 'second'"), sync, bind("", "s"), execute(""), sync], 2);
  expect(words).toEqual(["E:42P05", "Z:I", "2", "D:first", "C:SELECT 1", "Z:I"]);
  expect(proxied.audit.of("statement").at(-1)).toMatchObject({ text: "select 'first'" });
});

/** One int4 in binary. */
const binaryBind = (value: number) =>
  raw("B", "\0\0", Buffer.from([0, 1, 0, 1, 0, 1, 0, 0, 0, 4, 0, 0, 0, value, 0, 0]));

test("policies that look at parameters are asked with the values, text or binary", async () => {
  const seen: unknown[] = [];
  proxied.proxy.setEnforcer(
    testEnforcer({
      readsParameters: true,
      onDecide: (_text, parameters) => {
        if (parameters !== undefined) seen.push(parameters);
        return parameters?.[0] === "13" ? "not that one" : undefined;
      },
    }),
  );
  const client = new Client({ connectionString: proxied.url() });
  await client.connect();
  expect((await client.query("select $1::int as v", [12])).rows).toEqual([{ v: 12 }]);
  await expect(client.query("select $1::int as v", [13])).rejects.toMatchObject({ message: "not that one" });
  expect((await client.query("select $1::int as v", [null])).rows).toEqual([{ v: null }]);
  await client.end();
  const declared = raw("P", "\0select $1\0", Buffer.from([0, 1, 0, 0, 0, 23]));
  expect(await through.exchange([declared, binaryBind(12), execute(""), sync])).toContain("D:12");
  expect(await through.exchange([declared, binaryBind(13), execute(""), sync])).toEqual(["1", "E:42501", "Z:I"]);
  expect(seen).toEqual([["12"], ["13"], [null], ["12"], ["13"]]);
});

test("what the clock decides is decided again at each execution of a prepared statement", async () => {
  let isLate = false;
  proxied.proxy.setEnforcer(testEnforcer({ readsTime: true, onDecide: () => (isLate ? "too late" : undefined) }));
  const prepare = parse("clock", "select 'tick'");
  expect(await through.exchange([prepare, bind("", "clock"), execute(""), sync])).toContain("D:tick");
  isLate = true;
  expect(await through.exchange([bind("", "clock"), execute(""), sync])).toEqual(["E:42501", "Z:I"]);
  isLate = false;
  expect(await through.exchange([bind("", "clock"), execute(""), sync])).toContain("D:tick");
  await through.exchange([query("prepare by_name as select 'tock'")]);
  expect(await through.exchange([query("execute by_name")])).toContain("D:tock");
  isLate = true;
  expect(await through.exchange([query("execute by_name")])).toEqual(["E:42501", "Z:I"]);
  isLate = false;
});

test("search_path is known for every statement, however it was changed", async () => {
  const paths: string[] = [];
  proxied.proxy.setEnforcer(
    testEnforcer({
      onDecide: (text, _parameters, searchPath) => {
        if (text === "select 'path'") paths.push(searchPath.join(","));
        return undefined;
      },
    }),
  );
  const path = query("select 'path'");
  await through.exchange([path]);
  await through.exchange([query('set search_path = one, "Two"'), path], 2);
  await through.exchange([query("begin"), query("set local search_path = three"), path, query("rollback"), path], 5);
  // In a pipeline without Sync the server has not told yet.
  await through.exchange([
    parse("", "set search_path = four"),
    bind("", ""),
    execute(""),
    parse("", "select 'path'"),
    bind("", ""),
    execute(""),
    sync,
  ]);
  await through.exchange([query("do $$ begin set search_path = five; end $$"), path], 2);
  await through.exchange([query("reset search_path"), path], 2);
  expect(paths).toEqual(["postgres,public", "one,Two", "three", "one,Two", "four", "five", "postgres,public"]);
});
