/**
 * PREPARE, EXECUTE, EXECUTE IMMEDIATE and DEALLOCATE as statements: what they prepare is decided and rewritten as if it came by itself, and
 * what EXECUTE runs is what the proxy takes it for.
 */
import type { RowDataPacket } from "mysql2";
import type { Connection } from "mysql2/promise";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type MysqlStage, startMysqlStage } from "../../support/mysql-stage.ts";
import { errorNumber, MysqlWireClient } from "../../support/mysql-wire-client.ts";

const setup = `
  create table customers (id int primary key, email varchar(40), region varchar(8));
  insert into customers values (1, 'hidden-1@x', 'EU'), (2, 'hidden-2@x', 'US');
  create table visits (id int primary key, place varchar(40), seen int);
  insert into visits values (1, 'shown', 1), (2, 'hidden place', 0);
  create table free (id int primary key, word varchar(40));
  insert into free values (1, 'word'), (2, 'other');
  create view addresses as select id, email from customers;
  create procedure prepares(in t text) begin execute immediate concat('prepare ', 's from ', quote(t)); end;
  create procedure works(in n int) begin select n as n; select word from free where id = n; end;
  create table guarded_log (id int);
  create database other;
  create table other.customers (id int, email varchar(40));
  insert into other.customers values (1, 'other');
`;

const policy = `package test
guarded if not "dba" in principal.groups
mask shop.customers.email with redact() if guarded
filter shop.visits as row where row.seen == 1 if guarded
deny "nobody deletes" if { query.kind == "delete"; guarded }
limit rows 1 if { query.kind == "select"; some t in query.tables; t.name == "free"; principal.name == "limited" }
`;

let stage: MysqlStage;
let ann: Connection;
beforeAll(async () => {
  stage = await startMysqlStage({
    setup,
    policy,
    users: [
      { name: "ann", kind: "human" },
      { name: "limited", kind: "human" },
      { name: "dba", kind: "human", groups: ["dba"] },
    ],
  });
});
afterAll(() => stage.stop());
beforeEach(async () => {
  ann = await stage.enter("ann", { multipleStatements: true });
});
afterEach(() => ann.end());

async function answer(sql: string, client = ann): Promise<string> {
  return client.query<RowDataPacket[]>(sql).then(
    ([rows]) => JSON.stringify(rows),
    (error: unknown) => String(error),
  );
}

/** The answer to the last one. */
async function after(...statements: readonly string[]): Promise<string> {
  for (const sql of statements.slice(0, -1)) await ann.query(sql);
  return answer(statements.at(-1) ?? "");
}

const masked = '[{"email":"***"},{"email":"***"}]';
const shown = '[{"place":"shown"}]';

describe("what is prepared is rewritten", () => {
  test.each<[string, readonly string[], string]>([
    ["a mask", ["prepare s from 'select email from customers'", "execute s"], masked],
    ["a filter", ["prepare s from 'select place from visits'", "execute s"], shown],
    ["a view", ["prepare s from 'select email from addresses'", "execute s"], masked],
    ["in double quotes", ['prepare s from "select email from customers"', "execute s"], masked],
    ["at once", ["execute immediate 'select place from visits'"], shown],
    ["from a variable", ["set @q = 'select email from customers'", "prepare s from @q", "execute s"], masked],
    ["from a variable, at once", ["set @q = 'select email from customers'", "execute immediate @q"], masked],
    [
      "from a variable of bytes",
      ["set @q = 0x73656c65637420656d61696c2066726f6d20637573746f6d657273", "prepare s from @q", "execute s"],
      masked,
    ],
    ["from what is computed", ["set @t = 'customers'", "execute immediate concat('select email from ', @t)"], masked],
    [
      "with a value",
      ["prepare s from 'select email from customers where id = ?'", "set @i = 2", "execute s using @i"],
      '[{"email":"***"}]',
    ],
    ["with several", ["execute immediate 'select ? + ? as n' using 1, 2"], '[{"n":3}]'],
    [
      "with quotes and backslashes in it",
      ["prepare s from 'select email, ''it\\\\''s'' as w from customers where id = 1'", "execute s"],
      '[{"email":"***","w":"it\'s"}]',
    ],
    [
      "under a mode without backslashes",
      [
        "set sql_mode = 'NO_BACKSLASH_ESCAPES'",
        "prepare s from 'select email, ''\\'' as w from customers where id = 1'",
        "execute s",
      ],
      '[{"email":"***","w":"\\\\"}]',
    ],
    [
      "under a mode with names in double quotes",
      ["set sql_mode = 'ANSI_QUOTES'", 'prepare s from \'select "email" from "customers" where id = 1\'', "execute s"],
      '[{"email":"***"}]',
    ],
    [
      "behind SET sql_select_limit",
      ["set sql_select_limit = 1", "set @q = 'select email from customers'", "prepare s from @q", "execute s"],
      '[{"email":"***"}]',
    ],
    ["in another case", ["prepare Stmt from 'select email from customers'", "execute `sTMT`"], masked],
    [
      "in one text",
      ["prepare s from 'select place from visits'; execute s; deallocate prepare s"],
      `[{"fieldCount":0},${shown},{"fieldCount":0}]`,
    ],
  ])("%s", async (_, statements, expected) => {
    expect(withoutCounts(await after(...statements))).toBe(expected);
  });
});

