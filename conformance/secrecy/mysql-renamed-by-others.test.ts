/**
 * As `renamed-by-others.test.ts`, of MySQL: what somebody renames from whom nothing is hidden stays hidden, through the proxy or directly at the
 * server, whether or not the proxy's login sees by what numbers InnoDB knows its tables.
 */
import type { Connection } from "mysql2/promise";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type MysqlStage, startMysqlStage } from "../support/mysql-stage.ts";

/** @param ssn the column that is masked by its path */
const policyOf = (ssn: string) => `package test
guarded if not "dba" in principal.groups
mask ${ssn} with redact() if guarded
label column as "pii.mail" if column.name == "mail"
mask column with null() if { column.label == "pii.mail"; guarded }
mask shop.shown.number with redact() if guarded
mask shop.parts.secret with redact() if guarded
mask shop.plain.secret with redact() if guarded
filter shop.tasks as row where row.done == 1 if guarded
deny "wages are for others" if {
  some table in query.tables
  table.path == "shop.wages"
  guarded
}
deny "this is counted only" if {
  some column in query.columns
  column.path == "shop.counted.n"
  "output" in column.uses
  guarded
}`;

const setup = `
create table people (id int, ssn varchar(20), mail varchar(20), note varchar(20)); insert into people values (1, '078-hidden', 'hidden@mail', 'a note');
create table other (id int, ssn varchar(20), note varchar(20)); insert into other values (7, 'free text', 'free note');
create table twin (id int, ssn varchar(20), mail varchar(20), note varchar(20)); insert into twin values (9, 'twin text', null, 'twin note');
create table parts (id int, secret varchar(20)) partition by list (id) (partition p1 values in (1), partition p2 values in (2)); insert into parts values (1, 'hidden part');
create table plain (id int, secret varchar(20), word varchar(20)) engine=myisam; insert into plain values (1, 'hidden plain', 'word');
create table tasks (id int, done int, title varchar(20)); insert into tasks values (1, true, 'seen'), (2, false, 'hidden task');
create table wages (id int, amount int); insert into wages values (1, 424242);
create table counted (id int, n int); insert into counted values (1, 535353);
create view shown as select id, concat('0', id) as number, note from people;
`;

interface Renaming {
  readonly name: string;
  readonly changes: readonly string[];
  /** Nothing hidden may come back. */
  readonly attack: readonly string[];
  /** Each gives rows. */
  readonly twin: readonly string[];
  /** Without numbers of tables nobody could tell. */
  readonly needsNumbers?: true;
}

