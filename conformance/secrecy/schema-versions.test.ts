/**
 * No decision by a schema that is known to have changed: what one session changes, the next statement of every other one is decided with, whatever
 * was prepared or declared before; and what cannot be read anew is refused, not guessed.
 */
import { Client } from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { bind, execute, flush, parse, RawClient, sync } from "../protocol/raw-client.ts";
import type { Proxied, ProxiedDatabase } from "../support/proxied.ts";
import { type Stage, startStage } from "../support/stage.ts";

const policy = `package test
mask public.people.ssn with redact() if not "dba" in principal.groups`;

const setup = `
create table people (id int, ssn text); insert into people values (1, 'hidden');
create table free (id int, ssn text); insert into free values (1, 'free text');
create view shown as select id, ssn from free;
`;
const swap = [
  "alter table people rename to swapped",
  "alter table free rename to people",
  "alter table swapped rename to free",
];

let stage: Stage;
let database: ProxiedDatabase;
let proxied: Proxied;
let direct: Client;
let ann: Client;
let dba: Client;

beforeAll(async () => {
  stage = await startStage({ database: "versions", setup: "", policy });
  ({ database, proxied } = stage);
  direct = new Client(database);
  await direct.connect();
});
beforeEach(async () => {
  await direct.query(`drop schema public cascade; create schema public; ${setup}`);
  await proxied.refreshCatalogs();
  [ann, dba] = [new Client(proxied.as("ann")), new Client(proxied.as("dba"))];
  await Promise.all([ann.connect(), dba.connect()]);
});
afterEach(async () => {
  await ann.end();
  await dba.end();
});
afterAll(async () => {
  await direct?.end();
  await stage?.stop();
});

/** Without them the proxy cannot read the schema; open sessions go on. */
async function allowConnections(allowed: boolean): Promise<void> {
  const admin = new Client({ connectionString: stage.server.url() });
  await admin.connect();
  await admin.query(`alter database versions allow_connections ${allowed}`);
  await admin.end();
}

const shown = async (sql: string | { name: string; text: string }) =>
  JSON.stringify((await ann.query<{ ssn: string }>(sql)).rows.map(({ ssn }) => ssn));
const masked = '["***"]';

describe("what another session changes", () => {
  test.each([
    ["in a transaction", ["begin", ...swap, "commit"]],
    ["in one text", [swap.join(";")]],
    ["in a DO", [`do $$ begin ${swap.map((sql) => `${sql};`).join(" ")} end $$`]],
    ["in dynamic SQL", [`do $$ begin ${swap.map((sql) => `execute '${sql}';`).join(" ")} end $$`]],
    [
      "in a procedure with transactions of its own",
      [
        `create procedure swap() language plpgsql as $$ begin ${swap.map((sql) => `${sql}; commit;`).join(" ")} end $$`,
        "call swap()",
      ],
    ],
    ["by a view", ["create or replace view shown as select id, ssn from people"]],
  ])("%s is known to the next statement, prepared or not", async (_, changes) => {
    const statement = {
      name: "s",
      text: changes.join().includes("view") ? "select ssn from shown" : "select ssn from free",
    };
    expect(await shown(statement)).toBe('["free text"]');
    for (const sql of changes) await dba.query(sql);
    expect(await shown(statement)).toBe(masked);
    expect(await shown(statement.text)).toBe(masked);
  });

  test("is known when it is committed, before the pipeline ends that it is in", async () => {
    const through = await RawClient.connect(proxied.url("dba"));
    const statements = ["begin", ...swap, "commit"];
    through.send(...statements.flatMap((sql) => [parse("", sql), bind("", ""), execute("")]), flush);
    await through.until(({ type }) => type === "C", statements.length);
    expect(await shown("select ssn from free")).toBe(masked);
    expect(await through.exchange([sync])).toEqual(["Z:I"]);
    through.end();
  });

  test("is not there before it is committed, nor when it is rolled back", async () => {
    await dba.query("begin; alter table people rename ssn to x");
    expect((await dba.query("select x from people")).rows).toEqual([{ x: "hidden" }]);
    await dba.query("rollback");
    expect(await shown("select ssn from people")).toBe(masked);
    await dba.query("begin; savepoint s; alter table free rename ssn to y; rollback to s; commit");
    expect(await shown("select ssn from free")).toBe('["free text"]');
  });

  test("refuses what PREPARE keeps as text, and a cursor WITH HOLD shows what it has read", async () => {
    await ann.query("prepare p as select ssn from free");
    await ann.query("declare c cursor with hold for select ssn from free");
    for (const sql of swap) await dba.query(sql);
    await expect(ann.query("execute p")).rejects.toMatchObject({ code: "42501" });
    const fetched = await ann.query<{ ssn: string }>("fetch all from c").then(
      ({ rows }) => rows.map(({ ssn }) => ssn),
      () => [],
    );
    expect(fetched).not.toContain("hidden");
    await ann.query("deallocate p; prepare p as select ssn from free");
    expect(await shown("execute p")).toBe(masked);
  });
});

test("while the schema cannot be read, statements are refused with the reason, and go on when it can", async () => {
  const named = { name: "n", text: "select ssn from free" };
  expect(await shown(named)).toBe('["free text"]');
  await allowConnections(false);
  try {
    await dba.query("alter table people rename ssn to x");
    for (const sql of [named, "select 1 as ssn", named])
      await expect(ann.query(sql)).rejects.toMatchObject({
        code: "58000",
        message: expect.stringMatching(/cannot be decided/),
      });
  } finally {
    await allowConnections(true);
  }
  expect(await shown("select x as ssn from people")).toBe(masked);
  expect(await shown(named)).toBe('["free text"]');
});

test("temporary tables keep no other session waiting", async () => {
  await allowConnections(false);
  try {
    await dba.query("create temp table mine (id int); create index on mine (id); alter table mine add column a int");
    await dba.query("create temp view over_mine as select * from mine; drop table mine cascade");
    // It would be refused if the schema had to be read.
    expect(await shown("select ssn from people")).toBe(masked);
  } finally {
    await allowConnections(true);
  }
});
