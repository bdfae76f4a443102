/** The commands of MySQL's protocol, one by one, as drivers send them and as they do not. */
import type { RowDataPacket } from "mysql2";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { answerLines, preparedAnswerLines } from "../../support/mysql-answer-lines.ts";
import { MysqlConversation } from "../../support/mysql-conversation.ts";
import { type MysqlStage, startMysqlStage } from "../../support/mysql-stage.ts";
import { errorNumber, MysqlWireClient } from "../../support/mysql-wire-client.ts";

const setup = `
  create table users (id int primary key, name varchar(40));
  insert into users values (1, 'Ann'), (2, 'Bob'), (3, 'Cid'), (4, 'Dan');
  create table secrets (id int primary key, word varchar(40));
  create table blobs (id int primary key, body longblob);
  create procedure two_results() begin select 1 as a; select 2 as b; end;
  create procedure after_a_cursor(all_of_it int) begin
    declare i int;
    declare c cursor for select id from users;
    open c;
    repeat fetch c into i; set all_of_it = all_of_it - 1; until all_of_it < 0 end repeat;
    select null as none union select i;
    select i;
  end;
  create function reads_a_cursor() returns int begin
    declare i int;
    declare c cursor for select id from users;
    open c;
    fetch c into i;
    return i;
  end;
`;

const policy = `package guard
deny "nobody reads the secrets" if {
  some t in query.tables
  t.name == "secrets"
}
limit rows 2 if principal.name == "limited"
limit duration "1s" if principal.name == "limited"
`;

let stage: MysqlStage;
beforeAll(async () => {
  stage = await startMysqlStage({
    setup,
    policy,
    users: [
      { name: "ann", kind: "human" },
      { name: "limited", kind: "human" },
    ],
  });
});
afterAll(() => stage.stop());

const wire = async (user = "ann") => new MysqlWireClient(await stage.enter(user));
const errorOf = async (client: MysqlWireClient) => errorNumber(await client.packet());

describe("every other command", () => {
  test.each([0x05, 0x06, 0x07, 0x08, 0x0a, 0x0d, 0x12, 0x13, 0x15, 0x1d, 0x1e, 0xff])(
    "%i is refused, and the session goes on",
    async (kind) => {
      const client = await wire();
      client.command(kind, "x");
      expect(await errorOf(client)).toBe(1047);
      client.command(0x0e);
      expect((await client.packet()).payload[0]).toBe(0x00);
    },
  );

  test("an empty packet is refused", async () => {
    const client = await wire();
    client.send(Buffer.alloc(0));
    expect(await errorOf(client)).toBe(1047);
  });
});

test("a command with a wrong sequence number ends the connection", async () => {
  const client = await wire();
  client.send(Buffer.from([0x0e]), 1);
  await client.packet();
  await expect(client.packet()).rejects.toThrow("closed");
});

test("commands that come before the answer are answered in order", async () => {
  const client = await wire();
  for (let n = 0; n < 5; n++) client.command(0x03, `select ${n}`);
  for (let n = 0; n < 5; n++) {
    const packets = await client.result();
    expect(packets.some((payload) => payload.equals(Buffer.from(`\x01${n}`)))).toBe(true);
  }
});

test("COM_INIT_DB is decided as USE, COM_FIELD_LIST as SHOW COLUMNS", async () => {
  const client = await wire();
  client.command(0x02, "shop");
  expect((await client.packet()).payload[0]).toBe(0x00);
  client.command(0x04, "users\0");
  expect((await client.packet()).payload.subarray(0, 4).toString()).toBe("\x03def");
  const lines = stage.proxied.auditLines().map(({ text }) => text);
  expect(lines).toContain("use `shop`");
  expect(lines).toContain("show columns from `users`");
});

test("COM_STATISTICS and COM_SET_OPTION are answered by the server", async () => {
  const client = await wire();
  client.command(0x09);
  expect((await client.packet()).payload.toString()).toContain("Uptime");
  client.command(0x1b, Buffer.from([0, 0]));
  expect((await client.packet()).payload[0]).toBe(0xfe);
  client.command(0x03, "select 1; select 2");
  expect((await client.result()).at(-1)?.[0]).not.toBe(undefined);
});

