/** A table that somebody has locked so that the server tells nothing of it keeps its masks, and holds up nobody but its readers. */
import type { RowDataPacket } from "mysql2";
import type { Connection } from "mysql2/promise";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type MysqlStage, startMysqlStage } from "../support/mysql-stage.ts";

const setup = `
  create table people (id int primary key, email varchar(80), region varchar(8));
  insert into people values (1, 'ann@example.com', 'EU'), (2, 'bob@example.com', 'EU');
  create view everybody as select id, email from people;
  create table copies (email varchar(80));
  create trigger copied after update on people for each row insert into copies values (new.email);
  create table harmless (id int);
`;

const policy = `package guard
mask shop.people.email with null() if principal.name == "ann"
`;

let stage: MysqlStage;
let ann: Connection;
let dba: Connection;
beforeAll(async () => {
  stage = await startMysqlStage({ setup, policy });
  [ann, dba] = [await stage.enter("ann"), await stage.enter("dba")];
});
afterAll(() => stage.stop());

/** The server lists the table without columns from here on. */
async function lock(client: Connection): Promise<void> {
  await client.query("lock tables people write");
  await expect(client.query("alter table people add unique (region)")).rejects.toMatchObject({ errno: 1062 });
}

const emails = async (from: string) => {
  const [rows] = await ann.query<RowDataPacket[]>(`select email from ${from}`);
  return rows.map(({ email }) => email as unknown);
};

test("what was known of it holds when it is open again", async () => {
  const other = await stage.direct();
  await lock(other);
  await stage.proxied.refreshCatalogs();
  await expect(ann.query("select count(*) from harmless")).resolves.toBeDefined();
  // Whoever reads it waits for the lock, as without a proxy.
  const waiting = [emails("people"), emails("(select * from people) as p")];
  await other.query("unlock tables");
  for (const found of await Promise.all(waiting)) expect(found).toEqual([null, null]);
  expect(await emails("everybody")).toEqual([null, null]);
  await expect(ann.query("update people set region = 'US'")).rejects.toMatchObject({ errno: 1142 });
}, 120_000);

test("who has locked it can open it again at once", async () => {
  await lock(dba);
  const start = Date.now();
  await dba.query("unlock tables");
  expect(Date.now() - start).toBeLessThan(5_000);
  await expect(dba.query("select count(*) from people")).resolves.toBeDefined();
}, 120_000);
