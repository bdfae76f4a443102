/** Columns shown as tokens: made in the proxy, the same for the same value, and nothing else can be done with them. */
import { createSecretKey } from "node:crypto";
import { Client } from "pg";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { tokenOf } from "@penstock/engine";
import {
  bind,
  describePortal,
  execute,
  flush,
  parse,
  query,
  RawClient,
  sync,
  transcript,
} from "../protocol/raw-client.ts";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";
import { createProxiedDatabase } from "../support/proxied-database.ts";
import { type Proxied, startProxied } from "../support/proxied.ts";

const key = createSecretKey("0123456789abcdef0123456789abcdef", "latin1");
const policy = `package test
label public.people.email as "pii.email"
label public.letters.receiver as "pii.email"
mask column with token() if column.label == "pii.email"
mask public.people.ref with token() if true
mask public.people.code with token() if true
mask public.people.short with token() if true
mask public.people.age with token() if true
mask public.people.tags with token() if true
mask public.people.padded with token() if true
mask public.visits.visitor with token() if true
mask public.visits.secret with redact() if true
filter public.visits as row where row.site == "a"
`;
const setup = `
create table people (
  id int primary key, email text, ref varchar(40), code char(30), short varchar(10), age int, tags text[], padded char(40)
);
insert into people values
  (1, 'ann@example.com', 'r-1', 'c-1', 's', 41, '{a}', 'same'),
  (2, 'bob@example.com', 'r-2', 'c-2', 's', 42, '{b}', 'same '),
  (3, null, 'r-1', 'c-3', 's', 43, null, null);
create table letters (id int primary key, receiver text, subject text, email text);
insert into letters values (1, 'ann@example.com', 'hello', 'plain@example.com'), (2, 'bob@example.com', 'again', 'x');
create view contacts as select id, email as mail from people;
create table visits (id int primary key, site text, visitor text, note text, secret text);
insert into visits values (1, 'a', 'v-1', 'one', 's'), (2, 'b', 'v-2', 'two', 's'), (3, 'a', 'v-1', 'three', 's');
create view odd_and_plain as select id, email as mail, upper(ref) as loud from people;
create view early as select id, email as mail from people where email < 'b';
create view odd as select email || '!' as loud from people;
`;
const raw = ["ann@", "bob@", "r-1", "r-2", "c-1", "c-2", "v-1", "v-2"];

let server: PostgresServer;
let proxied: Proxied;
let keyless: Proxied;
let client: Client;
beforeAll(async () => {
  server = await startPostgres();
  const options = {
    databases: [await createProxiedDatabase(server, "shop", setup)],
    users: [{ name: "ann", kind: "human" } as const],
    policies: [{ path: "test.policy", text: policy }],
  };
  proxied = await startProxied({ ...options, tokenKey: key });
  keyless = await startProxied(options);
  client = new Client(proxied.as("ann"));
  await client.connect();
});
afterAll(async () => {
  await client?.end();
  await keyless?.stop();
  await proxied?.stop();
  await server?.stop();
});
beforeEach(() => client.query("rollback").catch(() => undefined));

const email = (value: string) => tokenOf(key, "label pii.email", value);
const ann = email("ann@example.com");
const bob = email("bob@example.com");

const visitor = tokenOf(key, "column public.visits.visitor", "v-1");

