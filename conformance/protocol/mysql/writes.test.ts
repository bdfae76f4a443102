/** Changes and stored programs of somebody from whom rows and columns are hidden, through the proxy, with parameters as drivers send them. */
import { setTimeout as sleep } from "node:timers/promises";
import type { ResultSetHeader, RowDataPacket } from "mysql2";
import type { Connection } from "mysql2/promise";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type MysqlStage, startMysqlStage } from "../../support/mysql-stage.ts";

const setup = `
  create table orders (id int auto_increment primary key, tenant int not null, region varchar(8) not null default 'EU', status enum('new','paid'), due datetime, note varchar(40), unique (tenant, note));
  insert into orders (id, tenant, region, status, note) values (1, 7, 'EU', 'new', 'one'), (2, 8, 'EU', 'new', 'two'), (3, 7, 'US', 'paid', 'three');
  create table people (id int primary key, name varchar(40), ssn varchar(20) default 'none');
  insert into people values (1, 'Ann', '078-05-1120');
  create procedure names_of(in low int, out n int) begin select name from people where id >= low; select count(*) into n from people; end;
  create procedure numbers_of(in low int) select ssn from people where id >= low;
  create table tenants (id int primary key);
  insert into tenants values (7), (8);
  create table owned (id int primary key, tenant int, foreign key (tenant) references tenants (id) on delete cascade);
  insert into owned values (1, 7), (2, 8);
  create table log (what varchar(20), who int);
  create trigger people_named after update on people for each row insert into log values ('named', new.id);
`;

const policy = `package guard
filter shop.orders as row where {
  row.tenant == 7
  row.region == "EU"
} if principal.name == "ann"
filter shop.owned as row where row.tenant == 7 if principal.name == "ann"
mask shop.people.ssn with redact() if principal.name == "ann"
`;

let stage: MysqlStage;
let ann: Connection;
let direct: Connection;
beforeAll(async () => {
  stage = await startMysqlStage({ setup, policy });
  ann = await stage.enter("ann");
  direct = await stage.direct();
});
afterAll(() => stage.stop());

const run = async (how: "execute" | "query", sql: string, values: readonly (number | string | null | Date)[]) =>
  how === "execute" ? ann.execute<ResultSetHeader>(sql, [...values]) : ann.query<ResultSetHeader>(sql, [...values]);
const insert = "insert into orders (tenant, region, status, due, note) values (?, ?, ?, ?, ?)";
const rowsOf = async (client: Connection, sql: string) => (await client.query<RowDataPacket[]>(sql))[0];

describe("rows of prepared statements", () => {
  test.each([
    ["execute", [7, "EU", "new", "2026-01-02 03:04:05", "made"]],
    ["execute", ["7", "EU", null, null, "made"]],
    ["execute", [7, "EU", "new", new Date(0), "made"]],
    ["query", [7, "EU", "new", "2026-01-02 03:04:05", "made"]],
  ] as const)("that are seen come about by %s %j", async (how, values) => {
    const [done] = await run(how, insert, values);
    expect(done).toMatchObject({ affectedRows: 1 });
    expect(await rowsOf(ann, `select tenant, region from orders where id = ${done.insertId}`)).toEqual([
      { tenant: 7, region: "EU" },
    ]);
    expect((await ann.execute<ResultSetHeader>("delete from orders where note = ?", ["made"]))[0].affectedRows).toBe(1);
  });

  test.each([
    ["execute", [8, "EU", "new", null, "made"]],
    ["execute", [7, "US", "new", null, "made"]],
    ["execute", [7, "eu", "new", null, "made"]],
    ["query", [8, "EU", "new", null, "made"]],
    ["query", [7, "US", "new", null, "made"]],
  ] as const)("that are not are refused by %s %j, and the session goes on", async (how, values) => {
    await expect(run(how, insert, values)).rejects.toMatchObject({
      errno: 1142,
      message: expect.stringMatching(/^the new row, .* by the filter of shop\.orders; hint: give it values/),
    });
    expect(await rowsOf(direct, "select count(*) as n from orders where note = 'made'")).toEqual([{ n: 0 }]);
  });

  test("a text that is like one that passed is checked all the same", async () => {
    await ann.query("insert into orders (tenant, region, note) values (7, 'EU', 'made')");
    await expect(ann.query("insert into orders (tenant, region, note) values (7, 'US', 'made')")).rejects.toThrow(
      "hidden from you",
    );
    await expect(ann.query("insert into orders (tenant, region, note) values (8, 'EU', 'made')")).rejects.toThrow(
      "hidden from you",
    );
    await ann.query("delete from orders where note = 'made'");
  });

  test("UPDATE does not move a row out of sight", async () => {
    await expect(ann.execute("update orders set region = ? where id = ?", ["US", 1])).rejects.toThrow(
      "hidden from you",
    );
    const [done] = await ann.execute<ResultSetHeader>("update orders set region = ?, status = ? where id = ?", [
      "EU",
      "paid",
      1,
    ]);
    expect(done.affectedRows).toBe(1);
  });

  test("ON DUPLICATE KEY UPDATE changes rows that are seen and no others", async () => {
    const upsert = "insert into orders (id, tenant, note) values (?, 7, ?) on duplicate key update note = values(note)";
    await ann.execute(upsert, [1, "one again"]);
    await expect(ann.execute(upsert, [2, "stolen"])).rejects.toThrow("hidden from you");
    expect(await rowsOf(direct, "select note from orders where id < 3")).toEqual([
      { note: "one again" },
      { note: "two" },
    ]);
  });
});