/** OK packets as mysql2 shows them, in short. */
function withoutCounts(printed: string): string {
  return printed.replaceAll(/\{"fieldCount":0,[^}]*\}/g, '{"fieldCount":0}');
}

describe("what scripts do", () => {
  test.each<[string, readonly string[], string]>([
    [
      "DDL if something is not there yet",
      [
        "set @s = (select if(count(*) > 0, 'do 0', 'create table made (id int)') from information_schema.tables where table_schema = database() and table_name = 'made')",
        "prepare stmt from @s",
        "execute stmt",
        "deallocate prepare stmt",
        "insert into made values (7)",
        "select id from made",
      ],
      '[{"id":7}]',
    ],
    [
      "changes with values",
      [
        "prepare ins from 'insert into free values (?, ?)'",
        "set @i = 10, @w = 'ten'",
        "execute ins using @i, @w",
        "set @i = 11",
        "execute ins using @i, @w",
        "drop prepare ins",
        "select count(*) as n from free where id >= 10",
      ],
      '[{"n":2}]',
    ],
    ["SET in it", ["execute immediate 'set @x = 5'", "select @x as x"], '[{"x":5}]'],
    ["USE in it", ["execute immediate 'use other'", "select email from customers"], '[{"email":"other"}]'],
    [
      "sql_mode in it",
      [
        "prepare m from 'set sql_mode = \"ANSI_QUOTES\"'",
        "execute m",
        'select "email" from "customers" where "id" = 1',
      ],
      '[{"email":"***"}]',
    ],
    [
      "a temporary table in it",
      [
        "execute immediate 'create temporary table customers (email varchar(9))'",
        "insert into customers values ('mine')",
        "select email from customers",
      ],
      '[{"email":"mine"}]',
    ],
    [
      "a temporary table gone by it",
      [
        "create temporary table customers (email varchar(9))",
        "prepare d from 'drop temporary table customers'",
        "execute d",
        "select email from customers where id = 1",
      ],
      '[{"email":"***"}]',
    ],
    ["SHOW in it", ["execute immediate 'show warnings'"], "[]"],
    [
      "SHOW of a status in it",
      ["prepare s from 'show status like ''Ssl_cipher'''", "execute s"],
      '[{"Variable_name":"Ssl_cipher","Value":""}]',
    ],
    [
      "an index of what SHOW CREATE TABLE shows",
      ["prepare s from 'show create table visits'", "execute s", "select 1 as one"],
      '[{"one":1}]',
    ],
  ])("%s", async (_, statements, expected) => {
    expect(await after(...statements)).toBe(expected);
  });

  test("results of a procedure", async () => {
    const printed = withoutCounts(await after("prepare p from 'call works(?)'", "set @n = 1", "execute p using @n"));
    expect(printed).toBe('[[{"n":1}],[{"word":"word"}],{"fieldCount":0}]');
    expect(await answer("select 1 as one")).toBe('[{"one":1}]');
  });
});

