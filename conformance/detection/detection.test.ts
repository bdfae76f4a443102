/** Content that no label covers, found in the rows of a real server and replaced on its way; and all that must pass untouched. */
import { Client } from "pg";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { detectedKinds } from "../../proxy/src/detect/detector.ts";
import { bind, execute, parse, query, RawClient, sync } from "../protocol/raw-client.ts";
import { runTool } from "../protocol/run-tool.ts";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";
import { createProxiedDatabase } from "../support/proxied-database.ts";
import { type Proxied, startProxied } from "../support/proxied.ts";

const policy = `package test
label public.people.email as "pii.email"
label public.people.ssn as "pii.ssn"
mask public.people.ssn with partial(0, 4) if true
allow if true
`;
const jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjMifQ.c2lnbmF0dXJl";
const setup = `
create extension if not exists citext;
create domain remark as text;
create table people (id int primary key, email text, ssn text);
insert into people values (1, 'known@example.com', '123-45-6789');
create view contacts as select id, email as mail, 'x ' || email as loud from people;
create table notes (
  id int primary key, body text, short varchar(40), padded char(30), free citext, about remark,
  data json, info jsonb, tags text[], at timestamptz, card_number bigint, key uuid, raw bytea
);
insert into notes values
  (1, 'write to ann@example.com', '4111111111111111', 'DE89370400440532013000', 'Bob@Example.com', '123-45-6789',
   '{"mail": "ann@example.com", "n": [1, 2]}', '{"card": 4111111111111111, "t": "${jwt}"}', '{ann@example.com,b}',
   '2026-11-28', 4111111111111111, '550e8400-e29b-41d4-a716-446655440000', 'ann@example.com'),
  (2, 'order 1234567890123456', 'ORD-2026-000123', 'logo@2x.png', 'ann', '2026-11-28 12:34:56',
   '{"a": "d41d8cd98f00b204e9800998ecf8427e"}', '{"id": "550e8400-e29b-41d4-a716-446655440000"}', '{a,b}',
   '2026-11-28', 12, '550e8400-e29b-41d4-a716-446655440000', null),
  (3, null, '', '', null, null, 'null', '[]', null, null, null, null, null);
`;
const detection = { kinds: detectedKinds, exempt: { principals: ["dba@shop.example"], groups: ["support"] } };

let server: PostgresServer;
let proxied: Proxied;
let direct: Client;
let client: Client;

beforeAll(async () => {
  server = await startPostgres();
  const database = await createProxiedDatabase(server, "shop", setup);
  direct = new Client(database);
  await direct.connect();
  proxied = await startProxied({
    databases: [database],
    users: [
      { name: "ann", kind: "human" },
      { name: "dba", kind: "human" },
      { name: "sam", kind: "human", groups: ["support"] },
      { name: "bot", kind: "agent", onBehalfOf: { name: "dba", kind: "human" } },
    ],
    policies: [{ path: "test.policy", text: policy }],
    detection,
    limits: { detectedValueBytes: 10_000, serverMessageBytes: 3_000_000 },
  });
  client = new Client(proxied.as("ann"));
  await client.connect();
});
afterAll(async () => {
  await client?.end();
  await direct?.end();
  await proxied?.stop();
  await server?.stop();
});
beforeEach(() => client.query("rollback").catch(() => undefined));

const found: readonly [sql: string, rows: unknown[][]][] = [
  ["select body, short from notes where id = 1", [["write to [email]", "[card]"]]],
  ["select padded from notes where id = 1", [["[iban]        "]]],
  ["select free, about from notes where id = 1", [["[email]", "[ssn]"]]],
  ["select data from notes where id = 1", [[{ mail: "[email]", n: [1, 2] }]]],
  ["select info from notes where id = 1", [[{ card: "[card]", t: "[jwt]" }]]],
  ["select tags from notes where id = 1", [[["[email]", "b"]]]],
  ["select 'ann@' || 'example.com'", [["[email]"]]],
  ["select upper(email) from people", [["[email]"]]],
  ["select json_build_object('b', body) from notes where id = 1", [[{ b: "write to [email]" }]]],
  ["select string_agg(body, '; ' order by id) from notes", [["write to [email]; order 1234567890123456"]]],
  ["select row(1, body)::text from notes where id = 1", [['(1,"write to [email]")']]],
  ["select n from (select id, body from notes where id = 1) n", [['(1,"write to [email]")']]],
  ["with x as (select short from notes) select short from x where short like '4%'", [["[card]"]]],
  ["values ('ann@example.com'), (null), ('x')", [["[email]"], [null], ["x"]]],
  ["update notes set short = short where id = 1 returning short", [["[card]"]]],
  ["select name from (select 'ann@example.com'::name) x(name)", [["[email]"]]],
  ["select '<a>ann@example.com</a>'::xml::text", [["<a>[email]</a>"]]],
];

