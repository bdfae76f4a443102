/** What comes back: rows untouched, cut at a limit, withheld when they must not be seen; COPY in both directions; large results. */
import { Client } from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";
import {
  bind,
  copyData,
  copyDone,
  copyFail,
  describePortal,
  errorField,
  execute,
  flush,
  parse,
  query,
  RawClient,
  sync,
  transcript,
} from "./raw-client.ts";
import { runTool } from "./run-tool.ts";
import { testEnforcer } from "./test-enforcer.ts";
import { startTestProxy, type TestProxy, testPassword } from "./test-proxy.ts";

let server: PostgresServer;
let proxied: TestProxy;
let through: RawClient;
let secretOrigin: number;

beforeAll(async () => {
  server = await startPostgres();
  const setup = new Client({ connectionString: server.url() });
  await setup.connect();
  await setup.query(
    "create table people(id int primary key, secret text); insert into people values (1, 'hidden value'), (2, 'hidden value')",
  );
  const { rows } = await setup.query("select 'people'::regclass::oid::int as oid");
  secretOrigin = rows[0].oid * 65_536 + 2;
  await setup.query("create table loaded(v int)");
  await setup.end();
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

const series = "select generate_series(1,5)";

test.each([
  ["a simple query", [query(series)], ["T", "D:1", "D:2", "N:01000", "C:SELECT 2", "Z:I"]],
  [
    "the extended protocol",
    [parse("", series), bind("", ""), execute(""), sync],
    ["1", "2", "D:1", "D:2", "N:01000", "C:SELECT 2", "Z:I"],
  ],
  ["COPY", [query(`copy (${series}) to stdout`)], ["H", "d:1\n", "d:2\n", "c", "N:01000", "C:COPY 2", "Z:I"]],
])("a row limit cuts the result of %s, says so, and counts what the client got", async (_, messages, expected) => {
  proxied.proxy.setEnforcer(testEnforcer({ limits: { rows: 2 } }));
  expect(await through.exchange(messages)).toEqual(expected);
  expect(proxied.audit.of("result").at(-1)).toMatchObject({ rows: 2 });
});

/** Each row message of one digit has 1 + 4 + 2 + 4 + 1 bytes, each line of COPY 1 + 4 + 2. */
test.each([
  ["a simple query", 25, [query(series)], ["T", "D:1", "D:2", "N:01000", "C:SELECT 2", "Z:I"]],
  [
    "several executions of one portal",
    25,
    [parse("", series), bind("", ""), execute("", 1), execute("", 3), execute(""), sync],
    ["1", "2", "D:1", "s", "D:2", "N:01000", "s", "N:01000", "C:SELECT 0", "Z:I"],
  ],
  [
    "a cursor",
    25,
    [query("begin"), query(`declare c cursor for ${series}`), query("fetch 2 from c"), query("fetch 2 from c")],
    [
      "C:BEGIN",
      "Z:T",
      "C:DECLARE CURSOR",
      "Z:T",
      "T",
      "D:1",
      "D:2",
      "C:FETCH 2",
      "Z:T",
      "T",
      "N:01000",
      "C:FETCH 0",
      "Z:T",
    ],
  ],
  ["COPY", 15, [query(`copy (${series}) to stdout`)], ["H", "d:1\n", "d:2\n", "c", "N:01000", "C:COPY 2", "Z:I"]],
  [
    "a row larger than what is read at once",
    1000,
    [query("select repeat('x', 1000000)")],
    ["T", "N:01000", "C:SELECT 0", "Z:I"],
  ],
])("a limit of bytes cuts %s before the row that goes over it", async (_, bytes, messages, expected) => {
  proxied.proxy.setEnforcer(testEnforcer({ limits: { bytes } }));
  const heard: string[] = [];
  if (expected.filter((answer) => answer.startsWith("Z")).length > 1) {
    for (const message of messages) heard.push(...(await through.exchange([message])));
  } else heard.push(...(await through.exchange(messages)));
  expect(heard).toEqual(expected);
  expect(proxied.audit.of("result").at(-1)).toMatchObject({ limited_by: "bytes" });
});

const slow = "select pg_sleep(600)";
test.each([
  ["a simple query", [query(slow)], ["T", "E:57014", "Z:I"]],
  ["the extended protocol", [parse("", slow), bind("", ""), execute(""), sync], ["1", "2", "E:57014", "Z:I"]],
  ["a later statement of a text", [query(`select 1;${slow}`)], ["T", "D:1", "C:SELECT 1", "T", "E:57014", "Z:I"]],
])("a statement that runs too long is cancelled, and the session goes on (%s)", async (_, messages, expected) => {
  proxied.proxy.setEnforcer(testEnforcer({ limits: { durationMs: 200 } }));
  through.send(...messages);
  const heard = await through.until(({ type }) => type === "Z");
  expect(transcript(heard)).toEqual(expected);
  const error = heard.find(({ type }) => type === "E");
  expect(errorField(error?.body ?? Buffer.alloc(0), "M")).toBe(
    "the statement was cancelled by policy: it ran longer than 200 ms",
  );
  expect(proxied.audit.of("result").at(-1)).toMatchObject({ sqlstate: "57014", limited_by: "duration" });
  proxied.proxy.setEnforcer(testEnforcer());
  expect(await through.exchange([query("select 1")])).toEqual(["T", "D:1", "C:SELECT 1", "Z:I"]);
});

test("statements that each stay below a limit of time run on, however long the pipeline is", async () => {
  proxied.proxy.setEnforcer(testEnforcer({ limits: { durationMs: 60_000 } }));
  const one = [parse("", "select 1"), bind("", ""), execute("")];
  expect(await through.exchange([...one, ...one, sync])).toEqual([
    "1",
    "2",
    "D:1",
    "C:SELECT 1",
    "1",
    "2",
    "D:1",
    "C:SELECT 1",
    "Z:I",
  ]);
});

test.each([
  ["runs", "select 1", "C:SELECT 1"],
  ["is denied", "select 'forbidden'", "E:42501"],
])("a notification goes out for a statement that %s", async (_, text, answer) => {
  const rule = { package: "test", file: "test.policy", line: 9 };
  proxied.proxy.setEnforcer(testEnforcer({ notifications: [{ channel: "security", message: "why", rule }] }));
  expect(await through.exchange([query(text)])).toContain(answer);
  expect(proxied.events.filter(({ kind }) => kind === "notification")).toEqual([
    expect.objectContaining({ channel: "security", message: "why", rule: "test:9", statement: 1, principal: "alice" }),
  ]);
});

const leaky = "select id, secret from people";
test.each([
  ["a simple query", [query(leaky)]],
  ["a description first", [parse("", leaky), bind("", ""), describePortal(""), execute(""), sync]],
  ["no description at all", [parse("", leaky), bind("", ""), execute(""), sync]],
  ["binary values", [parse("", leaky), bind("", "", [], true), execute(""), sync]],
])("a result that names a masked column as its origin is withheld and reported (%s)", async (_, messages) => {
  proxied.proxy.setEnforcer(testEnforcer({ forbiddenOrigins: new Set([secretOrigin]) }));
  through.send(...messages);
  const heard = await through.until(({ type }) => type === "Z");
  expect(transcript(heard)).toContain("E:42501");
  expect(Buffer.concat(heard.map(({ body }) => body)).includes("hidden value")).toBe(false);
  expect(proxied.proxy.meters.originLeaks).toBe(1);
  expect(proxied.events.some(({ kind }) => kind === "origin_leak")).toBe(true);
  expect(proxied.audit.of("alert")).toHaveLength(1);
  expect(await through.exchange([query("select id from people where id = 1")])).toEqual([
    "T",
    "D:1",
    "C:SELECT 1",
    "Z:I",
  ]);
});

test("a FETCH and an EXECUTE are looked at too", async () => {
  await through.exchange([`declare c cursor with hold for ${leaky}`, `prepare p as ${leaky}`].map(query), 2);
  proxied.proxy.setEnforcer(testEnforcer({ forbiddenOrigins: new Set([secretOrigin]) }));
  for (const sql of ["fetch 1 from c", "execute p"]) {
    expect(await through.exchange([query(sql)])).toEqual(["E:42501", "Z:I"]);
    const words = await through.exchange([parse("", sql), bind("", ""), execute(""), sync]);
    expect(words.join(" ")).toMatch(/E:42501 Z:I$/);
    expect(words.join(" ")).not.toContain("hidden value");
  }
});

test("a withheld result inside a transaction ends it", async () => {
  proxied.proxy.setEnforcer(testEnforcer({ forbiddenOrigins: new Set([secretOrigin]) }));
  await through.exchange([query("begin")]);
  through.send(query("update people set id = id returning secret"));
  const heard = await through.until(() => false);
  expect(transcript(heard)).toEqual(["E:42501", "E:42501"]);
  expect(through.closed).toBe(true);
});

test("a constraint's message loses the row that it shows where columns are masked", async () => {
  const duplicate = query("insert into people values (1, 'x')");
  const detail = async () => {
    through.send(duplicate);
    const heard = await through.until(({ type }) => type === "Z");
    return errorField(heard.find(({ type }) => type === "E")?.body ?? Buffer.alloc(0), "D");
  };
  expect(await detail()).toContain("(id)=(1)");
  proxied.proxy.setEnforcer(testEnforcer({ forbiddenOrigins: new Set([secretOrigin]) }));
  expect(await detail()).toBeUndefined();
});

const open = ({ type }: { readonly type: string }) => type === "G";

test("data is copied in, by simple and by extended protocol, and given up", async () => {
  const copy = "copy loaded from stdin";
  through.send(query(copy));
  await through.until(open);
  expect(await through.exchange([copyData("1\n2\n"), copyData("3\n"), copyDone])).toEqual(["C:COPY 3", "Z:I"]);
  // libpq sends its Sync before the data and once more after it.
  through.send(parse("", copy), bind("", ""), execute(""), sync);
  await through.until(open);
  expect(await through.exchange([copyData("4\n"), copyDone, sync])).toEqual(["C:COPY 1", "Z:I"]);
  through.send(query(copy));
  await through.until(open);
  expect(await through.exchange([copyData("5\n"), copyFail("changed my mind")])).toEqual(["E:57014", "Z:I"]);
  through.send(query(copy));
  await through.until(open);
  expect(await through.exchange([copyData("no number\n"), copyData("6\n"), copyDone])).toEqual(["E:22P02", "Z:I"]);
  through.send(query(copy));
  await through.until(open);
  expect(await through.exchange([query("select 'smuggled'")])).toEqual(["E:57014", "Z:I"]);
  expect(await through.exchange([query("select count(*), sum(v) from loaded")])).toContain("D:4,10");
  expect(proxied.audit.of("statement").some((line) => line["text"] === "select 'smuggled'")).toBe(false);
});

test("data may follow its COPY without waiting", async () => {
  const words = await through.exchange(
    [query("copy loaded from stdin"), copyData("7\n"), copyDone, query("delete from loaded where v = 7")],
    2,
  );
  expect(words).toEqual(["G", "C:COPY 1", "Z:I", "C:DELETE 1", "Z:I"]);
});

test("a COPY goes on when something that was sent ahead of it ends", async () => {
  const copies = [query("copy loaded from stdin"), copyData("9\n"), copyDone];
  expect(await through.exchange([parse("", "select 1 / 0"), bind("", ""), execute(""), sync, ...copies], 2)).toEqual([
    "1",
    "E:22012",
    "Z:I",
    "G",
    "C:COPY 1",
    "Z:I",
  ]);
  expect(await through.exchange([...copies, ...copies, query("delete from loaded where v = 9")], 3)).toEqual([
    "G",
    "C:COPY 1",
    "Z:I",
    "G",
    "C:COPY 1",
    "Z:I",
    "C:DELETE 3",
    "Z:I",
  ]);
});

test("a portal is suspended and goes on; each part is on the record", async () => {
  await through.exchange([query("begin")]);
  expect(await through.exchange([parse("", series), bind("p", ""), execute("p", 2), sync])).toEqual([
    "1",
    "2",
    "D:1",
    "D:2",
    "s",
    "Z:T",
  ]);
  expect(await through.exchange([execute("p", 0), sync])).toEqual(["D:3", "D:4", "D:5", "C:SELECT 3", "Z:T"]);
  expect(proxied.audit.of("result").map((line) => line["rows"])).toEqual([0, 2, 3]);
});

test("notices and notifications come in order", async () => {
  expect(await through.exchange([query("listen news")])).toEqual(["C:LISTEN", "Z:I"]);
  const words = await through.exchange(
    [query("do $$ begin raise notice 'hello'; end $$"), query("notify news, 'x'")],
    2,
  );
  expect(words).toEqual(["N:00000", "C:DO", "Z:I", "C:NOTIFY", "A", "Z:I"]);
});

test("a row far larger than a read passes whole", async () => {
  const client = new Client({ connectionString: proxied.url() });
  await client.connect();
  const { rows } = await client.query("select repeat('x', 30000000) as v, 1 as w");
  expect([rows[0].v.length, rows[0].w]).toEqual([30_000_000, 1]);
  await client.end();
});

test("a million rows stream through, and a client that does not read holds the server back", async () => {
  const before = process.memoryUsage().rss;
  const { stdout } = await runTool(
    "psql",
    [proxied.url(), "-XAtqc", "copy (select repeat('y', 100) from generate_series(1, 1000000)) to stdout"],
    {
      env: { PGPASSWORD: testPassword },
    },
  );
  expect(stdout.length).toBe(101_000_000);
  through.send(query("select repeat('z', 1000) from generate_series(1, 1000000)"));
  const { socket } = through;
  socket.pause();
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  // 200 MB went through this process as text above; a gigabyte held back would show.
  expect(process.memoryUsage().rss - before).toBeLessThan(900_000_000);
});

test("Flush alone brings the answers so far", async () => {
  through.send(parse("", "select 1"), bind("", ""), execute(""), flush);
  expect(transcript(await through.until(({ type }) => type === "C"))).toEqual(["1", "2", "D:1", "C:SELECT 1"]);
  expect(await through.exchange([sync])).toEqual(["Z:I"]);
});
