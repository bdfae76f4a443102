/**
 * Temporary tables, which the server lists nowhere: a session uses its own like any table, and while one hides a table of which something is
 * hidden, the proxy takes neither for the other.
 */
import type { RowDataPacket } from "mysql2";
import type { Connection } from "mysql2/promise";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type MysqlStage, startMysqlStage } from "../../support/mysql-stage.ts";
import { MysqlWireClient } from "../../support/mysql-wire-client.ts";

const setup = `
  create table customers (id int primary key, email varchar(40), region varchar(8));
  insert into customers values (1, 'hidden-1@x', 'EU'), (2, 'hidden-2@x', 'US');
  create table visits (id int primary key, place varchar(40), seen int);
  insert into visits values (1, 'shown', 1), (2, 'hidden place', 0);
  create table free (id int primary key, word varchar(40));
  insert into free values (1, 'word');
  create view addresses as select id, email from customers;
  create view starts as select id, left(email, 3) as start from customers where email like 'hidden%';
  create table watched (id int);
  create trigger forgets before insert on watched for each row drop temporary table if exists shop.customers;
  create function forget() returns int begin drop temporary table if exists shop.customers; return 1; end;
  create function mail() returns varchar(40) reads sql data return (select email from customers limit 1);
  create table noted (id int, what varchar(40));
  create table marked (id int);
  create trigger notes before insert on marked for each row insert into noted select id, email from customers;
  create procedure work() begin create temporary table made (id int, word varchar(10)); insert into made values (7, 'made'); end;
  create database other;
  create table other.customers (id int, email varchar(40));
  insert into other.customers values (1, 'other');
`;

const policy = `package test
guarded if not "dba" in principal.groups
mask shop.customers.email with redact() if guarded
filter shop.visits as row where row.seen == 1 if guarded
label column as "pii" if { column.name == "iban"; column.schema != "temporary:shop" }
mask column with null() if { column.label == "pii"; guarded }
`;

let stage: MysqlStage;
let ann: Connection;
let dba: Connection;
beforeAll(async () => {
  stage = await startMysqlStage({ setup, policy });
});
afterAll(() => stage.stop());
beforeEach(async () => {
  [ann, dba] = await Promise.all([
    stage.enter("ann", { multipleStatements: true }),
    stage.enter("dba", { multipleStatements: true }),
  ]);
});
afterEach(async () => {
  await ann.end();
  await dba.end();
});

async function answer(sql: string, client = ann): Promise<string> {
  return client.query<RowDataPacket[]>(sql).then(
    ([rows]) => JSON.stringify(rows),
    (error: unknown) => String(error),
  );
}

async function run(...statements: readonly string[]): Promise<void> {
  for (const sql of statements) await ann.query(sql);
}