test.each(found)("is replaced: %s", async (sql, expected) => {
  for (const values of [undefined, []]) {
    const { rows } = await client.query({ text: sql, rowMode: "array", ...(values === undefined ? {} : { values }) });
    expect(rows).toEqual(expected);
  }
  for (const round of [1, 2]) {
    const { rows } = await client.query({ text: sql, name: sql.slice(0, 60), rowMode: "array" });
    expect([round, rows]).toEqual([round, expected]);
  }
});

const binary: readonly [sql: string, kinds: string[]][] = [
  ["select body, short, padded, about from notes where id = 1", ["email", "card", "iban", "ssn"]],
  ["select data, info from notes where id = 1", ["email", "card", "jwt"]],
];

test.each(binary)("is replaced in binary results: %s", async (sql, kinds) => {
  const through = await RawClient.connect(proxied.url("ann"));
  const plain = await RawClient.connect(server.url("shop"));
  const messages = [parse("", sql), bind("", "", [], true), execute(""), sync];
  const answer = await through.exchange(messages);
  const original = await plain.exchange(messages);
  for (const kind of kinds) expect(answer.join()).toContain(`[${kind}]`);
  for (const secret of ["ann@example.com", "4111111111111111", "DE8937", "123-45-6789", "eyJ"])
    expect(answer.join()).not.toContain(secret);
  expect(answer.map((line) => line[0])).toEqual(original.map((line) => line[0]));
  through.end();
  plain.end();
});

const untouched = [
  "select * from notes where id > 1 order by id",
  "select at, card_number, key, raw, id from notes",
  "select email from people",
  "select mail, loud from contacts",
  "select id, now() > at from notes",
  "select version()",
  "select relname, relacl from pg_class order by 1 limit 20",
  "select 1 where false",
  "select",
  "begin",
  "commit",
  "",
  "show server_version",
];

test.each(untouched)("passes byte for byte: %s", async (sql) => {
  const through = await RawClient.connect(proxied.url("ann"));
  const plain = await RawClient.connect(server.url("shop"));
  const ways = [
    [query(sql)],
    [parse("", sql), bind("", ""), execute(""), sync],
    [parse("", sql), bind("", "", [], true), execute("", 1), sync],
  ];
  for (const messages of ways) expect(await through.exchange(messages)).toEqual(await plain.exchange(messages));
  through.end();
  plain.end();
});

test("cursors, portals in parts, PREPARE and a second Execute are looked into too", async () => {
  const through = await RawClient.connect(proxied.url("ann"));
  const rows = async (...messages: Buffer[]) =>
    (await through.exchange(messages)).filter((line) => line.startsWith("D:")).map((line) => line.slice(2));
  expect(await rows(query("begin; declare c cursor for select body from notes order by id; fetch 2 from c"))).toEqual([
    "write to [email]",
    "order 1234567890123456",
  ]);
  expect(await rows(query("fetch backward all from c"))).toEqual(["write to [email]"]);
  expect(await rows(parse("", "fetch absolute 1 from c"), bind("", ""), execute(""), sync)).toEqual([
    "write to [email]",
  ]);
  expect(await rows(query("declare b binary cursor for select info, short from notes order by id"))).toEqual([]);
  // The version of jsonb's binary format stays in front.
  expect(await rows(query("fetch 1 from b"))).toEqual(['\u0001{"t": "[jwt]", "card": "[card]"},[card]']);
  expect(await rows(query("commit"))).toEqual([]);
  expect(await rows(query("prepare p(int) as select short from notes where id = $1"))).toEqual([]);
  expect(await rows(query("execute p(1)"))).toEqual(["[card]"]);
  expect(await rows(parse("", "execute p(1)"), bind("", ""), execute(""), sync)).toEqual(["[card]"]);
  expect(await rows(bind("", "p", ["1"]), execute(""), sync)).toEqual(["[card]"]);
  expect(await rows(parse("s", "select short from notes where id < 3 order by id"), sync)).toEqual([]);
  expect(await rows(bind("q", "s"), execute("q", 1), execute("q", 1), sync)).toEqual(["[card]", "ORD-2026-000123"]);
  expect(await rows(query("select 1; select short from notes where id = 1; select 2"))).toEqual(["1", "[card]", "2"]);
  through.end();
});

test("writes pass with what they write, and masks show what they show", async () => {
  await client.query("insert into notes (id, body) values (50, 'eve@example.com')");
  const { rows } = await direct.query("select body from notes where id = 50");
  expect(rows).toEqual([{ body: "eve@example.com" }]);
  await client.query("delete from notes where id = 50");
  expect((await client.query("select ssn from people")).rows).toEqual([{ ssn: "*******6789" }]);
});

test("psql shows the words, and \\d works as ever", async () => {
  const login = proxied.as("ann");
  const psql = (...commands: string[]) =>
    runTool("psql", ["-X", "-A", "-t", ...commands.flatMap((command) => ["-c", command])], {
      env: {
        PGHOST: login.host,
        PGPORT: String(login.port),
        PGDATABASE: login.database,
        PGUSER: login.user,
        PGPASSWORD: login.password,
      },
    });
  const { stdout, stderr } = await psql(
    "select body, short from notes where id < 3 order by id",
    "select 'ann@example.com' as x, 4111111111111111 as n",
    "\\d notes",
  );
  expect(stderr).toBe("");
  expect(stdout).toContain("write to [email]|[card]\norder 1234567890123456|ORD-2026-000123\n");
  expect(stdout).toContain("[email]|4111111111111111\n");
  expect(stdout).toContain("body|text");
});

