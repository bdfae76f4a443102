/** Columns shown as tokens in front of a real MariaDB: the same as PostgreSQL's for the same value and key, in both protocols of rows. */
import { createSecretKey } from "node:crypto";
import fc from "fast-check";
import { type Connection, type ConnectionOptions, createConnection, type FieldPacket } from "mysql2/promise";
import { afterAll, beforeAll, expect, test } from "vitest";
import { tokenOf } from "@penstock/engine";
import { startProxied } from "../support/proxied.ts";
import { MysqlWireClient } from "../support/mysql-wire-client.ts";
import { type MysqlStage, startMysqlStage } from "../support/mysql-stage.ts";
import { rowsOf, run, ways } from "../support/mysql-ways.ts";

const key = createSecretKey("0123456789abcdef0123456789abcdef", "latin1");
const policy = `package test
label shop.people.email as "pii.email"
label shop.letters.receiver as "pii.email"
label shop.words.word as "word"
label shop.words.old as "word"
mask column with token() if column.label == "pii.email"
mask column with token() if column.label == "word"
mask shop.people.ref with token() if true
mask shop.people.code with token() if true
mask shop.people.short with token() if true
mask shop.people.age with token() if true
mask shop.people.born with token() if true
mask shop.people.paid with token() if true
mask shop.people.flags with token() if true
mask shop.people.raw with token() if true
mask shop.people.mood with token() if true
mask shop.people.doc with token() if true
mask shop.visits.visitor with token() if true
mask shop.visits.secret with redact() if true
filter shop.visits as row where row.site == "a"
`;
const setup = `
create table people (
  id int primary key, email text, ref varchar(40), code char(30), short varchar(10), age int, born date,
  paid decimal(10, 2), flags bit(8), raw varbinary(60), mood enum('glad', 'sad'), doc json
);
insert into people values
  (1, 'ann@example.com', 'r-1', 'c-1', 's', 41, '1985-01-01', 1.5, b'101', 'ann@', 'glad', '"ann@"'),
  (2, 'bob@example.com', 'r-2', 'c-2', 's', 42, '1986-01-01', 2.5, b'110', 'bob@', 'sad', '{}'),
  (3, null, 'r-1', 'c-3', 's', 43, null, null, null, null, null, null);
create table letters (id int primary key, receiver longtext, subject longtext, email longtext);
insert into letters values (1, 'ann@example.com', 'hello', 'plain@example.com'), (2, 'bob@example.com', 'again', 'x');
create view contacts as select id, email as mail from people;
create table visits (id int primary key, site text, visitor text, note text, secret text);
insert into visits values (1, 'a', 'v-1', 'one', 's'), (2, 'b', 'v-2', 'two', 's'), (3, 'a', 'v-1', 'three', 's');
create view odd_and_plain as select id, email as mail, upper(ref) as loud from people;
create view early as select id, email as mail from people where email < 'b';
create view odd as select concat(email, '!') as loud from people;
create table words (
  id int primary key auto_increment, word varchar(200) character set utf8mb4 collate utf8mb4_bin,
  old varchar(200) character set latin1
);
create table large (id int primary key, word longtext, body longtext);
create procedure nothing() select 1 as one;
`;
const raw = ["ann@", "bob@", "r-1", "r-2", "c-1", "c-2", "v-1", "v-2"];

let stage: MysqlStage;
let client: Connection;
beforeAll(async () => {
  stage = await startMysqlStage({ setup, policy, tokenKey: key, limits: { serverMessageBytes: 40 * 1024 * 1024 } });
  client = await stage.enter("ann", { multipleStatements: true });
});
afterAll(() => stage?.stop());

const email = (value: string) => tokenOf(key, "label pii.email", value);
const ann = email("ann@example.com");
const bob = email("bob@example.com");
const visitor = tokenOf(key, "column shop.visits.visitor", "v-1");

