/** Content that no label covers, found in the rows of a real MariaDB and replaced on its way; and all that must pass untouched. */
import type { Connection, ConnectionOptions, RowDataPacket } from "mysql2/promise";
import { afterAll, beforeAll, expect, test } from "vitest";
import { detectedKinds } from "../../proxy/src/detect/detector.ts";
import { resultEncoding } from "../../proxy/src/mysql/result-encoding.ts";
import { type MysqlStage, startMysqlStage } from "../support/mysql-stage.ts";
import { rowsOf, run, ways } from "../support/mysql-ways.ts";
import { MysqlWireClient } from "../support/mysql-wire-client.ts";

const policy = `package test
label shop.people.email as "pii.email"
label shop.people.ssn as "pii.ssn"
mask shop.people.ssn with partial(0, 4) if true
filter shop.people as row where row.id < 10
allow if true
`;
const setup = `
create table people (id int primary key, email text, ssn varchar(20));
insert into people values (1, 'known@example.com', '123-45-6789');
create view contacts as select id, email as mail, concat('x ', email) as loud from people;
create table notes (
  id int primary key, body text, short varchar(40), padded char(30), data json, mood enum('glad', 'ann@example.com'),
  at datetime, card_number bigint, price decimal(20, 2), raw varbinary(60), old varchar(60) character set latin1
);
insert into notes values
  (1, 'write to ann@example.com', '4111111111111111', 'DE89370400440532013000',
   '{"mail": "ann\\\\u0040example.com", "n": [1, 2], "card": 4111111111111111}', 'ann@example.com',
   '2026-11-28', 4111111111111111, 4111111111111111.00, 'ann@example.com', 'é 123-45-6789'),
  (2, 'order 1234567890123456', 'ORD-2026-000123', 'logo@2x.png', '{"a": "d41d8cd98f00b204e9800998ecf8427e"}', 'glad',
   '2026-11-28 12:34:56', 12, 1.5, null, 'ü'),
  (3, null, '', '', 'null', null, null, null, null, null, null);
create table many (i int primary key);
insert into many select seq from seq_1_to_20000;
create procedure told() begin select body from notes where id = 1; select 1 as n; select short from notes where id = 1; end;
create function said() returns text deterministic return 'fay@example.com';
`;
const detection = { kinds: detectedKinds, exempt: { principals: ["dba@shop.example"], groups: ["support"] } };

let stage: MysqlStage;
let client: Connection;
let direct: Connection;
beforeAll(async () => {
  stage = await startMysqlStage({
    setup,
    policy,
    users: [
      { name: "ann", kind: "human" },
      { name: "dba", kind: "human" },
      { name: "sam", kind: "human", groups: ["support"] },
      { name: "bot", kind: "agent", onBehalfOf: { name: "dba", kind: "human" } },
    ],
    detection,
    limits: { detectedValueBytes: 10_000, serverMessageBytes: 3_000_000 },
  });
  client = await stage.enter("ann", { multipleStatements: true });
  direct = await stage.direct();
});
afterAll(() => stage?.stop());

const found: readonly [sql: string, rows: unknown[][]][] = [
  ["select body, short from notes where id = 1", [["write to [email]", "[card]"]]],
  ["select padded, mood, old from notes where id = 1", [["[iban]", "[email]", "é [ssn]"]]],
  ["select data from notes where id = 1", [['{"mail": "[email]", "n": [1, 2], "card": "[card]"}']]],
  ["select concat('ann@', 'example.com')", [["[email]"]]],
  ["select upper(email) from people", [["[email]"]]],
  ["select json_object('b', body) from notes where id = 1", [['{"b": "write to [email]"}']]],
  ["select group_concat(body order by id separator '; ') from notes", [["write to [email]; order 1234567890123456"]]],
  ["with x as (select short from notes) select short from x where short like '4%'", [["[card]"]]],
  ["select 'ann@example.com' as a union all select null union all select 'x'", [["[email]"], [null], ["x"]]],
  ["delete from notes where id = 99 returning short", []],
  ["select said()", [["[email]"]]],
  [
    "select cast('ann@example.com' as char) as a, convert('ann@example.com' using latin1) as b",
    [["[email]", "[email]"]],
  ],
  [
    "select id, body, at, price from notes where id = 1",
    [[1, "write to [email]", new Date(2026, 10, 28), "4111111111111111.00"]],
  ],
  ["select body from (select body, id from notes limit 10) x where id = 1", [["write to [email]"]]],
  // Under the name of a column that is labelled.
  ["select email from (select short as email, id from notes) people where id = 1", [["[card]"]]],
  ["with people as (select short as email from notes where id = 1) select email from people", [["[card]"]]],
];

test.each(found)("is replaced: %s", async (sql, expected) => {
  for (const way of ways)
    for (const round of [1, 2]) expect([way, round, await rowsOf(client, way, sql)]).toEqual([way, round, expected]);
});