test("a session under a mode of another grammar can leave it, and do nothing else", async () => {
  const client = await stage.enter("ann");
  await expect(client.query("set sql_mode = 'ORACLE'")).rejects.toMatchObject({ errno: 1105 });
  await client.query("set @before = @@sql_mode, @mode = 'ORACLE'");
  await client.query("set sql_mode = @mode");
  for (const text of ["select 1", "set sql_mode = (select 1)", "set sql_mode = default, @a = 1"]) {
    await expect(client.query(text)).rejects.toThrow(/another grammar/);
  }
  await client.query("set sql_mode = @before");
  await expect(client.query("select count(*) from users")).resolves.toBeDefined();
  await expect(client.query("select * from secrets")).rejects.toThrow("nobody reads the secrets");
});

test("an id of 64 bits is passed on", async () => {
  const client = await stage.enter("ann", { supportBigNumbers: true, bigNumberStrings: true });
  await client.query(
    "create table wide (id bigint unsigned auto_increment primary key) auto_increment = 18446744073709551000",
  );
  await expect(client.query("insert into wide values (null)")).resolves.toBeDefined();
  const [rows] = await client.query("select last_insert_id() as id, count(*) as n from wide");
  expect(rows).toEqual([{ id: "18446744073709551000", n: "1" }]);
});

test("a session whose database has gone is told so, after code that may have made temporary tables too", async () => {
  const client = await stage.enter("ann");
  await client.query("create database passing");
  await client.query("use passing");
  await client.query("drop database passing");
  await client.query("call shop.two_results()");
  await expect(client.query("select * from users")).rejects.toMatchObject({ errno: 1146 });
  await expect(client.query("select count(*) from shop.users")).resolves.toBeDefined();
});

test("COM_RESET_CONNECTION forgets prepared statements and keeps the database", async () => {
  const client = await wire();
  client.command(0x16, "select name from users");
  const prepared = await client.packet();
  const id = prepared.payload.subarray(1, 5);
  await client.packet();
  await client.packet();
  client.command(0x1f);
  expect((await client.packet()).payload[0]).toBe(0x00);
  client.command(0x17, Buffer.concat([id, Buffer.from([0, 1, 0, 0, 0])]));
  expect(await errorOf(client)).toBe(1243);
  client.command(0x03, "select count(*) from users");
  expect((await client.result()).some((payload) => payload.equals(Buffer.from("\x014")))).toBe(true);
});

describe("prepared statements", () => {
  test("rows that wait in a cursor are fetched, and counted as one execution", async () => {
    const client = await wire();
    client.command(0x16, "select id from users order by id");
    const id = (await client.packet()).payload.subarray(1, 5);
    await client.packet();
    await client.packet();
    // A read-only cursor.
    client.command(0x17, Buffer.concat([id, Buffer.from([1, 1, 0, 0, 0])]));
    for (let n = 0; n < 3; n++) await client.packet();
    const ids: number[] = [];
    for (let fetched = 0; fetched < 3; fetched++) {
      client.command(0x1c, Buffer.concat([id, Buffer.from([2, 0, 0, 0])]));
      for (;;) {
        const { payload } = await client.packet();
        if (payload[0] === 0xfe) break;
        if (payload[0] === 0xff) throw new Error(payload.toString());
        ids.push(payload.readInt32LE(2));
      }
      if (ids.length === 4) break;
    }
    expect(ids).toEqual([1, 2, 3, 4]);
    client.command(0x19, id);
    client.command(0x0e);
    await client.packet();
    const recorded = () => stage.proxied.auditLines().findLast(({ event, rows }) => event === "result" && rows === 4);
    await expect.poll(recorded).toMatchObject({ sqlstate: "00000" });
  });

  test.each([
    ["that is not at its end", "call after_a_cursor(1)"],
    ["that is at its end", "call after_a_cursor(3)"],
    ["of a function's", "select null, reads_a_cursor() from users"],
  ])(
    "rows of a stored program that has used a cursor %s follow at once, and the session goes on",
    async (_which, sql) => {
      const [login, direct] = [stage.proxied.as("ann"), stage.database];
      const [through, server] = [await MysqlConversation.open(login), await MysqlConversation.open(direct)];
      const answersOf = async (client: MysqlConversation) => [
        answerLines(await client.query(sql)),
        preparedAnswerLines(await client.execute(sql, [])),
        answerLines(await client.query("select 5")),
      ];
      expect(await answersOf(through)).toEqual(await answersOf(server));
      through.close();
      server.close();
    },
  );

  test("a statement of another id is unknown, and not the server's business", async () => {
    const client = await wire();
    client.command(0x17, Buffer.from([9, 0, 0, 0, 0, 1, 0, 0, 0]));
    expect(await errorOf(client)).toBe(1243);
    client.command(0x1c, Buffer.from([9, 0, 0, 0, 1, 0, 0, 0]));
    expect(await errorOf(client)).toBe(1243);
    client.command(0x1a, Buffer.from([9, 0, 0, 0]));
    expect(await errorOf(client)).toBe(1243);
  });

  test("long data is sent ahead", async () => {
    const client = await wire();
    client.command(0x16, "insert into blobs values (?, ?)");
    const ok = await client.packet();
    const id = ok.payload.subarray(1, 5);
    for (let n = 0; n < 3; n++) await client.packet();
    client.command(0x18, Buffer.concat([id, Buffer.from([1, 0]), Buffer.from("first ")]));
    client.command(0x18, Buffer.concat([id, Buffer.from([1, 0]), Buffer.from("second")]));
    const bound = Buffer.from([0, 1, 0, 0, 0, 0, 1, 0x03, 0, 0xfc, 0, 7, 0, 0, 0]);
    client.command(0x17, Buffer.concat([id, bound]));
    expect((await client.packet()).payload[0]).toBe(0x00);
    const owner = await stage.direct();
    const [rows] = await owner.query<RowDataPacket[]>("select cast(body as char) as body from blobs where id = 7");
    expect(rows).toEqual([{ body: "first second" }]);
  });

  test("a statement that was prepared is decided anew when policies have changed", async () => {
    const client = await stage.enter("ann");
    expect((await client.execute("select name from users where id = ?", [1]))[0]).toEqual([{ name: "Ann" }]);
    stage.proxied.setPolicies(`package guard\ndeny "no users" if { some t in query.tables; t.name == "users" }`);
    await expect(client.execute("select name from users where id = ?", [1])).rejects.toMatchObject({ errno: 1142 });
    stage.proxied.setPolicies(policy);
    expect((await client.execute("select name from users where id = ?", [1]))[0]).toEqual([{ name: "Ann" }]);
  });
});