const shown: readonly [sql: string, rows: unknown[][]][] = [
  ["select email from people order by id", [[ann], [bob], [null]]],
  [
    "select id, p.email as e from people p where id < 3 order by id desc",
    [
      [2, bob],
      [1, ann],
    ],
  ],
  ["select shop.people.email from shop.people where id = 1", [[ann]]],
  ["select (email) from people where id = 1", [[ann]]],
  ["select EMAIL from people where id = 1", [[ann]]],
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
  ["select receiver, email from letters where id = 1", [[ann, "plain@example.com"]]],
  ["select email, email as again from people where id = 1", [[ann, ann]]],
  ["select id from people where exists (select * from people q where q.id = people.id) and id = 1", [[1]]],
  ["select email from people where id in (select id from letters) order by id limit 1", [[ann]]],
  ["select email from people where id = 1 for update", [[ann]]],
  ["select (select count(*) from letters), email from people where id = 1", [[2, ann]]],
  ["select short, age, born, paid, flags, raw, mood, doc from people where id = 1", [Array(8).fill(null)]],
  ["select count(*) from people", [[3]]],
  [
    "select visitor, secret from visits order by id",
    [
      [visitor, "***"],
      [visitor, "***"],
    ],
  ],
  ["select visitor from visits where note like 't%' and 1 / (id - 2) > 0", [[visitor]]],
  ["select visitor from visits where note like '%e' order by note desc limit 1", [[visitor]]],
  ["select v.visitor from people p join visits v on v.id = p.id where v.note regexp 'o'", [[visitor]]],
  ["select mail, loud from odd_and_plain where id = 1", [[ann, null]]],
  ["select loud from odd limit 1", [[null]]],
  ["select email as other from people p where p.id = 2", [[bob]]],
  ["select p.email from people p join letters l on l.email = 'x' where p.id = 1", [[ann]]],
  ["select q.* from (select email, id from people where id = 1) q", [[ann, 1]]],
  ["select a.email, b.receiver from people a cross join letters b where a.id = 2 and b.id = 1", [[bob, ann]]],
  ["select email from (select email from people where id = 1) letters", [[ann]]],
  ["with letters as (select * from people) select l.email from letters l where l.id = 2", [[bob]]],
  ["with people as (select * from people) select email from people where id = 2", [[bob]]],
  ["set statement max_statement_time = 10 for select email from people where id = 1", [[ann]]],
  ["select sql_buffer_result email from people where id = 1", [[ann]]],
  ["select email from (select * from people limit 1) x", [[ann]]],
  ["select code from people where id = 1", [[tokenOf(key, "column shop.people.code", "c-1")]]],
  [
    "select ref from people order by id",
    ["r-1", "r-2", "r-1"].map((ref) => [tokenOf(key, "column shop.people.ref", ref)]),
  ],
];

test.each(shown)("shows tokens: %s", async (sql, expected) => {
  for (const way of ways) expect([way, await rowsOf(client, way, sql)]).toEqual([way, expected]);
});

test("all columns at once keep their types, places and lengths, which tokens fit", async () => {
  const direct = await stage.direct();
  const shape = ({ name, columnType, columnLength }: FieldPacket & { columnLength?: number }) => [
    name,
    columnType,
    columnLength,
  ];
  for (const way of ways) {
    const sql = "select * from people where id = 1";
    const [rows, fields] = await run(client, way, sql);
    const [, original] = await run(direct, way, sql);
    expect(rows).toEqual([
      {
        id: 1,
        email: ann,
        ref: tokenOf(key, "column shop.people.ref", "r-1"),
        code: tokenOf(key, "column shop.people.code", "c-1"),
        short: null,
        age: null,
        born: null,
        paid: null,
        flags: null,
        raw: null,
        mood: null,
        doc: null,
      },
    ]);
    expect(fields.slice(0, 5).map(shape)).toEqual(original.slice(0, 5).map(shape));
    for (const field of fields.slice(1, 4)) expect(field.columnLength).toBeGreaterThanOrEqual(24);
  }
});