describe("a session uses its own temporary tables", () => {
  test.each<[string, readonly string[], string, string]>([
    [
      "made of columns",
      ["create temporary table t (id int, w varchar(9))", "insert into t values (1, 'a')"],
      "select id, w from t",
      '[{"id":1,"w":"a"}]',
    ],
    [
      "made of a query",
      ["create temporary table t as select id, word from free"],
      "select t.word from t join free using (id)",
      '[{"word":"word"}]',
    ],
    [
      "made like another",
      ["create temporary table t like free", "insert into t select * from free"],
      "select * from shop.t",
      '[{"id":1,"word":"word"}]',
    ],
    [
      "made like what it hides",
      ["create temporary table free like visits"],
      "select count(place) as n from free",
      '[{"n":0}]',
    ],
    [
      "if it is not there",
      ["create temporary table if not exists free (x int)", "create temporary table if not exists free (y int)"],
      "select count(x) as n from free",
      '[{"n":0}]',
    ],
    [
      "in another database",
      ["create temporary table other.t (x int)", "insert into other.t values (3)", "use other"],
      "select x from t",
      '[{"x":3}]',
    ],
    [
      "altered",
      [
        "create temporary table t (a int)",
        "alter table t add b int default 5, change a c int",
        "insert into t (c) values (4)",
      ],
      "select b, c from t",
      '[{"b":5,"c":4}]',
    ],
    [
      "renamed by ALTER",
      ["create temporary table t (a int)", "alter table t rename to u"],
      "select count(a) as n from u",
      '[{"n":0}]',
    ],
    [
      "renamed by RENAME",
      ["create temporary table t (a int)", "rename table t to u"],
      "select count(a) as n from u",
      '[{"n":0}]',
    ],
    [
      "with an index",
      ["create temporary table t (a int)", "create index i on t (a)", "truncate table t"],
      "select count(a) as n from t",
      '[{"n":0}]',
    ],
    [
      "made anew",
      ["create temporary table t (a int)", "create or replace temporary table t (b int)"],
      "select count(b) as n from t",
      '[{"n":0}]',
    ],
    [
      "changed by rows",
      [
        "create temporary table t (a int)",
        "insert into t values (1), (2), (3)",
        "update t set a = 9 where a = 2",
        "delete from t where a = 1",
      ],
      "select a from t order by a",
      '[{"a":3},{"a":9}]',
    ],
    ["a sequence", ["create temporary sequence s"], "select nextval(s) as n", '[{"n":1}]'],
    [
      "described",
      ["create temporary table t (a int)"],
      "describe t",
      '[{"Field":"a","Type":"int(11)","Null":"YES","Key":"","Default":null,"Extra":""}]',
    ],
    [
      "dropped",
      ["create temporary table free (x int)", "drop temporary table free"],
      "select word from free",
      '[{"word":"word"}]',
    ],
    [
      "dropped where there is none",
      ["drop temporary table if exists t", "drop table if exists t"],
      "select 1 as one",
      '[{"one":1}]',
    ],
    [
      "given its own rows of a view",
      ["create temporary table t as select * from addresses"],
      "select email from t order by id",
      '[{"email":"***"},{"email":"***"}]',
    ],
  ])("%s", async (_, statements, query, expected) => {
    await run(...statements);
    expect(await answer(query)).toBe(expected);
  });

  test("in one text", async () => {
    const [results] = await ann.query<RowDataPacket[][]>(
      "drop temporary table if exists t; create temporary table t as select id, email from customers; insert into t select id, email from customers; select distinct email from t",
    );
    expect(results.at(-1)).toEqual([{ email: "***" }]);
    expect(await answer("select count(*) as n from t")).toBe('[{"n":4}]');
  });

  test("by statements that the driver prepares", async () => {
    await ann.execute("create temporary table t (id int, w varchar(9))");
    await ann.execute("insert into t values (?, ?)", [1, "a"]);
    const [rows] = await ann.execute("select w from t where id = ?", [1]);
    expect(rows).toEqual([{ w: "a" }]);
  });

  test("no other session knows of them", async () => {
    await run("create temporary table free (mine int)");
    expect(await answer("select word from free", dba)).toBe('[{"word":"word"}]');
  });

  test("whatever a procedure has made that policies let run", async () => {
    await dba.query("call work()");
    expect(await answer("select word from made", dba)).toBe('[{"word":"made"}]');
    expect(await answer("update made set word = 'more' where id = 7", dba)).toContain('"affectedRows":1');
    await dba.query("drop temporary table made");
    expect(await answer("select word from made", dba)).toMatch(/doesn't exist/);
  });

  test("a column of a temporary table has the labels that rules give it", async () => {
    await run("create temporary table t (iban varchar(9))", "insert into t values ('mine')");
    expect(await answer("select iban from t")).toBe('[{"iban":"mine"}]');
    await run("create temporary table other.t (iban varchar(9))");
    expect(await answer("insert into other.t (iban) values ('mine')")).toContain('"affectedRows":1');
    expect(await answer("select iban, length(iban) as size from other.t")).not.toMatch(/mine|"size":"?4/);
  });
});

describe("what they hold is what their session has read", () => {
  test("masked values, and rows that the filter leaves", async () => {
    await run("create temporary table t as select id, email from customers");
    await run("create temporary table u as select * from visits");
    await run("create temporary table v (e varchar(40))", "insert into v select email from customers");
    await run("replace into v select email from customers");
    expect(await answer("select distinct email from t")).toBe('[{"email":"***"}]');
    expect(await answer("select place from u")).toBe('[{"place":"shown"}]');
    expect(await answer("select distinct e from v")).toBe('[{"e":"***"}]');
  });

  test("one may hide what it is made of", async () => {
    await run("create temporary table customers as select * from customers");
    expect(await answer("select distinct email from customers")).toBe('[{"email":"***"}]');
    await run("create temporary table visits as select v.* from visits v join shop.customers c using (id)");
    expect(await answer("select place from visits")).toBe('[{"place":"shown"}]');
  });

  test("one that hides a masked table shows what was put into it", async () => {
    await run("create temporary table customers (id int, email varchar(40))");
    await run("insert into customers values (1, 'my own')");
    expect(await answer("select email from customers")).toBe('[{"email":"my own"}]');
    expect(await answer("select shop.customers.email from shop.customers")).toBe('[{"email":"my own"}]');
    await run("update customers set email = 'mine' where email = 'my own'");
    expect(await answer("select c.* from customers c")).toBe('[{"id":1,"email":"mine"}]');
    // Views mean the table that is hidden.
    expect(await answer("select email from addresses where id = 1")).toBe('[{"email":"***"}]');
    expect(await answer("select start from starts")).toMatch(/your temporary table/);
    expect(await answer("select email from other.customers")).toBe('[{"email":"other"}]');
  });
});

const make = "create temporary table customers (id int, email varchar(40), region varchar(8))";

/** After these the name means the masked table, whatever it meant before. */
const endings: readonly (readonly [string, ...string[]])[] = [
  ["drop temporary table customers"],
  ["drop table customers"],
  ["drop table if exists shop.customers"],
  ["drop table customers, nothing"],
  ["alter table customers rename to mine"],
  ["rename table customers to mine"],
  ["rename table customers to mine, free to other_name, other_name to free"],
  // The old one is gone, and there is no new one.
  ["create or replace temporary table customers as select id, (select 1 union select 2) as two from free"],
];

describe("when a temporary table is gone, its name means the masked table again", () => {
  test.each(endings)("%s", async (ending) => {
    await run(make, "insert into customers values (1, 'own', 'EU')");
    expect(await answer("select email from customers")).toBe('[{"email":"own"}]');
    await answer(ending);
    expect(await answer("select * from customers")).not.toMatch(/hidden-|own/);
    expect(await answer("select email from customers where id = 1")).toBe('[{"email":"***"}]');
    expect(await answer("select id from customers where email = 'hidden-1@x'")).toBe("[]");
  });

  test("in the text that drops it", async () => {
    for (const ending of [
      "drop temporary table customers",
      "drop table customers",
      "rename table customers to mine",
      "alter table customers rename mine, add z int",
    ]) {
      await run(make);
      const told = await answer(`${ending}; select email, id from customers`);
      expect(told).not.toMatch(/hidden-/);
      expect(told).toContain("***");
      await run("drop temporary table if exists mine");
    }
  });

  test("made and dropped in one text", async () => {
    const told = await answer(
      `${make}; insert into customers values (1, 'own', 'EU'); select email from customers; drop table customers`,
    );
    expect(told).toContain("own");
    // Of whose results the server would say that they come from the masked table.
    expect(
      await answer(`${make}; select email from customers; drop table customers; select email from customers`),
    ).toMatch(/one by one/);
  });

  test("by COM_RESET_CONNECTION", async () => {
    await run(make);
    const client = new MysqlWireClient(ann);
    client.command(0x1f);
    expect((await client.packet()).payload[0]).toBe(0x00);
    client.command(0x03, "select email from customers");
    expect((await client.result()).join()).not.toMatch(/hidden-/);
  });

  test("by a trigger or function of the server's", async () => {
    await run(make, "insert into customers values (1, 'own', 'EU')");
    await answer("insert into watched values (1)");
    expect(await answer("select email from customers where id = 1")).not.toMatch(/hidden-/);
    await run("drop temporary table if exists customers", make);
    await answer("select forget()");
    expect(await answer("select email from customers where id = 1")).not.toMatch(/hidden-/);
    await run("drop temporary table if exists customers", make);
    expect(await answer("insert into watched values (1); select email from customers")).not.toMatch(/hidden-/);
    expect(await answer("select forget(); select email from customers")).not.toMatch(/hidden-/);
  });

  test("for functions and triggers, which mean what the session does", async () => {
    await run(make, "insert into customers values (1, 'own', 'EU')");
    expect(await answer("select mail() as mail")).toBe('[{"mail":"own"}]');
    await run("insert into marked values (1)");
    expect(await answer("select what from noted")).toBe('[{"what":"own"}]');
    for (const sql of ["select mail()", "insert into marked values (2)"]) {
      for (const ending of [
        "drop table customers",
        "rename table customers to mine",
        "alter table customers rename mine",
      ]) {
        expect(await answer(`${ending}; ${sql}`)).toMatch(/earlier statement of th/);
      }
    }
    const prepared = await ann.prepare("select mail()");
    await run("drop temporary table customers");
    await expect(prepared.execute([])).rejects.toMatchObject({ errno: 1142 });
    expect(await answer("select mail()")).toMatch(/hidden from you/);
    expect(await answer("insert into marked values (3)")).toMatch(/hidden from you/);
    await ann.query("delete from noted where id = 1");
  });

  test("where the server would no longer find it by the session's number", async () => {
    await run(make, "insert into customers values (1, 'own', 'EU')");
    for (const set of [
      "pseudo_thread_id = 77",
      "@@session.server_id = 77",
      "@@pseudo_thread_id = default",
      "local server_id = default",
    ]) {
      await answer(`set ${set}`);
      expect({ set, got: await answer("select email from customers where id = 1") }).not.toMatchObject({
        got: expect.stringMatching(/hidden-/),
      });
      expect({ set, got: await answer(`set ${set}; select email from customers`) }).not.toMatchObject({
        got: expect.stringMatching(/hidden-/),
      });
    }
    for (const set of [
      "pseudo_thread_id = 77",
      "server_id = 77",
      "pseudo_thread_id = default",
      "server_id = default",
    ]) {
      expect({ set, got: await answer(`set statement ${set} for select email from customers`) }).not.toMatchObject({
        got: expect.stringMatching(/hidden-/),
      });
      expect({ set, got: await answer(`set statement ${set} for select mail()`) }).not.toMatchObject({
        got: expect.stringMatching(/hidden-/),
      });
    }
    // Of those from whom nothing is hidden too: policies may change.
    await dba.query("create temporary table free (mine int)");
    await dba.query("set pseudo_thread_id = 77");
    expect(await answer("select word from free", dba)).toBe('[{"word":"word"}]');
  });

  test("for statements that were prepared before", async () => {
    await run(make, "insert into customers values (1, 'own', 'EU')");
    const prepared = await ann.prepare("select email from customers where id = ?");
    expect((await prepared.execute([1]))[0]).toEqual([{ email: "own" }]);
    await run("drop temporary table customers");
    expect((await prepared.execute([1]))[0]).toEqual([{ email: "***" }]);
    await run(make, "insert into customers values (1, 'own', 'EU')");
    expect((await prepared.execute([1]))[0]).toEqual([{ email: "own" }]);
  });

  test("where it could never be made", async () => {
    for (const sql of [
      "create temporary table customers (id int, id int)",
      "create temporary table customers as select 1 as a, 2 as a",
      "create temporary table customers as select no_such from free",
      "create temporary table nowhere.customers (id int, email varchar(10))",
    ]) {
      await answer(sql);
      expect(await answer("select email from customers where id = 1")).toBe('[{"email":"***"}]');
      expect(await answer(`${sql}; select email from customers`)).not.toMatch(/hidden-/);
    }
  });
});

test("a table that is no temporary one is made and dropped behind it", async () => {
  await run("create temporary table free (x int)");
  await dba.query("create temporary table made_by_dba (x int); create table made_by_dba (y int)");
  expect(await answer("select count(x) as n from made_by_dba", dba)).toBe('[{"n":0}]');
  await dba.query("drop table made_by_dba");
  expect(await answer("select count(y) as n from made_by_dba", dba)).toBe('[{"n":0}]');
  await dba.query("drop table made_by_dba");
});

test("nothing of all this was a fault of the proxy", () => {
  expect(stage.proxied.events.filter(({ kind }) => kind === "origin_leak" || kind === "fault")).toEqual([]);
  expect(stage.proxied.faults).toEqual([]);
});
