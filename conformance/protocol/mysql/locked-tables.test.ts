/** Under LOCK TABLES the server lets a table be read by the alias under which it was locked only: dumps and old tools lock what they read. */
import type { RowDataPacket } from "mysql2";
import type { Connection } from "mysql2/promise";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type MysqlStage, startMysqlStage } from "../../support/mysql-stage.ts";

const setup = `
  create table people (id int primary key, email varchar(80), region varchar(8));
  insert into people values (1, 'ann@example.com', 'EU'), (2, 'bob@example.com', 'US');
`;

const policy = `package guard
mask shop.people.email with null() if principal.name == "ann"
filter shop.people as row where row.region == "EU" if principal.name == "ann"
`;

let stage: MysqlStage;
let ann: Connection;
beforeAll(async () => {
  stage = await startMysqlStage({ setup, policy });
  ann = await stage.enter("ann");
});
afterAll(() => stage.stop());

test.each([
  ["people read", "select id, email from people"],
  ["people read", "select people.id, people.email from shop.people where id > 0"],
  [
    "people as p read, people q read",
    "select p.id, p.email from people p join people as q using (id) where q.email is null",
  ],
  ["people write", "select id, email from people for update"],
])("after LOCK TABLES %s, `%s` shows masked columns and visible rows", async (locks, sql) => {
  await ann.query(`lock tables ${locks}`);
  try {
    const [rows] = await ann.query<RowDataPacket[]>(sql);
    expect(rows).toEqual([{ id: 1, email: null }]);
  } finally {
    await ann.query("unlock tables");
  }
});