const misused = [
  "select id from people where email = 'ann@example.com'",
  "select id from people where email like 'a%'",
  "select id from people where email is null",
  "select id from people where `EMAIL` > 'a'",
  "select id from (select id, email e from people) x where e = 'ann@example.com'",
  "select upper(email) from people",
  "select concat(email, '') from people",
  "select cast(email as char) from people",
  "select convert(email using latin1) from people",
  "select email collate utf8mb4_bin from people",
  "select binary email from people",
  "select email + 0 from people",
  "select -email from people",
  "select length(email) from people",
  "select coalesce(email, '') from people",
  "select if(email > 'b', 1, 0) from people",
  "select case when email > 'b' then 1 else 0 end from people",
  "select case when true then email end from people",
  "select distinct email from people",
  "select distinctrow id, x.email from (select id, email from people) x",
  "select count(distinct email) from people",
  "select count(email) from people",
  "select max(email) from people",
  "select group_concat(email) from people",
  "select json_arrayagg(email) from people",
  "select email from people group by email",
  "select id, email from people group by id",
  "select id, email from people having id > 0",
  "select id, email as e from people having e > 'a'",
  "select email from people order by email",
  "select email from people order by 1",
  "select id, email as e from people order by e",
  "select * from people order by 2",
  "select row_number() over (order by email) from people",
  "select first_value(email) over () from people",
  "select email from people union select receiver from letters",
  "select email from people union distinct select email from people",
  "select email from people intersect select receiver from letters",
  "select email from people except select receiver from letters",
  "select email from people union all select subject from letters",
  "select email from people union all select receiver from letters",
  "select email from people union all select 'x'",
  "select email from people union all select email from people order by 1",
  "(select email from people) order by 1",
  "select (select email from people where id = 1)",
  "select (select * from (select email from people where id = 1) x)",
  "select 1 where 'ann@example.com' in (select email from people)",
  "select 'ann@example.com' = any (select email from people)",
  "select 1 from letters where receiver in (select email from people)",
  "select 1 where exists (select 1 from people where email like 'ann%')",
  "select exists (select distinct email from people limit 1 offset 2)",
  "select 1 from people p join letters l on l.receiver = p.email",
  "select 1 from people p join letters l on l.email = p.email",
  "select 1 from people join letters using (email)",
  "select 1 from people natural join letters",
  "values ((select email from people where id = 1))",
  "with recursive r as (select id, email from people union all select id, email from r where false) select email from r",
  "with recursive r as (select email from people) select email from r",
  "with a as (select email from people) select 1 from a where email > 'a'",
  "with a(x) as (select email from people) select 1 from a where x > 'a'",
  "insert into letters (id, subject) select id + 100, email from people",
  "insert into letters (id, subject) values (200, (select email from people where id = 1))",
  "insert into people (id) values (70) returning email",
  "update letters set subject = (select email from people where id = 1)",
  "update people set age = 1 where email = 'ann@example.com'",
  "update people p join letters l on l.receiver = p.email set l.subject = 'x'",
  "delete from people where email like 'a%'",
  "delete from people where id = 99 returning email",
  "delete from people where id = 99 returning *",
  "delete from people order by email limit 1",
  "delete from letters where receiver in (select email from people)",
  "create table stolen as select email from people",
  "create temporary table stolen as select email from people",
  "create view stolen as select email from people",
  "select email into @x from people limit 1",
  "select @x := email from people",
  "set @x = (select email from people where id = 1)",
  "do (select length(email) from people where id = 1)",
  "explain select email from people",
  "select json_object('e', email) from people",
  "select greatest(email, 'a') from people",
  "select nullif(email, 'a') from people",
  "select email <=> 'a' from people",
  "select mail from contacts where mail = 'ann@example.com'",
  "select mail from contacts order by mail",
  "select id from early",
  "select mail from early",
  "select id from people window w as (partition by email)",
  "select count(*) over w, email from people window w as (partition by email)",
  "select id from people where (id, email) = (1, 'ann@example.com')",
  "select p.email from people p join people q on p.email = q.email",
  "select email as `id` from people order by `id`",
  "select email from people order by email limit 1",
  "select x.email from (select email from people order by email limit 1) x",
  "select 1 from people where id = 1 and 'x' = email",
  "select id from people group by id having min(email) > 'a'",
  "select t.v from people p, json_table(p.email, '$' columns (v text path '$')) t",
  "select 1 from people where email between 'a' and 'b'",
  "select email, 1/(length(email) - 15) from people",
  "select default(email) from people",
  "select values(email) from people",
  "select 1 from people where match (email) against ('ann')",
  "select extractvalue(email, '/a') from people",
  "select email regexp 'a' from people",
  "select email sounds like 'ann' from people",
  "select {fn upper(email)} from people",
  "select interval(email, 1) from people",
  "select date_add(email, interval 1 day) from people",
  "select email from people procedure analyse()",
];