describe("several statements in one text", () => {
  test("run together or not at all", async () => {
    const client = await stage.enter("ann", { multipleStatements: true });
    const [results] = await client.query("select 1 as a; select 2 as b");
    expect(results).toEqual([[{ a: 1 }], [{ b: 2 }]]);
    const denied = client.query("insert into users values (9, 'Zoe'); select * from secrets");
    await expect(denied).rejects.toMatchObject({ errno: 1142 });
    const [rows] = await client.query("select * from users where id = 9");
    expect(rows).toEqual([]);
  });

  test.each([
    "set sql_mode = 'ANSI_QUOTES'; select \"secrets\"",
    "set names gbk; select 'x'",
    "set @@session.`SQL_mode` = ''; select 1",
    "set character set latin1; select 1",
  ])("are refused where the first changes how the next is read: %s", async (text) => {
    const client = await stage.enter("ann", { multipleStatements: true });
    await expect(client.query(text)).rejects.toMatchObject({ message: expect.stringMatching("are read") });
  });

  test("may set what changes no reading", async () => {
    const client = await stage.enter("ann", { multipleStatements: true });
    const [results] = await client.query<RowDataPacket[]>("set autocommit = 1; select 3 as c");
    expect(results[1]).toEqual([{ c: 3 }]);
  });

  test("give all results of a procedure", async () => {
    const owner = await stage.direct();
    expect(await owner.query("call two_results()")).toBeDefined();
  });
});

describe("the state of the session", () => {
  test("is followed through sql_mode", async () => {
    const client = await stage.enter("ann");
    await client.query("set sql_mode = 'ANSI_QUOTES'");
    await expect(client.query('select word from "secrets"')).rejects.toMatchObject({ errno: 1142 });
    expect((await client.query('select name from "users" where id = 1'))[0]).toEqual([{ name: "Ann" }]);
    await client.query("set sql_mode = ''");
    expect((await client.query('select "secrets" as s'))[0]).toEqual([{ s: "secrets" }]);
  });

  test("is read as UTF-8 whatever the client's character set, which may then be used for ASCII only", async () => {
    const client = await wire();
    const ask = async (text: string) => {
      client.command(0x03, text);
      return (await client.result()).at(-2) ?? Buffer.alloc(0);
    };
    const errorFor = async (text: string) => {
      client.command(0x03, text);
      return errorOf(client);
    };
    client.command(0x03, "set names latin1");
    expect((await client.packet()).payload[0]).toBe(0x00);
    expect((await ask("select 'plain'")).toString()).toBe("\x05plain");
    expect(await errorFor("select 'ż'")).toBe(1300);
    expect((await ask("select @@character_set_client")).toString()).toBe("\x07utf8mb4");
    expect((await ask("select @@character_set_results")).toString()).toBe("\x06latin1");
    client.command(0x03, "set names utf8mb4");
    expect((await client.packet()).payload[0]).toBe(0x00);
    expect((await ask("select 'ż'")).toString()).toBe("\x02ż");
  });
});