const untouched = [
  "select * from notes where id > 1 order by id",
  "select at, card_number, price, raw, id from notes",
  "select email from people",
  "select mail, loud from contacts",
  "select email from (select * from people limit 5) x",
  "select mail from (select email as mail from people) notes",
  "select cast(body as binary) from notes where id = 1",
  "select version()",
  "select 1 where false",
  "begin",
  "commit",
  "show variables like 'version'",
  "show warnings",
  "show create table people",
  "do 1",
];

test.each(untouched)("passes byte for byte: %s", async (sql) => {
  const through = new MysqlWireClient(await stage.enter("ann"));
  const plain = new MysqlWireClient(await stage.direct());
  const answers = [through, plain].map((one) => {
    one.command(3, sql);
    return one.result();
  });
  const [answer, original] = await Promise.all(answers);
  // Descriptions, and whether an index was used, differ where a filter is in the statement: rows are what counts.
  const rows = (packets: readonly Buffer[] | undefined) =>
    packets?.filter((one) => one.subarray(1, 4).toString() !== "def" && one[0] !== 0xfe);
  expect(rows(answer)).toEqual(rows(original));
});

test("texts of several statements and procedures are looked into, result by result", async () => {
  const [results] = await client.query({
    sql: "show warnings; select 1; select short from notes where id = 1; select body from notes where id = 1",
    rowsAsArray: true,
  });
  expect(results).toMatchObject([[], [[1]], [["[card]"]], [["write to [email]"]]]);
  expect((await client.query({ sql: "call told()", rowsAsArray: true }))[0]).toMatchObject([
    [["write to [email]"]],
    [[1]],
    [["[card]"]],
    {},
  ]);
  expect((await client.execute({ sql: "call told()", rowsAsArray: true }))[0]).toMatchObject([
    [["write to [email]"]],
    [[1]],
    [["[card]"]],
    {},
  ]);
});

test("writes pass with what they write, and masks show what they show", async () => {
  await client.query("insert into notes (id, body) values (50, 'eve@example.com')");
  expect(await rowsOf(direct, "text", "select body from notes where id = 50")).toEqual([["eve@example.com"]]);
  await client.query("delete from notes where id = 50");
  expect(await rowsOf(client, "text", "select ssn from people")).toEqual([["*******6789"]]);
});

test("principals and groups are exempt; an agent is not because the person is for whom it acts", async () => {
  const shown = async (user: string) => {
    const [[value]] = (await rowsOf(await stage.enter(user), "text", "select short from notes where id = 1")) as [
      [unknown],
    ];
    return value;
  };
  expect(await shown("dba")).toBe("4111111111111111");
  expect(await shown("sam")).toBe("4111111111111111");
  expect(await shown("bot")).toBe("[card]");
});

test("the audit record counts what was found and shows none of it", async () => {
  await client.query("select id, concat(body, ' bob@example.com') as body, short from notes order by id");
  const results = () => stage.proxied.auditLines().filter(({ event }) => event === "result");
  await expect.poll(() => results().at(-1)).toMatchObject({ rows: 3, found: { email: 3, card: 1 } });
  expect(JSON.stringify(results())).not.toMatch(/ann@|bob@|411111111/);
  const before = results().length;
  await client.query("select id from notes");
  await expect.poll(() => results().length).toBe(before + 1);
  expect(results().at(-1)).not.toHaveProperty("found");
});

test("large values are not shown, large rows end in an error, and the session goes on", async () => {
  for (const way of ways) {
    const [row] = await rowsOf(
      client,
      way,
      "select repeat('x', 10001) as a, repeat('x', 10000) as b, cast(repeat('z', 100000) as binary) as d",
    );
    expect(row?.slice(0, 2)).toEqual(["[too large]", "x".repeat(10_000)]);
    expect(row?.[2]).toHaveLength(100_000);
    await expect(
      run(client, way, "select 1 as n, 'x' as t, cast(repeat('z', 4000000) as binary)"),
    ).rejects.toMatchObject({
      message: expect.stringContaining("more than 3000000 bytes"),
    });
    expect(await rowsOf(client, way, "select 1 as n")).toEqual([[1]]);
    // Without a column to look into it streams.
    expect((await rowsOf(client, way, "select cast(repeat('z', 4000000) as binary)"))[0]?.[0]).toHaveLength(4_000_000);
  }
});

test("a row limit of a policy counts rows that are looked into as any others", async () => {
  stage.proxied.setPolicies(`${policy}limit rows 2 if true\n`);
  for (const way of ways)
    expect(await rowsOf(client, way, "select 'a@example.com' as a from notes")).toEqual([["[email]"], ["[email]"]]);
  stage.proxied.setPolicies(policy);
});