describe("refused", () => {
  test.each<[string, readonly string[], string]>([
    ["by a rule", ["prepare s from 'delete from free'"], "nobody deletes"],
    ["by a rule, at once", ["execute immediate 'delete from free'"], "nobody deletes"],
    ["by a rule, from a variable", ["set @q = 'delete from free'", "prepare s from @q"], "nobody deletes"],
    ["what the server could not read", ["prepare s from 'selec 1'"], "in the text of PREPARE"],
    ["several statements", ["prepare s from 'select 1; select 2'"], "must be one statement"],
    ["none", ["prepare s from ''"], "must be one statement"],
    ["PREPARE in PREPARE", ["prepare s from 'prepare t from ''select 1'''"], "prepare as a given text"],
    ["EXECUTE in PREPARE", ["prepare s from 'execute t'"], "execute as a given text"],
    ["what is NULL", ["prepare s from @never_set"], "is NULL"],
    ["an unknown name", ["execute nobody"], "Unknown prepared statement handler (nobody)"],
    ["a strange name", ["prepare `é` from 'select 1'"], "up to 64 characters of ASCII"],
    ["a name with a space", ["prepare `s ` from 'select 1'"], "up to 64 characters of ASCII"],
    ["a variable that the text itself sets", ["set @q = 'select 1'; prepare s from @q"], "one by one"],
    ["a subquery in USING", ["execute immediate 'select ?' using (select email from customers limit 1)"], "USING"],
    ["a role in it", ["execute immediate 'set role x'"], "role"],
    [
      "what stands behind an EXECUTE that changes names",
      [
        "create temporary table customers (email varchar(9))",
        "prepare d from 'drop temporary table customers'",
        "execute d; select email from customers",
      ],
      "one by one",
    ],
    [
      "what stands behind an EXECUTE that changes the mode",
      ["prepare m from 'set sql_mode = ansi_quotes'", "execute m; select 1"],
      "one by one",
    ],
    [
      "within SET STATEMENT",
      ["prepare s from 'select 1'", "set statement max_statement_time = 1 for execute s"],
      "EXECUTE within",
    ],
    [
      "a text that the connection's characters cannot hold",
      ["set character_set_connection = swe7", "prepare s from 'select \"\\\\\\\\\"'"],
      "SET NAMES",
    ],
  ])("%s", async (_, statements, expected) => {
    expect(await after(...statements)).toContain(expected);
  });

  test.each([
    ["a text that fails", "prepare s from 'select nothing from free'"],
    ["a text that is refused", "prepare s from 'delete from free'"],
    ["a text that cannot be read", "prepare s from 'selec'"],
  ])("a name is forgotten by %s, as by the server", async (_, sql) => {
    await ann.query("prepare s from 'select 1 as one'");
    await answer(sql);
    expect(await answer("execute s")).toContain("Unknown prepared statement handler");
  });

  test("COM_RESET_CONNECTION and COM_CHANGE_USER forget names", async () => {
    const client = new MysqlWireClient(await stage.enter("ann"));
    client.command(0x03, "prepare s from 'select 1 as one'");
    expect((await client.packet()).payload[0]).toBe(0x00);
    client.command(0x1f);
    expect((await client.packet()).payload[0]).toBe(0x00);
    client.command(0x03, "execute s");
    expect(errorNumber(await client.packet())).toBe(1243);
    await ann.query("prepare s from 'select 1 as one'");
    await ann.changeUser(stage.proxied.as("ann"));
    expect(await answer("execute s")).toContain("Unknown prepared statement handler");
  });

  test("the statements are not for COM_STMT_PREPARE", async () => {
    const client = new MysqlWireClient(await stage.enter("ann"));
    for (const sql of ["prepare s from 'select 1'", "execute s", "deallocate prepare s", "drop prepare s"]) {
      client.command(0x16, sql);
      expect(errorNumber(await client.packet())).toBe(1295);
    }
  });
});

test("a variable that changes behind PREPARE changes nothing of what runs", async () => {
  const script = ["set @q = 'select place from visits'", "prepare s from @q", "set @q = 'select 2'", "execute s"];
  expect(await after(...script)).toBe(shown);
});

test("a limit holds for what is executed", async () => {
  const limited = await stage.enter("limited");
  await limited.query("prepare s from 'select word from free order by id'");
  expect(await answer("execute s", limited)).toBe('[{"word":"word"}]');
});

test("what is recorded has the statement inside, and no password of it", async () => {
  const dba = await stage.enter("dba");
  await dba.query("prepare s from 'select word from free where id = ?'");
  await dba.query("set @i = 1");
  await dba.query("execute s using @i");
  await dba.query("set @q = 'create user somebody identified by \"sesame-1\"'");
  await dba.query("prepare c from @q");
  await dba.query("deallocate prepare c");
  const lines = stage.proxied.auditLines();
  const executed = lines.findLast(({ text, kind }) => text === "execute s using @i" && kind !== undefined);
  expect(executed).toMatchObject({
    kind: "execute",
    prepared: { text: "select word from free where id = ?", kind: "select", tables: ["shop.free"] },
  });
  expect(JSON.stringify(lines)).not.toContain("sesame");
  expect(lines.map(({ text }) => text)).toContain("prepare c from 'create user somebody identified by ''***'''");
});

describe("when policies change", () => {
  afterEach(() => stage.proxied.setPolicies(policy));
  const stricter = `${policy}mask shop.free.word with redact() if guarded\n`;

  test("a name means the new text", async () => {
    await ann.query("prepare s from 'select word from free where id = 1'");
    stage.proxied.setPolicies(stricter);
    expect(await answer("execute s")).toBe('[{"word":"***"}]');
    stage.proxied.setPolicies(policy);
    expect(await answer("execute s")).toBe('[{"word":"word"}]');
  });

  test("in another database than then, it has to be prepared anew", async () => {
    await ann.query("prepare s from 'select word from free where id = 1'");
    await ann.query("use other");
    expect(await answer("execute s")).toBe('[{"word":"word"}]');
    stage.proxied.setPolicies(stricter);
    expect(await answer("execute s")).toContain("prepare it again");
  });
});

test("code that may have prepared another statement by a name makes it unsure", async () => {
  const dba = await stage.enter("dba");
  await dba.query("prepare s from 'select 1 as one'");
  await dba.query("call prepares('select 2 as one')").catch(() => undefined);
  expect(await answer("execute s", dba)).toContain("prepare it again");
  await dba.query("prepare s from 'select 3 as one'");
  expect(await answer("execute s", dba)).toBe('[{"one":3}]');
});