describe("limits of policies", () => {
  test("cut a result after its rows, of texts and of prepared statements", async () => {
    const client = await stage.enter("limited");
    const [rows] = await client.query("select id from users order by id");
    expect(rows).toEqual([{ id: 1 }, { id: 2 }]);
    const [prepared] = await client.execute("select id from users order by id");
    expect(prepared).toEqual([{ id: 1 }, { id: 2 }]);
    expect((await client.query("select 1 as one"))[0]).toEqual([{ one: 1 }]);
  });

  test("cancel a statement that runs too long, and nothing after it", async () => {
    const client = await stage.enter("limited");
    const slow = client.query(
      "select count(*) from information_schema.columns a, information_schema.columns b, information_schema.columns c",
    );
    await expect(slow).rejects.toMatchObject({ errno: 1317, message: expect.stringContaining("1 s") });
    expect((await client.query("select 1 as one"))[0]).toEqual([{ one: 1 }]);
  });
});

describe("KILL", () => {
  const slow =
    "select count(*) from information_schema.columns a, information_schema.columns b, information_schema.columns c";

  test("QUERY ends a statement of one's own, named by the id of the greeting", async () => {
    const [client, other] = [await stage.enter("ann"), await stage.enter("ann")];
    const running = client.query(slow);
    await new Promise((resolve) => setTimeout(resolve, 300));
    await other.query(`KILL QUERY ${client.threadId}`);
    await expect(running).rejects.toMatchObject({ errno: 1317 });
    expect((await client.query("select 1 as one"))[0]).toEqual([{ one: 1 }]);
  });

  test("of somebody else's connection finds none", async () => {
    const [client, other] = [await stage.enter("ann"), await stage.enter("limited")];
    await expect(other.query(`kill ${client.threadId}`)).rejects.toMatchObject({ errno: 1094 });
    expect((await client.query("select 1 as one"))[0]).toEqual([{ one: 1 }]);
  });

  test("ends a connection", async () => {
    const [client, other] = [await stage.enter("ann"), await stage.enter("ann")];
    await other.query(`kill connection ${client.threadId}`);
    await expect(client.query("select 1")).rejects.toBeDefined();
  });
});

test("LOAD DATA LOCAL is not offered, and refused", async () => {
  const client = await stage.enter("ann");
  await expect(client.query("load data local infile '/etc/passwd' into table users")).rejects.toBeDefined();
  expect((await client.query("select 1 as one"))[0]).toEqual([{ one: 1 }]);
});

test("values of more than one packet are passed on", async () => {
  const owner = await stage.direct();
  await owner.query("set global max_allowed_packet = 64 * 1024 * 1024");
  const client = await stage.enter("ann");
  const body = Buffer.alloc(17 * 1024 * 1024, "z");
  await client.execute("insert into blobs values (?, ?)", [8, body]);
  const [rows] = await client.query("select length(body) as bytes from blobs where id = 8");
  expect(rows).toEqual([{ bytes: body.length }]);
});

test("a statement of more than one packet is decided and answered", async () => {
  const client = await stage.enter("ann");
  const owner = await stage.direct();
  await owner.query("set global max_allowed_packet = 64 * 1024 * 1024");
  const fresh = await stage.enter("ann");
  const [rows] = await fresh.query<RowDataPacket[]>("select repeat('x', 17 * 1024 * 1024) as long_text");
  expect(String(rows[0]?.["long_text"]).length).toBe(17 * 1024 * 1024);
  await expect(client.query(`select '${"y".repeat(17 * 1024 * 1024)}'`)).rejects.toMatchObject({ errno: 1105 });
  expect((await client.query("select 1 as one"))[0]).toEqual([{ one: 1 }]);
});