test.each(misused)("is refused, with the reason: %s", async (sql) => {
  for (const way of ways) {
    const error: unknown = await run(client, way, sql).then(
      ([rows]) => rows,
      (reason: unknown) => reason,
    );
    expect([way, error]).toMatchObject([way, { errno: 1142 }]);
    expect(String(error)).toMatch(/shown to you as tokens|masked for you|PROCEDURE/);
  }
});

test("no answer holds a value, whatever was asked", async () => {
  const through = new MysqlWireClient(await stage.enter("ann"));
  for (const sql of [...shown.map(([one]) => one), ...misused]) {
    through.command(3, sql);
    const answer = Buffer.concat(await through.result()).toString("latin1");
    for (const value of raw) expect([sql, answer.includes(value)]).toEqual([sql, false]);
  }
});

test("each statement of a text has its own tokens, and others none", async () => {
  const [results] = await client.query({
    sql: "select 1 as email; update letters set id = id; select email from people where id = 1; select 'x' as email",
    rowsAsArray: true,
  });
  expect(results).toMatchObject([[[1]], { affectedRows: 2 }, [[ann]], [["x"]]]);
});

test("what PREPARE and EXECUTE name, and EXECUTE IMMEDIATE gives, shows tokens, beside others too", async () => {
  const sql = "select email from people where id = 1";
  const [results] = await client.query({
    sql: `${sql}; prepare s from '${sql}'; ${sql}; execute immediate '${sql}'; select 1`,
    rowsAsArray: true,
  });
  expect(results).toMatchObject([[[ann]], {}, [[ann]], [[ann]], [[1]]]);
  expect(await rowsOf(client, "text", "execute s")).toEqual([[ann]]);
  for (const misuse of ["select upper(email) from people", "select email from people order by 1"]) {
    await expect(client.query(`${sql}; prepare t from '${misuse}'`)).rejects.toMatchObject({ errno: 1142 });
    await expect(client.query(`execute immediate '${misuse}'`)).rejects.toMatchObject({ errno: 1142 });
  }
  await expect(client.query("execute s; call nothing()")).rejects.toMatchObject({ errno: 1142 });
  await client.query("set character_set_results = latin1");
  await expect(client.query("execute s")).rejects.toMatchObject({ errno: 1142 });
  await client.query("set names utf8mb4; deallocate prepare s".split(";")[0] ?? "");
});

test("a text that runs a stored program beside is refused: whose results are which cannot be told", async () => {
  for (const sql of ["call nothing(); select email from people", "select email from people; call nothing()"]) {
    await expect(client.query(sql)).rejects.toMatchObject({ errno: 1142 });
  }
  const [results] = await client.query({ sql: "call nothing()", rowsAsArray: true });
  expect(results).toMatchObject([[[1]], {}]);
});

test("what was prepared before the policies asked for tokens shows them afterwards", async () => {
  const before = policy.replace("package test", "package before");
  const sql = "select email, ref from people where id = 1";
  const ref = tokenOf(key, "column shop.people.ref", "r-1");
  const partial = before.replace(
    'mask column with token() if column.label == "pii.email"',
    "mask shop.people.email with partial(1, 1) if true",
  );
  stage.proxied.setPolicies(partial);
  const prepared = await client.prepare(sql);
  expect((await prepared.execute([]))[0]).not.toMatchObject([{ email: ann }]);
  stage.proxied.setPolicies(policy);
  expect((await prepared.execute([]))[0]).toEqual([{ email: ann, ref }]);
  await prepared.close();
  const withoutRef = before.replace("mask shop.people.ref with token() if true\n", "");
  stage.proxied.setPolicies(withoutRef);
  const other = await client.prepare("select email, ref from people where id = 1 and 1 = 1");
  stage.proxied.setPolicies(policy);
  expect((await other.execute([]))[0]).toEqual([{ email: ann, ref }]);
  await other.close();
});

/** COM_STMT_PREPARE, the number of the statement, and what is left of the answer. */
async function prepare(through: MysqlWireClient, sql: string): Promise<number> {
  through.command(0x16, sql);
  const { payload } = await through.packet();
  expect(payload[0]).toBe(0);
  for (let left = payload.readUInt16LE(5) + (payload.readUInt16LE(5) > 0 ? 1 : 0); left > 0; left--)
    await through.packet();
  return payload.readUInt32LE(1);
}