const shown: readonly [sql: string, rows: unknown[][]][] = [
  ["select email from people order by id", [[ann], [bob], [null]]],
  [
    "select id, p.email as e from people p where id < 3 order by id desc",
    [
      [2, bob],
      [1, ann],
    ],
  ],
  ["select public.people.email from public.people where id = 1", [[ann]]],
  ["select x.e from (select email e, id from people) x where x.id = 1", [[ann]]],
  ["with a as (select id, email from people), b as (select * from a) select email from b where id = 2", [[bob]]],
  ["select mail from contacts where id = 1", [[ann]]],
  [
    "select l.subject, p.email from people p join letters l on l.id = p.id where l.email like 'plain%'",
    [["hello", ann]],
  ],
  [
    "select p.id, l.receiver from people p left join letters l using (id) order by p.id",
    [
      [1, ann],
      [2, bob],
      [3, null],
    ],
  ],
  ["select email from people where id = 1 union all select email from people where id = 2", [[ann], [bob]]],
  ["select distinct on (id) id, email from people order by id limit 1", [[1, ann]]],
  [
    "select p.id, e.email from people p, lateral (select q.email from people q where q.id = p.id) e where p.id = 1",
    [[1, ann]],
  ],
  ["select receiver, email from letters where id = 1", [[ann, "plain@example.com"]]],
  ["select email, email as again from people where id = 1", [[ann, ann]]],
  ["select id from people where exists (select * from people q where q.id = people.id) and id = 1", [[1]]],
  ["select email from people where id in (select id from letters) order by id limit 1", [[ann]]],
  ["select email from people where id = 1 for update", [[ann]]],
  ["select (select count(*)::int from letters), email from people where id = 1", [[2, ann]]],
  ["select short, age, tags from people where id = 1", [[null, null, null]]],
  ["select count(*)::int from people", [[3]]],
  [
    "select visitor, secret from visits order by id",
    [
      [visitor, "***"],
      [visitor, "***"],
    ],
  ],
  ["select visitor from visits where note like 't%' and 1 / (id - 2) > 0", [[visitor]]],
  ["select visitor from visits where note like '%e' order by note desc limit 1", [[visitor]]],
  ["select v.visitor from people p join visits v on v.id = p.id where v.note ~ 'o'", [[visitor]]],
  ["select mail, loud from odd_and_plain where id = 1", [[ann, null]]],
  ["select loud from odd limit 1", [[null]]],
  ["select email as other from people p where p.id = 2", [[bob]]],
  ["select p.email from people p join letters l on l.email = 'x' where p.id = 1", [[ann]]],
  ["select q.* from (select email, id from people where id = 1) q", [[ann, 1]]],
  ["select a.email, b.receiver from people a cross join letters b where a.id = 2 and b.id = 1", [[bob, ann]]],
  [
    "select ref from people order by id",
    ["r-1", "r-2", "r-1"].map((ref) => [tokenOf(key, "column public.people.ref", ref)]),
  ],
];

test.each(shown)("shows tokens: %s", async (sql, expected) => {
  for (const values of [undefined, []]) {
    const { rows } = await client.query({ text: sql, rowMode: "array", ...(values === undefined ? {} : { values }) });
    expect(rows).toEqual(expected);
  }
  const through = await RawClient.connect(proxied.url("ann"));
  const answer = await through.exchange([parse("", sql), bind("", "", [], true), execute(""), sync]);
  for (const value of raw) expect(answer.join()).not.toContain(value);
  for (const token of expected.flat().filter((value) => typeof value === "string" && /^[a-z2-7]{24}$/.test(value)))
    expect(answer.join()).toContain(token);
  through.end();
});

test("all columns at once keep their types and places, char(n) its width", async () => {
  const { rows, fields } = await client.query("select * from people where id = 1");
  expect(rows).toEqual([
    {
      id: 1,
      email: ann,
      ref: tokenOf(key, "column public.people.ref", "r-1"),
      code: tokenOf(key, "column public.people.code", "c-1").padEnd(30),
      short: null,
      age: null,
      tags: null,
      padded: tokenOf(key, "column public.people.padded", "same").padEnd(40),
    },
  ]);
  expect(fields.map(({ dataTypeID }) => dataTypeID)).toEqual([23, 25, 1043, 1042, 1043, 23, 1009, 1042]);
  const { rows: padded } = await client.query("select padded from people where id < 3");
  expect(padded[0]).toEqual(padded[1]);
  expect((await client.query("table people")).rows).toHaveLength(3);
});