test("COPY TO STDOUT is refused, with what to do; COPY FROM, and COPY of whoever is exempt, work", async () => {
  const through = await RawClient.connect(proxied.url("ann"));
  for (const sql of ["copy notes to stdout", "copy (select body from notes) to stdout (format binary)"]) {
    expect(await through.exchange([query(sql)])).toEqual(["E:42501", "Z:I"]);
    expect(await through.exchange([parse("", sql), sync])).toEqual(["E:42501", "Z:I"]);
  }
  await expect(client.query("copy notes to stdout")).rejects.toThrow(/looks into results .* cannot do with COPY/);
  through.end();
  const exempt = await RawClient.connect(proxied.url("dba"));
  const rows = await exempt.exchange([query("copy (select body from notes where id = 1) to stdout")]);
  expect(rows).toContain("d:write to ann@example.com\n");
  exempt.end();
});

test("principals and groups are exempt; an agent is not because the person is for whom it acts", async () => {
  const shown = async (user: string) => {
    const other = new Client(proxied.as(user));
    await other.connect();
    const { rows } = await other.query("select short from notes where id = 1");
    await other.end();
    return rows[0].short as string;
  };
  expect(await shown("dba")).toBe("4111111111111111");
  expect(await shown("sam")).toBe("4111111111111111");
  expect(await shown("bot")).toBe("[card]");
});

test("the audit record counts what was found and shows none of it", async () => {
  await client.query("select id, body || ' bob@example.com' as body, short from notes order by id");
  const results = () => proxied.auditLines().filter(({ event }) => event === "result");
  await expect.poll(() => results().at(-1)).toMatchObject({ rows: 3, found: { email: 3, card: 1 } });
  expect(JSON.stringify(results())).not.toMatch(/ann@|bob@|411111111/);
  const before = results().length;
  await client.query("select id from notes");
  await expect.poll(() => results().length).toBe(before + 1);
  expect(results().at(-1)).not.toHaveProperty("found");
});

test("large values are not shown, large rows end in an error, and the session goes on", async () => {
  const { rows } = await client.query(
    "select repeat('x', 10001) as a, repeat('x', 10000) as b, to_json(repeat('y', 20000)) as c, repeat('z', 100000)::bytea as d",
  );
  expect(rows[0]).toMatchObject({ a: "[too large]", b: "x".repeat(10_000), c: "[too large]" });
  expect(rows[0].d).toHaveLength(100_000);
  await expect(client.query("select 1 as n, 'x' as t, repeat('z', 4000000)::bytea")).rejects.toMatchObject({
    code: "54000",
    message: expect.stringContaining("3000000 are permitted"),
  });
  expect((await client.query("select 1 as n")).rows).toEqual([{ n: 1 }]);
  // Without a column to look into it streams.
  const { rows: large } = await client.query("select repeat('z', 4000000)::bytea as d");
  expect(large[0].d).toHaveLength(4_000_000);
});

test("a row limit of a policy counts rows that are looked into as any others", async () => {
  const limited = new Client(proxied.as("ann"));
  await limited.connect();
  proxied.setPolicies(`${policy}limit rows 2 if true\n`);
  const { rows } = await limited.query("select 'a@example.com' as a from generate_series(1, 5)");
  expect(rows).toEqual([{ a: "[email]" }, { a: "[email]" }]);
  proxied.setPolicies(policy);
  await limited.end();
});

test("a label that policies give later takes a column out, one that they take back puts it in", async () => {
  const named = { name: "later", text: "select short from notes where id = 1" };
  expect((await client.query(named)).rows).toEqual([{ short: "[card]" }]);
  proxied.setPolicies(`${policy}label public.notes.short as "payment.card"\n`);
  expect((await client.query(named)).rows).toEqual([{ short: "4111111111111111" }]);
  proxied.setPolicies(policy);
  expect((await client.query(named)).rows).toEqual([{ short: "[card]" }]);
});

test("many rows are looked into one by one, in whatever pieces they come", async () => {
  const { rows } = await client.query(
    "select i, case when i % 3 = 0 then 'u' || i || '@example.com' else repeat('v', i % 5000) end as t from generate_series(1, 20000) i",
  );
  expect(rows).toHaveLength(20_000);
  for (const { i, t } of rows as { i: number; t: string }[])
    if (t !== (i % 3 === 0 ? "[email]" : "v".repeat(i % 5000))) throw new Error(`row ${i} is ${t}`);
});

test("nothing went wrong inside", () => {
  expect(proxied.faults).toEqual([]);
  expect(proxied.events.filter(({ kind }) => kind === "fault" || kind === "origin_leak")).toEqual([]);
});
