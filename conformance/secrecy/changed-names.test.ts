/**
 * Masks and filters of a relation named by its path, while somebody from whom something is hidden changes names: uncommitted changes are seen
 * by their own session, and no name leads past a mask.
 */
import { Client } from "pg";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";
import { createProxiedDatabase } from "../support/proxied-database.ts";
import { type Proxied, startProxied } from "../support/proxied.ts";

const policy = `package test
mask public.people.ssn with redact()
mask public.events.secret with redact()
filter public.tasks as row where row.done`;

let server: PostgresServer | undefined;
let proxied: Proxied | undefined;
let client: Client | undefined;
let databases = 0;

const setup = `
create table people (id int, ssn text, note text); insert into people values (1, '078-hidden', 'a note');
create table events (id int, secret text) partition by list (id);
create table events_1 partition of events for values in (1); insert into events values (1, 'hidden event');
create table tasks (id int, done boolean, title text); insert into tasks values (1, true, 'seen'), (2, false, 'hidden task');
create view shown as select id, ssn from people;
create view first as select left(ssn, 3) as digits from people where ssn like '0%';
create table free (id int, text text); insert into free values (1, 'free');
`;

async function start(): Promise<Client> {
  server ??= await startPostgres();
  const database = await createProxiedDatabase(server, `names_${++databases}`, setup);
  proxied = await startProxied({
    databases: [database],
    users: [{ name: "ann", kind: "human" }],
    policies: [{ path: "test.policy", text: policy }],
  });
  const opened = new Client(proxied.as("ann"));
  await opened.connect();
  return opened;
}

async function stop(): Promise<void> {
  await client?.end();
  await proxied?.stop();
  client = proxied = undefined;
}

beforeEach(async () => {
  await stop();
  client = await start();
});
afterAll(async () => {
  await stop();
  await server?.stop();
});

/** All that the statements answer, each by itself. */
async function answers(statements: readonly string[]): Promise<string> {
  const all: unknown[] = [];
  for (const sql of statements) {
    all.push(
      await client?.query(sql).then(
        ({ rows }) => rows,
        (error: unknown) => String(error),
      ),
    );
  }
  return JSON.stringify(all);
}

describe("what is hidden stays hidden under other names", () => {
  test.each([
    ["a column", ["alter table people rename column ssn to x", "select x from people", "select ssn from people"]],
    ["a table", ["alter table people rename to x", "select ssn from x", "table x"]],
    ["a filtered table", ["alter table tasks rename to x", "select title from x"]],
    ["a schema", ["alter schema public rename to x", "select ssn from x.people", "select title from x.tasks"]],
    [
      "a schema, and another in its place",
      [
        "alter schema public rename to x",
        "create schema public",
        "set search_path = x",
        "select ssn from people",
        "select * from shown",
        "select * from first",
      ],
    ],
    ["a move", ["create schema x", "alter table people set schema x", "select ssn from x.people"]],
    [
      "a view",
      [
        "alter view shown rename to x",
        "select ssn from x",
        "alter view shown rename column ssn to y",
        "select y from shown",
      ],
    ],
    ["a view that is read by its definition", ["alter view first rename column digits to y", "select y from first"]],
    [
      "a partition",
      [
        "alter table events_1 rename to x",
        "select secret from x",
        "alter table events detach partition events_1",
        "select secret from events_1",
      ],
    ],
    [
      "two tables that change places",
      ["alter table free rename to x", "alter table people rename to free", "select * from free", "select * from x"],
    ],
    [
      "a view of one's own, by a name that was another's",
      ["alter table free rename to other", "create view free as select ssn from people", "select * from free"],
    ],
  ])("%s", async (_, statements) => {
    for (const [begin, end] of [
      ["begin", "rollback"],
      ["select 1", "select 1"],
    ] as const) {
      const text = await answers([
        begin,
        ...statements.flatMap((sql) => [`savepoint s`, sql, `rollback to s`, sql]),
        end,
      ]);
      expect(text).not.toContain("hidden event");
      expect(text).not.toContain("hidden task");
      expect(text).not.toContain("078");
    }
  });
});

describe("a session sees its own changes before they are committed", () => {
  test.each([
    [
      "new names",
      [
        "begin",
        "alter table free rename column text to words",
        "select words from free",
        "alter table free rename to texts",
        "select words from texts",
      ],
      "select text from free",
    ],
    [
      "new tables",
      ["begin", "create table made (id int)", "insert into made values (1)", "select id from made"],
      "select id from free",
    ],
    [
      "new views over what is hidden",
      [
        "begin",
        "create view made as select count(*) as n, max(ssn) as ssn from people",
        "select n, ssn from made where ssn = '***'",
      ],
      "select digits from first",
    ],
    [
      "new columns",
      ["begin", "alter table people add column more int default 7", "select more, ssn from people where more = 7"],
      "select note from people",
    ],
  ])("%s, and what was before when they are rolled back", async (_, statements, before) => {
    for (const sql of statements) await client?.query(sql);
    const last = await client?.query(statements.at(-1) ?? "");
    expect(last?.rows).toHaveLength(1);
    await client?.query("rollback");
    await client?.query(before);
    await expect(client?.query(statements.at(-1) ?? "")).rejects.toMatchObject({ code: expect.stringMatching(/^42/) });
  });

  test("and other sessions do not", async () => {
    await client?.query("begin; alter table free rename to texts");
    const other = new Client(proxied?.as("ann"));
    await other.connect();
    try {
      await expect(other.query("select * from texts")).rejects.toMatchObject({ code: "42P01" });
      await client?.query("commit");
      expect((await other.query("select * from texts")).rows).toHaveLength(1);
    } finally {
      await other.end();
    }
  });
});