test("rows that wait in a cursor are tokens when they are fetched", async () => {
  const through = new MysqlWireClient(await stage.enter("ann"));
  const statement = await prepare(through, "select id, email from people order by id");
  const head = Buffer.alloc(9);
  head.writeUInt32LE(statement);
  head[4] = 1;
  head.writeUInt32LE(1, 5);
  through.command(0x17, head);
  const [count, ...columns] = [await through.packet(), await through.packet(), await through.packet()];
  expect([count.payload[0], columns.length]).toEqual([2, 2]);
  expect((await through.packet()).payload[0]).toBe(0xfe);
  const fetched: string[] = [];
  for (const rows of [1, 5]) {
    const ask = Buffer.alloc(8);
    ask.writeUInt32LE(statement);
    ask.writeUInt32LE(rows, 4);
    through.command(0x1c, ask);
    for (;;) {
      const { payload } = await through.packet();
      if (payload[0] === 0xfe) break;
      fetched.push(payload.toString("latin1"));
    }
  }
  expect(fetched.map((row) => /[a-z2-7]{24}/.exec(row)?.[0])).toEqual([ann, bob, undefined]);
});

test("equal values have PostgreSQL's token, whatever column they come from and in whichever form", async () => {
  const direct = await stage.direct();
  const latin1 = fc.string({
    unit: fc
      .integer({ min: 0x20, max: 0xff })
      .filter((at) => at < 0x7f || at > 0x9f)
      .map((at) => String.fromCodePoint(at)),
    maxLength: 60,
  });
  const any = fc.string({ unit: "binary", maxLength: 60 }).filter((text) => text.isWellFormed());
  const values = [...fc.sample(any, { numRuns: 300, seed: 7 }), "", " ", "a ", "é🔒", "\0", "a\\'b"];
  const old = fc.sample(latin1, { numRuns: values.length, seed: 8 });
  await direct.query("truncate words");
  await direct.query("insert into words (word, old) values ?", [values.map((value, index) => [value, old[index]])]);
  for (const way of ways) {
    const rows = await rowsOf(client, way, "select word, old from words order by id");
    expect(rows).toEqual(
      values.map((value, index) => [tokenOf(key, "label word", value), tokenOf(key, "label word", old[index] ?? "")]),
    );
  }
});

test("padding that the session asks for does not count", async () => {
  await client.query("set @@sql_mode = concat(@@sql_mode, ',PAD_CHAR_TO_FULL_LENGTH')");
  for (const way of ways) {
    expect(await rowsOf(client, way, "select code from people where id = 1 and 2 > 1")).toEqual([
      [tokenOf(key, "column shop.people.code", "c-1")],
    ]);
  }
  await client.query("set sql_mode = default");
});

/** Rows, or that the client is told which character set to choose. */
function outcomeOf(answer: Promise<unknown[][]>): Promise<unknown> {
  return answer.catch((error: unknown) => (/hint: SET NAMES utf8mb4/.test(String(error)) ? "refused" : error));
}

const charsets: readonly [options: ConnectionOptions, sql: string | undefined, sees: "word" | "old" | "neither"][] = [
  [{ charset: "utf8mb4_bin" }, undefined, "word"],
  [{ charset: "utf8_general_ci" }, undefined, "old"],
  [{ charset: "latin1_swedish_ci" }, undefined, "neither"],
  [{}, "set character_set_results = null", "word"],
  [{}, "set names utf8mb3", "old"],
  [{}, "set names latin1", "neither"],
  [{}, "set character_set_results = utf16", "neither"],
];

test.each(charsets)(
  "where results come in another character set, nothing is lost on the way: %j %s",
  async (options, sql, sees) => {
    const through = await stage.enter("ann", options);
    if (sql !== undefined) await through.query(sql);
    const direct = await stage.direct();
    await direct.query("truncate words");
    await direct.query("insert into words (word, old) values ('é🔒', 'é')");
    const expected = { word: tokenOf(key, "label word", "é🔒"), old: tokenOf(key, "label word", "é") };
    for (const column of ["word", "old"] as const) {
      for (const way of ways) {
        const isWhole =
          sees === column || (sees === "word" && column === "old" && sql !== "set character_set_results = null");
        expect(await outcomeOf(rowsOf(through, way, `select ${column} from words`))).toEqual(
          isWhole ? [[expected[column]]] : "refused",
        );
      }
    }
    expect(await rowsOf(through, "prepared", "select count(*) from words")).toEqual([[1]]);
  },
);