test("a label that policies give later takes a column out, one that they take back puts it in", async () => {
  const sql = "select short from notes where id = 1";
  const statement = await client.prepare(sql);
  const shown = async () => (await statement.execute([]))[0];
  expect(await shown()).toEqual([{ short: "[card]" }]);
  stage.proxied.setPolicies(`${policy}label shop.notes.short as "payment.card"\n`);
  expect(await shown()).toEqual([{ short: "4111111111111111" }]);
  stage.proxied.setPolicies(policy);
  expect(await shown()).toEqual([{ short: "[card]" }]);
  await statement.close();
});

test("many rows are looked into one by one, in whatever pieces they come", async () => {
  const sql =
    "select i, if(i % 3 = 0, concat('u', i, '@example.com'), repeat('v', i % 5000)) as t from many order by i";
  for (const way of ways) {
    const rows = (await rowsOf(client, way, sql)) as [number, string][];
    expect(rows).toHaveLength(20_000);
    for (const [i, t] of rows)
      if (t !== (i % 3 === 0 ? "[email]" : "v".repeat(i % 5000))) throw new Error(`row ${i} is ${t}`);
  }
});

const charsets: readonly [options: ConnectionOptions, sql: string | undefined, isRead: boolean][] = [
  [{ charset: "utf8_general_ci" }, undefined, true],
  [{ charset: "latin1_swedish_ci" }, undefined, true],
  [{}, "set character_set_results = null", true],
  [{}, "set character_set_results = binary", false],
  [{}, "set character_set_results = cp1251", true],
  [{}, "set character_set_results = utf16", false],
  [{}, "set character_set_results = ucs2", false],
  [{}, "set character_set_results = utf32", false],
  [{}, "set character_set_results = gbk", false],
];

test.each(charsets)("no character set hides what is there: %j %s", async (options, sql, isRead) => {
  const through = await stage.enter("ann", options);
  if (sql !== undefined) await through.query(sql);
  for (const way of ways) {
    const outcome = await rowsOf(through, way, "select short from notes where id = 1").catch((error: unknown) =>
      /hint: SET NAMES utf8mb4/.test(String(error)) ? "refused" : error,
    );
    expect(outcome).toEqual(isRead ? [["[card]"]] : "refused");
    expect(await rowsOf(through, "prepared", "select id from notes where id = 1")).toEqual([[1]]);
  }
});

test("a text does not change the character set of its own results", async () => {
  const sql = "set character_set_results = binary; select short from notes where id = 1";
  await expect(client.query(sql)).rejects.toMatchObject({ errno: 1142 });
  expect(await rowsOf(client, "text", "select short from notes where id = 1")).toEqual([["[card]"]]);
});

test("in character sets that are looked into, ASCII is ASCII and nothing else looks like it", async () => {
  const [collations] = await direct.query<(RowDataPacket & { id: number; name: string })[]>(
    "select id, character_set_name as name from information_schema.collation_character_set_applicability where id is not null",
  );
  expect(collations.length).toBeGreaterThan(300);
  const ascii = Buffer.from(Array.from({ length: 128 }, (_, at) => at));
  const seen = new Map<string, boolean>();
  for (const { id, name } of collations) {
    let isAscii = seen.get(name);
    if (isAscii === undefined) {
      const [[whole]] = (await rowsOf(
        direct,
        "text",
        `select hex(convert(convert(x'${ascii.toString("hex")}' using ascii) using ${name}))`,
      )) as [[string]];
      const [[wide]] = (await rowsOf(
        direct,
        "text",
        `select group_concat(distinct hex(convert(convert(unhex(lpad(hex(seq), 8, '0')) using utf32) using ${name})) separator ' ') from seq_128_to_55295`,
      )) as [[string]];
      isAscii =
        whole === ascii.toString("hex").toUpperCase() &&
        !(wide.match(/[0-9A-F]{2}/g) ?? []).some((byte) => byte < "80" && byte !== "3F");
      seen.set(name, isAscii);
    }
    const encoding = resultEncoding(id);
    expect([name, id, name === "binary" ? encoding === "binary" : encoding !== "other"]).toEqual([
      name,
      id,
      name === "binary" || isAscii,
    ]);
  }
  const named = (name: string) => collations.filter((one) => one.name === name).map(({ id }) => resultEncoding(id));
  expect(new Set(named("utf8mb4"))).toEqual(new Set(["utf8mb4"]));
  expect(new Set(named("utf8mb3"))).toEqual(new Set(["utf8mb3"]));
  expect(new Set(named("binary"))).toEqual(new Set(["binary"]));
}, 60_000);

test("nothing went wrong inside", () => {
  const bad = stage.proxied.events.filter(({ kind }) => kind === "fault" || kind === "origin_leak");
  expect([stage.proxied.faults, bad]).toEqual([[], []]);
});
