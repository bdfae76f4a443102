/** Statements of COM_STMT_PREPARE that are no longer what they were: the server gets another text for them, and the client never hears of it. */
import type { Connection } from "mysql2/promise";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { type MysqlStage, startMysqlStage } from "../../support/mysql-stage.ts";
import { errorNumber, MysqlWireClient } from "../../support/mysql-wire-client.ts";

const setup = `
  create table users (id int primary key, name varchar(40), region varchar(8));
  insert into users values (1, 'hidden-1', 'EU'), (2, 'hidden-2', 'US'), (3, 'hidden-3', 'EU');
  create database other;
  create table other.users (id int primary key, name varchar(40), region varchar(8));
  insert into other.users values (1, 'other', 'EU');
`;

const open = "package test\n";
const masking = `${open}mask shop.users.name with redact()\n`;
const filtering = `${open}filter shop.users as row where row.region == "EU"\n`;
const denying = `${open}deny "no more" if { some t in query.tables; t.name == "users" }\n`;
const byValue = `${open}mask shop.users.name with redact() if query.parameters[0] == "2"\n`;

let stage: MysqlStage;
let ann: Connection;
beforeAll(async () => {
  stage = await startMysqlStage({ setup, policy: open, limits: { preparedStatements: 5 } });
});
afterAll(() => stage.stop());
beforeEach(async () => {
  ann = await stage.enter("ann");
});
afterEach(async () => {
  await ann.end();
  stage.proxied.setPolicies(open);
});

const byId = "select name from users where id = ?";

test("policies change, there and back", async () => {
  const prepared = await ann.prepare(byId);
  const run = async (id: number) => (await prepared.execute([id]))[0];
  expect(await run(2)).toEqual([{ name: "hidden-2" }]);
  stage.proxied.setPolicies(masking);
  expect(await run(2)).toEqual([{ name: "***" }]);
  expect(await run(1)).toEqual([{ name: "***" }]);
  stage.proxied.setPolicies(filtering);
  expect(await run(2)).toEqual([]);
  expect(await run(1)).toEqual([{ name: "hidden-1" }]);
  stage.proxied.setPolicies(denying);
  await expect(run(1)).rejects.toThrow("no more");
  stage.proxied.setPolicies(open);
  expect(await run(2)).toEqual([{ name: "hidden-2" }]);
  await prepared.close();
});

test("what it becomes depends on its values", async () => {
  const prepared = await ann.prepare(byId);
  stage.proxied.setPolicies(byValue);
  const names = [];
  for (const id of ["1", "2", "2", "3"]) names.push((await prepared.execute([id]))[0]);
  expect(names).toEqual([[{ name: "hidden-1" }], [{ name: "***" }], [{ name: "***" }], [{ name: "hidden-3" }]]);
});

test("a column comes behind it, and is described", async () => {
  const owner = await stage.direct();
  await owner.query("create table growing (id int)");
  await owner.query("insert into growing values (1)");
  await stage.proxied.refreshCatalogs();
  stage.proxied.setPolicies(`${open}filter shop.growing as row where row.id == 1\n`);
  const prepared = await ann.prepare("select * from growing where id = ?");
  expect((await prepared.execute([1]))[0]).toEqual([{ id: 1 }]);
  await owner.query("alter table growing add word varchar(9) default 'new'");
  await stage.proxied.refreshCatalogs();
  expect((await prepared.execute([1]))[0]).toEqual([{ id: 1, word: "new" }]);
});

test("it is held to the database in which it was prepared, not to the one that is chosen now", async () => {
  const prepared = await ann.prepare("select name from users where id = 1");
  await ann.query("use other");
  expect((await prepared.execute([]))[0]).toEqual([{ name: "hidden-1" }]);
  stage.proxied.setPolicies(masking);
  await expect(prepared.execute([])).rejects.toThrow("prepare it again");
  await ann.query("use shop");
  expect((await prepared.execute([]))[0]).toEqual([{ name: "***" }]);
});

test("the server keeps one statement for each of the client's", async () => {
  const owner = await stage.direct();
  const count = async () => {
    const [rows] = await owner.query("show global status like 'Prepared_stmt_count'");
    return JSON.stringify(rows);
  };
  const prepared = await ann.prepare(byId);
  const before = await count();
  for (const policy of [masking, open, masking, filtering]) {
    stage.proxied.setPolicies(policy);
    await prepared.execute([1]);
  }
  expect(await count()).toBe(before);
  await prepared.close();
});