test("a refusal behind descriptions comes in its order: strict clients end a connection otherwise", async () => {
  const through = new MysqlWireClient(await stage.enter("ann"));
  const query = async (sql: string) => {
    through.command(0x03, sql);
    return (await through.result()).at(-1)?.[0];
  };
  expect(await query("set character_set_results = null")).toBe(0x00);
  expect(await query("select old from words")).toBe(0xff);
  expect(await query("select count(*) from words")).toBe(0xfe);
  through.socket.destroy();
});

test("rows of many packets are replaced whole, and rows beside them pass as they are", async () => {
  const direct = await stage.direct();
  const word = "é".repeat(300_000);
  await direct.query("insert into letters values (9, ?, repeat('b', 300000), 'end')", [word]);
  for (const way of ways) {
    expect(await rowsOf(client, way, "select receiver, subject, email from letters where id = 9")).toEqual([
      [email(word), "b".repeat(300_000), "end"],
    ]);
  }
  await direct.query("set global max_allowed_packet = 256 * 1024 * 1024");
  const wide = await stage.server.connect();
  await wide.query(
    "insert into shop.letters values (10, 'ann@example.com', repeat('c', 17000000), repeat('d', 17000000))",
  );
  await wide.query(
    "insert into shop.letters values (11, 'bob@example.com', repeat('c', 17000000), repeat('d', 30000000))",
  );
  await wide.query("insert into shop.letters values (12, repeat('x', 17000000), 'short', 'end')");
  await wide.end();
  const large = await stage.enter("ann");
  for (const way of ways) {
    const rows = await rowsOf(
      large,
      way,
      "select receiver, subject, email, id from letters where id in (10, 12) order by id",
    );
    expect(
      rows.map((row) => row.map((value) => (typeof value === "string" && value.length > 100 ? value.length : value))),
    ).toEqual([
      [ann, 17_000_000, 17_000_000, 10],
      [email("x".repeat(17_000_000)), "short", "end", 12],
    ]);
    await expect(
      run(large, way, "select id, receiver, subject, email from letters where id > 9 order by id"),
    ).rejects.toMatchObject({
      message: expect.stringMatching(/a row of the result has more than \d+ bytes/),
    });
    expect(await rowsOf(large, way, "select receiver from letters where id > 9 order by id")).toHaveLength(3);
  }
  await direct.query("delete from letters where id > 8");
});

test("a limit of bytes counts tokens, and so tells nothing of how long values are", async () => {
  stage.proxied.setPolicies(`${policy.replace("package test", "package next")}\nlimit bytes 90 if true`);
  const direct = await stage.direct();
  for (const way of ways) {
    const counted = async () => (await rowsOf(client, way, "select email from people order by id")).length;
    const before = await counted();
    expect(before).toBeGreaterThan(0);
    await direct.query("update people set email = repeat('x', 5000) where id = 1");
    expect(await counted()).toBe(before);
    await direct.query("update people set email = 'ann@example.com' where id = 1");
  }
  stage.proxied.setPolicies(policy);
});

test("without a key the column is not shown, and everything else is", async () => {
  const keyless = await startProxied({
    databases: [stage.database],
    users: [{ name: "ann", kind: "human" }],
    policies: [{ path: "test.policy", text: policy }],
  });
  const other = await createConnection(keyless.as("ann"));
  for (const way of ways) {
    await expect(run(other, way, "select email from people")).rejects.toMatchObject({
      errno: 1142,
      message: expect.stringContaining("this proxy has no key to make them with"),
    });
    expect(await rowsOf(other, way, "select id from people where id = 1")).toEqual([[1]]);
  }
  await other.end();
  expect(keyless.faults).toEqual([]);
  await keyless.stop();
});

test("nothing of this was a leak or a fault", () => {
  const bad = stage.proxied.events.filter(({ kind }) => kind === "origin_leak" || kind === "fault");
  expect([bad, stage.proxied.faults]).toEqual([[], []]);
});
