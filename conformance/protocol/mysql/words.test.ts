/** What MariaDB says in errors and warnings, to somebody from whom something is hidden: nothing of that. */
import type { RowDataPacket } from "mysql2";
import type { Connection } from "mysql2/promise";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type MysqlStage, startMysqlStage } from "../../support/mysql-stage.ts";

const secret = "078-05-1120";

const setup = `
  create table people (id int primary key, name varchar(40), ssn varchar(40), unique key by_both (name, ssn));
  insert into people values (1, 'Ann', '${secret}'), (2, 'Bob', '${secret}');
  create table orders (id int primary key, note varchar(40));
`;

const policy = `package guard
mask shop.people.ssn with redact() if principal.name == "ann"
`;

let stage: MysqlStage;
let ann: Connection;
let dba: Connection;
beforeAll(async () => {
  stage = await startMysqlStage({ setup, policy });
  ann = await stage.enter("ann");
  dba = await stage.enter("dba");
});
afterAll(() => stage.stop());

const messageOf = (answer: Promise<unknown>) =>
  answer.then(
    () => "",
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
const warnings = async (client: Connection) =>
  JSON.stringify((await client.query<RowDataPacket[]>("show warnings"))[0]);

test.each([
  ["a masked column's values are in the key that is twice there", "update people set name = 'Bob' where id = 1"],
  ["a value that is no number", "select ssn + 0 from people where extractvalue(1, concat('~', ssn)) = 'x'"],
])("%s", async (_what, sql) => {
  expect(await messageOf(ann.query(sql))).not.toContain(secret);
  expect(await warnings(ann)).not.toContain(secret);
});

test("the one from whom nothing is hidden reads the server's own words", async () => {
  expect(await messageOf(dba.query("update people set name = 'Bob' where id = 1"))).toContain("Duplicate entry");
  expect(await warnings(dba)).toContain("Duplicate entry");
});

test("errors that hold no values keep their words, and so do warnings of what shows as it is stored", async () => {
  expect(await messageOf(ann.query("insert into orders (id) values (null)"))).toContain("cannot be null");
  await ann.query("select 'abc' + 1");
  expect(await warnings(ann)).toContain("Truncated incorrect");
});
