/** Real policies, a real MariaDB and real drivers: what is enforced on a connection of MySQL's protocol. */
import type { RowDataPacket } from "mysql2";
import type { Connection } from "mysql2/promise";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type MysqlStage, startMysqlStage } from "../../support/mysql-stage.ts";

const setup = `
  create table users (id int primary key, name varchar(40), email varchar(80), region varchar(8));
  insert into users values (1, 'Ann', 'ann@example.com', 'EU'), (2, 'Bob', 'bob@example.com', 'US'), (3, 'Żofia', 'zofia@example.com', 'EU');
  create table secrets (id int primary key, word varchar(40));
  insert into secrets values (1, 'swordfish');
  create table notes (id int primary key auto_increment, body text);
`;

const policy = `package guard
deny "nobody reads the secrets" if {
  some t in query.tables
  t.name == "secrets"
}
mask column with redact("masked") if {
  column.table == "users"
  column.name == "email"
}
limit rows 2 if principal.name == "ann"
limit duration "1s" if principal.name == "ann"
`;

let stage: MysqlStage;
let ann: Connection;
beforeAll(async () => {
  stage = await startMysqlStage({ setup, policy });
  ann = await stage.enter("ann");
});
afterAll(() => stage.stop());

const rowsOf = async (sql: string, values: readonly (string | number)[] = []) => {
  const [rows] = await ann.query<RowDataPacket[]>(sql, [...values]);
  return rows;
};

test("a text that policies allow gives what the server gives", async () => {
  expect(await rowsOf("select name from users where id = 3")).toEqual([{ name: "Żofia" }]);
});

test("a text that they deny is an error with the reason, and the session and its transaction go on", async () => {
  await ann.beginTransaction();
  await ann.query("insert into notes (body) values ('kept')");
  await expect(ann.query("select word from secrets")).rejects.toMatchObject({
    errno: 1142,
    sqlState: "42000",
    message: expect.stringContaining("nobody reads the secrets"),
  });
  await ann.commit();
  expect(await rowsOf("select count(*) as n from notes where body = 'kept'")).toEqual([{ n: 1 }]);
});

test("a column that is not masked may be called like one that is, whatever the server makes of it", async () => {
  for (const sql of [
    "select distinct name as email from users where id < 2",
    "select name as email from users where id < 2 group by name",
    "with early as (select id from users) select distinct u.name email from users u where u.id < 2",
  ]) {
    expect(await rowsOf(sql)).toEqual([{ email: "Ann" }]);
    expect((await ann.execute(sql))[0]).toEqual([{ email: "Ann" }]);
  }
  expect(await rowsOf("select distinct email as name, name as email from users where id < 2")).toEqual([
    { name: "masked", email: "Ann" },
  ]);
  expect(stage.proxied.proxy.meters.originLeaks).toBe(0);
});

test("a prepared statement is decided when it is prepared", async () => {
  const [rows] = await ann.execute("select name from users where id = ?", [1]);
  expect(rows).toEqual([{ name: "Ann" }]);
  await expect(ann.execute("select word from secrets where id = ?", [1])).rejects.toMatchObject({ errno: 1142 });
  const [again] = await ann.execute("select name from users where id = ?", [2]);
  expect(again).toEqual([{ name: "Bob" }]);
});

test("USE and COM_INIT_DB are followed: names mean the database that the session is in", async () => {
  const owner = await stage.direct();
  await owner.query("create database other");
  await owner.query("create table other.secrets2 (id int)");
  await ann.query("use other");
  expect(await rowsOf("select count(*) as n from secrets2")).toEqual([{ n: 0 }]);
  await ann.query("use shop");
  await expect(ann.query("select * from secrets")).rejects.toMatchObject({ errno: 1142 });
});