/** COM_STMT_EXECUTE with one integer, as drivers send it that tell types only once. */
function execution(id: number, value: number, withTypes: boolean, flags = 0): Buffer {
  const head = Buffer.from([0, 0, 0, 0, flags, 1, 0, 0, 0, 0, withTypes ? 1 : 0]);
  head.writeUInt32LE(id);
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return Buffer.concat([head, withTypes ? Buffer.from([3, 0]) : Buffer.alloc(0), bytes]);
}

async function prepareOn(client: MysqlWireClient, sql: string, more: number): Promise<number> {
  client.command(0x16, sql);
  const { payload } = await client.packet();
  for (let n = 0; n < more; n++) await client.packet();
  return payload.readUInt32LE(1);
}

test("types that the client has told before are told to the server anew", async () => {
  const client = new MysqlWireClient(await stage.enter("ann"));
  const id = await prepareOn(client, byId, 4);
  const run = async (value: number, withTypes: boolean) => {
    client.command(0x17, execution(id, value, withTypes));
    return Buffer.concat(await client.result()).toString("latin1");
  };
  expect(await run(2, true)).toContain("hidden-2");
  stage.proxied.setPolicies(masking);
  expect(await run(2, false)).toContain("***");
  expect(await run(1, false)).toContain("***");
  stage.proxied.setPolicies(open);
  expect(await run(1, false)).toContain("hidden-1");
  client.command(0x19, Buffer.from(Uint32Array.of(id).buffer));
  client.command(0x17, execution(id, 1, true));
  expect(errorNumber(await client.packet())).toBe(1243);
});

test("long data is lost with the statement that had it, so that one is refused until it is reset", async () => {
  const client = new MysqlWireClient(await stage.enter("ann"));
  const id = await prepareOn(client, "select name, ? as x from users where id = 1", 5);
  const idBytes = Buffer.from(Uint32Array.of(id).buffer);
  client.command(0x18, Buffer.concat([idBytes, Buffer.from([0, 0]), Buffer.from("long")]));
  stage.proxied.setPolicies(masking);
  const withText = Buffer.concat([idBytes, Buffer.from([0, 1, 0, 0, 0, 0, 1, 0xfc, 0])]);
  client.command(0x17, withText);
  expect(errorNumber(await client.packet())).toBe(1142);
  client.command(0x1a, idBytes);
  expect((await client.packet()).payload[0]).toBe(0);
  client.command(0x17, Buffer.concat([withText, Buffer.from("\x05short")]));
  expect(Buffer.concat(await client.result()).toString("latin1")).toMatch(/\*\*\*.*short/s);
});

test("rows that wait in a cursor are not fetched any more", async () => {
  const client = new MysqlWireClient(await stage.enter("ann"));
  const id = await prepareOn(client, "select name from users order by id", 2);
  const idBytes = Buffer.from(Uint32Array.of(id).buffer);
  client.command(0x17, Buffer.concat([idBytes, Buffer.from([1, 1, 0, 0, 0])]));
  for (let n = 0; n < 3; n++) await client.packet();
  stage.proxied.setPolicies(masking);
  client.command(0x1c, Buffer.concat([idBytes, Buffer.from([1, 0, 0, 0])]));
  expect(errorNumber(await client.packet())).toBe(1142);
  client.command(0x17, Buffer.concat([idBytes, Buffer.from([0, 1, 0, 0, 0])]));
  expect(Buffer.concat(await client.result()).toString("latin1")).toContain("***");
});

test("nothing of all this was a fault of the proxy", () => {
  expect(stage.proxied.events.filter(({ kind }) => kind === "origin_leak" || kind === "fault")).toEqual([]);
  expect(stage.proxied.faults).toEqual([]);
});

test("the server goes on after a comparison with a query without FROM, which ends MariaDB 10.11.18 over a derived table", async () => {
  stage.proxied.setPolicies(masking);
  for (const inner of [
    "select right(name, 3)",
    "select name from dual",
    "select distinct name",
    "select name group by 1",
  ]) {
    const [rows] = await ann.execute(`select id from users where name in (${inner}) and id > ?`, [2]);
    expect(rows).toEqual([{ id: 3 }]);
  }
  const [all] = await ann.execute("select id from users where name <= all (select name) and id > ?", [2]);
  expect(all).toEqual([{ id: 3 }]);
});