const renamings: readonly Renaming[] = [
  {
    name: "a column by CHANGE",
    changes: ["alter table people change ssn x varchar(20)"],
    attack: ["select x from people", "select * from people", "table people", "select concat(x, note) from people"],
    twin: ["select note from people", "select count(x) from people"],
  },
  {
    name: "a column by RENAME COLUMN",
    changes: ["alter table people rename column ssn to x"],
    attack: ["select x from people"],
    twin: ["select note from people"],
  },
  {
    name: "a column, with another type",
    changes: ["alter table people change ssn x text not null"],
    attack: ["select x from people"],
    twin: ["select note from people"],
  },
  {
    name: "a column, to another place",
    changes: ["alter table people change ssn x varchar(20) after note"],
    attack: ["select x from people"],
    twin: ["select note from people"],
  },
  {
    name: "a column, where others come and go",
    changes: ["alter table people change ssn x varchar(20), drop mail, add more int"],
    attack: ["select x from people"],
    twin: ["select note from people", "select id from people"],
  },
  {
    name: "a column that a label is for",
    changes: ["alter table people rename column mail to contact"],
    attack: ["select contact from people"],
    twin: ["select note from people"],
  },
  {
    name: "a column, and a new one in its place",
    changes: ["alter table people rename column ssn to x, add ssn varchar(20) default '078-hidden again'"],
    attack: ["select x from people", "select ssn from people", "select * from people"],
    twin: ["select note from people"],
  },
  {
    name: "a column, twice",
    changes: ["alter table people rename column ssn to x", "alter table people rename column x to y"],
    attack: ["select y from people", "table people"],
    twin: ["select note from people"],
  },
  {
    name: "two columns that change names",
    changes: ["alter table people rename column ssn to note, rename column note to ssn"],
    attack: ["select note from people", "table people"],
    twin: ["select id from people"],
  },
  {
    name: "two columns, of which one takes the name of the other",
    changes: ["alter table people rename column ssn to x, rename column note to ssn"],
    attack: ["select x from people", "table people"],
    twin: ["select id from people"],
  },
  {
    name: "a column that is dropped and made again",
    changes: ["alter table people drop ssn", "alter table people add ssn varchar(20) default '078-hidden'"],
    attack: ["select ssn from people"],
    twin: ["select note from people"],
  },
  {
    name: "a table by RENAME TABLE",
    changes: ["rename table people to x"],
    attack: ["select ssn from x", "table x", "select mail from x", "select concat(ssn) from x"],
    twin: ["select note from x"],
  },
  {
    name: "a table by ALTER TABLE, with its column",
    changes: ["alter table people rename to x, change ssn y varchar(20)"],
    attack: ["select y from x", "table x"],
    twin: ["select note from x"],
  },
  {
    name: "a table, then its column",
    changes: ["rename table people to x", "alter table x rename column ssn to y"],
    attack: ["select y from x", "table x"],
    twin: ["select note from x"],
  },
  {
    name: "a table, and rebuilt",
    changes: [
      "rename table people to x",
      "alter table x force, algorithm=copy",
      "alter table x modify note varchar(30)",
    ],
    attack: ["select ssn from x", "table x"],
    twin: ["select note from x"],
  },
  {
    name: "a table that was rebuilt before",
    changes: ["alter table people engine=innodb, algorithm=copy", "rename table people to x"],
    attack: ["select ssn from x", "table x"],
    twin: ["select note from x"],
  },
  {
    name: "a table, and another in its place",
    changes: [
      "rename table people to people_old",
      "create table people (id int, ssn varchar(20)); insert into people values (1, '078-hidden')",
    ],
    attack: ["select ssn from people", "select ssn from people_old", "table people_old"],
    twin: ["select id from people", "select note from people_old"],
  },
  {
    name: "two tables that change places",
    changes: ["rename table people to swapped, other to people, swapped to other"],
    attack: ["select ssn from other", "table other", "select mail from other"],
    twin: ["select note from other", "select note from people"],
  },
  {
    name: "two tables that change places and look alike",
    changes: ["rename table people to swapped, twin to people, swapped to twin"],
    attack: ["select ssn from twin", "table twin"],
    twin: ["select note from twin", "select note from people"],
    needsNumbers: true,
  },
  {
    name: "a table whose name a copy takes",
    changes: [
      "create table people_new like people",
      "insert into people_new select * from people",
      "rename table people to people_old, people_new to people",
      "drop table people_old",
    ],
    attack: ["select ssn from people", "table people"],
    twin: ["select note from people"],
  },
  {
    name: "a table that is dropped and made again",
    changes: ["drop table people", "create table people as select '078-hidden' as ssn, 1 as id"],
    attack: ["select ssn from people"],
    twin: ["select id from people"],
  },
  {
    name: "a table of another engine, and its column",
    changes: ["rename table plain to x", "alter table x rename column secret to y"],
    attack: ["select y from x", "table x"],
    twin: ["select word from x"],
  },
  {
    name: "a move to another database",
    changes: ["rename table people to away.people, tasks to away.tasks"],
    attack: ["select ssn from away.people", "table away.people", "select title from away.tasks"],
    twin: ["select note from away.people", "select id from away.tasks"],
  },
  {
    name: "a table, among the server's own",
    changes: ["rename table people to mysql.people", "rename table wages to sys.wages"],
    attack: ["select ssn from mysql.people", "table mysql.people", "select * from sys.wages"],
    twin: ["select note from mysql.people", "select count(*) as n from mysql.help_category"],
    needsNumbers: true,
  },
  {
    name: "a view",
    changes: ["rename table shown to x"],
    attack: ["select number as hidden from x where number <> '***'"],
    twin: ["select note from x"],
  },
  {
    name: "a table with partitions",
    changes: ["rename table parts to x", "alter table x rename column secret to y"],
    attack: ["select y from x", "select * from x partition (p1)"],
    twin: ["select id from x"],
  },
  {
    name: "a partition that becomes a table",
    changes: ["create table x (id int, secret varchar(20))", "alter table parts exchange partition p1 with table x"],
    attack: ["select secret from x", "table x", "select secret from parts"],
    twin: ["select id from x"],
    needsNumbers: true,
  },
  {
    name: "a filtered table, with the column that its filter asks",
    changes: ["alter table tasks rename column done to finished", "rename table tasks to x"],
    attack: ["select title from x", "select count(*) as n from x where title like 'hidden%' having count(*) > 0"],
    twin: ["select title from x"],
  },
  {
    name: "the column that a filter asks, and another in its place",
    changes: ["alter table tasks rename column done to finished, add done int default 1"],
    attack: ["select title from tasks", "table tasks"],
    twin: ["select title from tasks"],
  },
  {
    name: "a table that a rule refuses",
    changes: ["rename table wages to x"],
    attack: ["select * from x", "select max(amount) from x"],
    twin: ["select 1 as one"],
  },
  {
    name: "a column that a rule refuses to show",
    changes: ["alter table counted rename column n to m"],
    attack: ["select m from counted", "select * from counted"],
    twin: ["select id from counted"],
  },
];