describe("rows that others change at the same time", () => {
  test.each(["read committed", "repeatable read"])("REPLACE … SELECT waits for them under %s", async (level) => {
    await ann.query(`set session transaction isolation level ${level}`);
    await direct.query("start transaction");
    await direct.query("insert into orders (id, tenant, note) values (50, 8, 'theirs')");
    const replaced = ann
      .query("replace into orders (id, tenant, region) select 50, 7, 'EU' from people")
      .catch((error: Error) => error.message);
    await sleep(300);
    await direct.query("commit");
    expect(await replaced).toContain("hidden from you");
    expect(await rowsOf(direct, "select note from orders where id = 50")).toEqual([{ note: "theirs" }]);
    await direct.query("delete from orders where id = 50");
  });
});

describe("rows that refer to others", () => {
  test("do not go with them where they are hidden", async () => {
    await expect(ann.execute("delete from tenants where id = ?", [8])).rejects.toMatchObject({
      errno: 1142,
      message: expect.stringMatching(/^rows that refer to one of these, .* by the filter of shop\.owned; hint: change/),
    });
    expect(await rowsOf(direct, "select count(*) as n from owned")).toEqual([{ n: 2 }]);
    expect((await ann.execute<ResultSetHeader>("delete from tenants where id = ?", [7]))[0].affectedRows).toBe(1);
    expect(await rowsOf(direct, "select id from owned")).toEqual([{ id: 2 }]);
  });
});

test("sql_safe_updates holds without WHERE, whatever the filter is", async () => {
  await ann.query("set sql_safe_updates = 1");
  for (const sql of ["delete from orders", "update orders set status = 'paid'"]) {
    await expect(ann.query(sql)).rejects.toThrow(/^there is no WHERE, and sql_safe_updates is on/);
    await expect(ann.execute(sql)).rejects.toThrow(/^there is no WHERE, and sql_safe_updates is on/);
  }
  await ann.query("update orders set status = 'paid' where id = 1");
  await ann.query("update orders set status = 'paid' limit 10");
  await ann.query("set sql_safe_updates = 0");
  expect((await ann.query<ResultSetHeader>("update orders set status = 'new'"))[0].affectedRows).toBe(1);
});

describe("many rows in one text", () => {
  const rows = (last: string) =>
    [...Array.from({ length: 2000 }, (_, index) => `(7, 'EU', 'many ${index}')`), last].join(", ");

  test("come about", async () => {
    const [done] = await ann.query<ResultSetHeader>(
      `insert into orders (tenant, region, note) values ${rows("(7, 'EU', 'many last')")}`,
    );
    expect(done.affectedRows).toBe(2001);
    await ann.query("delete from orders where note like 'many %'");
  });

  test("or none does", async () => {
    await expect(
      ann.query(`insert into orders (tenant, region, note) values ${rows("(7, 'US', 'many last')")}`),
    ).rejects.toThrow("hidden from you");
    expect(await rowsOf(direct, "select count(*) as n from orders where note like 'many %'")).toEqual([{ n: 0 }]);
  });
});

describe("stored programs", () => {
  test("CALL of what reads nothing hidden gives its results", async () => {
    const [results] = await ann.query<RowDataPacket[][]>("call names_of(1, @n)");
    expect(results[0]).toEqual([{ name: "Ann" }]);
    expect(await rowsOf(ann, "select @n as n")).toEqual([{ n: 1 }]);
  });

  test("and of what does is refused by its name", async () => {
    await expect(ann.query("call numbers_of(1)")).rejects.toThrow(/`shop\.numbers_of` reads shop\.people/);
    await expect(ann.execute("call numbers_of(?)", [1])).rejects.toThrow(/`shop\.numbers_of` reads shop\.people/);
  });

  test("a trigger that copies nothing hidden fires", async () => {
    await ann.execute("update people set name = ? where id = ?", ["Anna", 1]);
    expect(await rowsOf(direct, "select who from log")).toEqual([{ who: 1 }]);
  });

  test("and the words of a new body count from the next snapshot on", async () => {
    await direct.query(
      "create or replace procedure names_of(in low int, out n int) select ssn from people where id >= low",
    );
    await stage.proxied.refreshCatalogs();
    await expect(ann.query("call names_of(1, @n)")).rejects.toThrow(/`shop\.names_of` reads shop\.people/);
  });
});