const misused = [
  "select id from people where email = 'ann@example.com'",
  "select id from people where email like 'a%'",
  "select id from people where email is null",
  "select id from (select id, email e from people) x where e = 'ann@example.com'",
  "select upper(email) from people",
  "select email || '' from people",
  "select email::varchar from people",
  "select cast(email as text) from people",
  'select email collate "C" from people',
  "select length(email) from people",
  "select (email) || '' from people",
  "select coalesce(email, '') from people",
  "select case when email > 'b' then 1 else 0 end from people",
  "select case when true then email end from people",
  "select distinct email from people",
  "select distinct on (email) id from people",
  "select distinct id, x.email from (select id, email from people) x",
  "select count(distinct email) from people",
  "select count(email) from people",
  "select max(email) from people",
  "select array_agg(email) from people",
  "select string_agg(email, ',') from people",
  "select email from people group by email",
  "select id, email from people group by id",
  "select email from people order by email",
  "select email from people order by 1",
  "select id, email as e from people order by e",
  "select * from people order by 2",
  "select row_number() over (order by email) from people",
  "select first_value(email) over () from people",
  "select email from people union select receiver from letters",
  "select email from people intersect select receiver from letters",
  "select email from people except select receiver from letters",
  "select email from people union all select subject from letters",
  "select email from people union all select receiver from letters",
  "select email from people union all select 'x'",
  "select email from people union all select email from people order by 1",
  "select people from people",
  "select p from people p",
  "select (p).email from people p",
  "select (p).* from people p",
  "select p.*::text from people p",
  "select row_to_json(p) from people p",
  "select to_jsonb(x) from (select email from people) x",
  "select email(p) from people p",
  "select row(email) from people",
  "select row(p.*) from people p",
  "select array[email] from people",
  "select (select email from people where id = 1)",
  "select (select * from (select email from people where id = 1) x)",
  "select array(select email from people)",
  "select 1 where 'ann@example.com' in (select email from people)",
  "select 'ann@example.com' = any (select email from people)",
  "select 1 where exists (select 1 from people where email like 'ann%')",
  "select 1 from people p join letters l on l.receiver = p.email",
  "select 1 from people p join letters l on l.email = p.email",
  "select 1 from people join letters using (email)",
  "select 1 from people natural join letters",
  "select p.id from people p, lateral (select p.email as e) x where x.e <> ''",
  "select e.* from people p, lateral upper(p.email) e",
  "select * from people p, lateral unnest(array[p.email]) u(v)",
  "values ((select email from people where id = 1))",
  "with recursive r as (select id, email from people union all select id, email from r where false) select email from r",
  "with recursive r as (select email from people) select email from r",
  "with a as materialized (select email from people) select 1 from a where email > 'a'",
  "with a(x) as (select email from people) select 1 from a where x > 'a'",
  "select 1 from (select email from people) a(x) where x > 'a'",
  "select 1 from people as p(a, b) where b > 'a'",
  "select email from people limit (select length(email) from people limit 1)",
  "insert into letters (id, subject) select id + 100, email from people",
  "insert into letters (id, subject) values (200, (select email from people where id = 1))",
  "update letters set subject = (select email from people where id = 1)",
  "delete from letters where receiver in (select email from people)",
  "create table stolen as select email from people",
  "create temp table stolen as select email from people",
  "select email into temp stolen from people",
  "select email into temp stolen from people union all select email from people",
  "copy people to stdout",
  "copy (select email from people) to stdout",
  "prepare p as select email from people",
  "create view stolen as select email from people",
  "with d as (delete from letters returning receiver) select receiver from d",
  "explain select email from people",
  "select 1 from people tablesample bernoulli (100) where email > 'a'",
  "select xmlforest(email) from people",
  "select json_object('e': email) from people",
  "select greatest(email, 'a') from people",
  "select nullif(email, 'a') from people",
  "select email is distinct from 'a' from people",
  "select mail from contacts where mail = 'ann@example.com'",
  "select mail from contacts order by mail",
  "select id from early",
  "select mail from early",
  "select 1 from (people p join letters l using (id)) j(a, b) where j.b > 'a'",
  "select distinct on (2) id, email from people",
  "select id from people window w as (partition by email)",
  "select count(*) over w, email from people window w as (partition by email)",
  "select id from people where (id, email) = (1, 'ann@example.com')",
  "select * from people p, rows from (upper(p.email)) r",
  "select p.email from people p join people q on p.email = q.email",
  "table people order by 2",
  "table people union table people",
  "select 1 from people where people is null",
  "select 1 from people where people.* is null",
  "select 1 from people p where p = p",
  "select x.* from people x order by x",
  'select email as "id" from people order by "id"',
  "select email from people order by email limit 1",
  "select x.email from (select email from people order by email limit 1) x",
  "select 1 from people where U&\"ema\\0069l\" > 'a'",
  "select 1 from people where id = 1 and 'x' = email",
  "select id from people group by id, grouping sets ((email), ())",
  "select id from people group by id having min(email) > 'a'",
  "select t.v from people p, json_table(p.email, '$' columns (v text path '$')) t",
  "select email[1] from people",
  "select count(*) filter (where email > 'a') from people",
  "select lower(x::text) from (select email from people) x(e)",
  "select 1 from people where email > any (array['a'])",
  "select 1 from people where email between 'a' and 'b'",
  "select email, 1/(length(email) - 15) from people",
];

test.each(misused)("is refused, with the reason: %s", async (sql) => {
  for (const values of [undefined, []]) {
    const error: unknown = await client.query({ text: sql, ...(values === undefined ? {} : { values }) }).then(
      ({ rows }: { rows: unknown }) => rows,
      (reason: unknown) => reason,
    );
    expect(error).toMatchObject({ code: "42501" });
    expect(String(error)).toMatch(/shown to you as tokens|masked for you/);
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    await client.query("rollback");
  }
});