/** What is no renaming: nothing more is hidden than before. */
const others: readonly { readonly name: string; readonly changes: readonly string[]; readonly open: string }[] = [
  {
    name: "a column is added",
    changes: ["alter table people add more varchar(20) default 'open' after id"],
    open: "select more from people",
  },
  { name: "a column is dropped", changes: ["alter table people drop ssn"], open: "select note from people" },
  {
    name: "columns are dropped and added",
    changes: ["alter table people drop id, add more varchar(20) default 'open'"],
    open: "select more from people",
  },
  {
    name: "another table is made",
    changes: ["create table made (id int, ssn varchar(20)); insert into made values (1, 'open')"],
    open: "select ssn from made",
  },
  {
    name: "another table is made like a masked one",
    changes: ["create table made like people; insert into made (ssn) values ('open')"],
    open: "select ssn from made",
  },
  {
    name: "a masked table goes and another comes",
    changes: [
      "drop table people",
      "create table words (word varchar(20), n int); insert into words values ('open', 1)",
    ],
    open: "select word from words",
  },
  { name: "a masked table is emptied", changes: ["truncate table people"], open: "select ssn from other" },
];

const ways = {
  "through the proxy": async (changes: readonly string[]) => {
    for (const sql of changes) await dba.query(sql);
  },
  "directly at the server": async (changes: readonly string[]) => {
    for (const sql of changes) await direct.query(sql);
    await stage.proxied.refreshCatalogs();
  },
};

const logins = {
  "seeing numbers of tables": undefined,
  "not seeing them": ["all on shop.*", "all on away.*"],
} as const;

let stage: MysqlStage;
let ann: Connection;
let dba: Connection;
let direct: Connection;

async function answer(client: Connection, sql: string): Promise<string> {
  return client.query(sql).then(
    ([rows]) => JSON.stringify(rows),
    (error: unknown) => String(error),
  );
}

const hiddenThings = /078-hidden|hidden@mail|hidden part|hidden plain|hidden task|424242|535353/;

describe.each(Object.entries(logins))("%s", (_login, privileges) => {
  beforeAll(async () => {
    stage = await startMysqlStage({
      setup: "select 1",
      policy: policyOf("shop.people.ssn"),
      ...(privileges === undefined ? {} : { privileges }),
    });
    direct = await stage.direct();
    await direct.query("set sql_mode = ''");
  });
  // Each on objects of its own: what one test renames is no other's.
  beforeEach(async () => {
    for (const database of ["shop", "away"]) {
      await direct.query(`drop database if exists ${database}`);
      await direct.query(`create database ${database}`);
    }
    await direct.query("use shop");
    await direct.query("drop table if exists mysql.people, sys.wages");
    await stage.proxied.refreshCatalogs();
    for (const sql of setup.split(";")) if (sql.trim() !== "") await direct.query(sql);
    await stage.proxied.refreshCatalogs();
    [ann, dba] = await Promise.all([stage.enter("ann"), stage.enter("dba", { multipleStatements: true })]);
  });
  afterEach(async () => {
    stage.proxied.setPolicies(policyOf("shop.people.ssn"));
    await ann.end();
    await dba.end();
  });
  afterAll(() => stage.stop());

  const told = renamings.filter(({ needsNumbers }) => needsNumbers === undefined || privileges === undefined);

  describe.each(Object.entries(ways))("what was hidden stays so when it is renamed %s", (_way, change) => {
    test.each(told)("$name", async ({ changes, attack, twin }) => {
      await change(changes.flatMap((sql) => sql.split("; ")));
      for (const sql of attack)
        expect({ sql, got: await answer(ann, sql) }).not.toMatchObject({ got: expect.stringMatching(hiddenThings) });
      for (const sql of twin)
        expect({ sql, got: await answer(ann, sql) }).toMatchObject({ got: expect.stringMatching(/^\[\{/) });
      expect(stage.proxied.faults).toEqual([]);
    });
  });

  test.each(others)("nothing more is hidden when $name", async ({ changes, open }) => {
    for (const sql of changes.flatMap((each) => each.split("; "))) await dba.query(sql);
    expect(await answer(ann, open)).toMatch(/open|note|free/);
  });

  test("policies that name the new one leave nothing of the old one", async () => {
    await dba.query("alter table people rename column ssn to x");
    stage.proxied.setPolicies(policyOf("shop.other.ssn"));
    expect(await answer(ann, "select x from people")).toBe('[{"x":"078-hidden"}]');
  });

  test("a name that was given back is the only one", async () => {
    await dba.query("alter table people rename column ssn to x");
    await dba.query("alter table people rename column x to ssn");
    await dba.query("rename table people to clients");
    await dba.query("rename table clients to people");
    expect(await answer(ann, "select ssn, note from people")).toBe('[{"ssn":"***","note":"a note"}]');
    expect(await answer(ann, "select ssn from other")).toBe('[{"ssn":"free text"}]');
  });
});