test("each statement of a text has its own tokens, and others none", async () => {
  const results: unknown = await client.query(
    "select 1 as email; select email from people where id = 1; select 'x' as email",
  );
  expect(results).toMatchObject([{ rows: [{ email: 1 }] }, { rows: [{ email: ann }] }, { rows: [{ email: "x" }] }]);
});

test("what was prepared before the policies asked for tokens shows them afterwards", async () => {
  const plain = policy
    .replace("package test", "package before")
    .replace("mask column with token()", "mask column with partial(1, 1)");
  const other = policy
    .replace("package test", "package before")
    .replace("mask public.people.ref with token() if true\n", "");
  for (const before of [plain, other]) {
    proxied.setPolicies(before);
    const prepared = {
      name: `p${before.length}`,
      text: "select email, ref from people where id = 1",
      rowMode: "array",
    } as const;
    expect((await client.query(prepared)).rows).not.toEqual([[ann, tokenOf(key, "column public.people.ref", "r-1")]]);
    proxied.setPolicies(policy);
    expect((await client.query(prepared)).rows).toEqual([[ann, tokenOf(key, "column public.people.ref", "r-1")]]);
  }
});

test("a cursor over tokens is refused", async () => {
  await client.query("begin");
  await expect(client.query("declare c cursor for select email from people")).rejects.toMatchObject({ code: "42501" });
});

test("rows that come in pieces are replaced whole, and rows beside them pass as they are", async () => {
  const owner = new Client({ connectionString: server.url("shop") });
  await owner.connect();
  await owner.query("insert into letters values (9, repeat('é', 300000), repeat('b', 300000), 'end')");
  const sql = "select receiver, subject, email from letters where id = 9";
  const { rows } = await client.query(sql);
  expect(rows).toEqual([{ receiver: email("é".repeat(300_000)), subject: "b".repeat(300_000), email: "end" }]);
  await owner.query("delete from letters where id = 9");
  await owner.end();
});

test("a portal that is read row by row, without being described, shows tokens", async () => {
  const through = await RawClient.connect(proxied.url("ann"));
  through.send(parse("", "select email from people order by id"), bind("", ""), execute("", 1), execute("", 1), flush);
  const first = await through.until(({ type }) => type === "s", 2);
  expect(transcript(first)).toEqual(["1", "2", `D:${ann}`, "s", `D:${bob}`, "s"]);
  through.send(describePortal(""), sync);
  await through.until(({ type }) => type === "Z");
  expect(await through.exchange([query("select email from people where id = 1")])).toContain(`D:${ann}`);
  through.end();
});

test("a statement that the protocol has prepared shows tokens by EXECUTE and FETCH too", async () => {
  const through = await RawClient.connect(proxied.url("ann"));
  const sql = "select email from people where id = 1";
  await through.exchange([query("begin"), parse("s", sql), bind("c", "s"), sync], 2);
  expect(await through.exchange([query("execute s")])).toContain(`D:${ann}`);
  expect(await through.exchange([query("fetch 1 from c")])).toContain(`D:${ann}`);
  through.end();
});

test("a limit of bytes counts tokens, and so tells nothing of how long values are", async () => {
  proxied.setPolicies(`${policy.replace("package test", "package next")}\nlimit bytes 100 if true`);
  const counted = async () => (await client.query("select email from people order by id")).rows.length;
  const before = await counted();
  const owner = new Client({ connectionString: server.url("shop") });
  await owner.connect();
  await owner.query("update people set email = repeat('x', 5000) where id = 1");
  expect(await counted()).toBe(before);
  await owner.query("update people set email = 'ann@example.com' where id = 1");
  await owner.end();
  proxied.setPolicies(policy);
});

test("without a key the column is not shown, and everything else is", async () => {
  const other = new Client(keyless.as("ann"));
  await other.connect();
  await expect(other.query("select email from people")).rejects.toMatchObject({
    code: "42501",
    message: "a column is shown to you as tokens, and this proxy has no key to make them with",
  });
  expect((await other.query("select id from people where id = 1")).rows).toEqual([{ id: 1 }]);
  await other.end();
});

test("nothing of this was a leak or a fault", () => {
  const bad = (one: Proxied) => one.events.filter(({ kind }) => kind === "origin_leak" || kind === "fault");
  expect([bad(proxied), proxied.faults, bad(keyless), keyless.faults]).toEqual([[], [], [], []]);
});
