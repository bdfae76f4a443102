/**
 * Labels, masks, filters and refusals that policies give by name, while somebody from whom nothing is hidden changes names: through the proxy,
 * directly at the server, in one transaction or several. What was hidden stays hidden under its new name; what takes the old name is
 * hidden by it; when the policies name the new one, nothing of the old one stays.
 */
import { Client } from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Proxied } from "../support/proxied.ts";
import { type Stage, startStage } from "../support/stage.ts";

/** @param ssn the column that is masked by its path */
const policyOf = (ssn: string) => `package test
guarded if not "dba" in principal.groups
mask ${ssn} with redact() if guarded
label column as "pii.mail" if column.name == "mail"
mask column with null() if { column.label == "pii.mail"; guarded }
mask public.events.secret with redact() if guarded
mask public.shown.number with redact() if guarded
filter public.tasks as row where row.done if guarded
filter public.events as row where row.id < 100 if guarded
deny "wages are for others" if {
  some table in query.tables
  table.path == "public.wages"
  guarded
}
deny "this is counted only" if {
  some column in query.columns
  column.path == "public.counted.n"
  "output" in column.uses
  guarded
}`;

const setup = `
create table people (id int, ssn text, mail text, note text); insert into people values (1, '078-hidden', 'hidden@mail', 'a note');
create table other (id int, ssn text, note text); insert into other values (7, 'free text', 'free note');
create table events (id int, secret text) partition by list (id);
create table events_1 partition of events for values in (1); insert into events values (1, 'hidden event');
create table events_100 partition of events for values in (100); insert into events values (100, 'hidden row');
create table tasks (id int, done boolean, title text); insert into tasks values (1, true, 'seen'), (2, false, 'hidden task');
create table wages (id int, amount int); insert into wages values (1, 424242);
create table counted (id int, n int); insert into counted values (1, 535353);
create view shown as select id, '0' || id as number, note from people;
create table base (id int, ssn text); create table child () inherits (base);
`;

let stage: Stage;
let proxied: Proxied;
let ann: Client;
let dba: Client;
let direct: Client;

async function connected(login: ConstructorParameters<typeof Client>[0]): Promise<Client> {
  const client = new Client(login);
  await client.connect();
  return client;
}

beforeAll(async () => {
  stage = await startStage({ database: "renamed", setup: "", policy: policyOf("public.people.ssn") });
  ({ proxied } = stage);
  direct = await connected(stage.database);
});
// Each on objects of its own: what one test renames is no other's.
beforeEach(async () => {
  await direct.query("drop table if exists pg_catalog.people, information_schema.wages cascade");
  await direct.query(`drop schema if exists x, public cascade; create schema public; ${setup}`);
  await proxied.refreshCatalogs();
  [ann, dba] = await Promise.all([connected(proxied.as("ann")), connected(proxied.as("dba"))]);
});
afterEach(async () => {
  await ann.end();
  await dba.end();
});
afterAll(async () => {
  await direct?.end();
  await stage?.stop();
});

async function answer(client: Client, sql: string): Promise<string> {
  return client.query(sql).then(
    ({ rows }) => JSON.stringify(rows),
    (error: unknown) => String(error),
  );
}

const hiddenThings = /078-hidden|hidden@mail|hidden event|hidden row|hidden task|424242|535353/;

interface Renaming {
  readonly name: string;
  readonly changes: readonly string[];
  /** Nothing hidden may come back. */
  readonly attack: readonly string[];
  /** Each gives rows. */
  readonly twin: readonly string[];
}

const renamings: readonly Renaming[] = [
  {
    name: "a column",
    changes: ["alter table people rename ssn to x"],
    attack: ["select x from people", "select people from people", "table people", "select x || note from people"],
    twin: ["select note from people", "select count(x) from people"],
  },
  {
    name: "a table, into the system's schema",
    changes: ["alter table people set schema pg_catalog", "alter table wages set schema information_schema"],
    attack: [
      "select ssn from people",
      "select mail from pg_catalog.people",
      "table people",
      "select * from information_schema.wages",
    ],
    twin: ["select note from people", "select count(ssn) from pg_catalog.people", "select count(*) from pg_class"],
  },
  {
    name: "a column that a label is for",
    changes: ["alter table people rename mail to contact"],
    attack: ["select contact from people"],
    twin: ["select note from people"],
  },
  {
    name: "a column, and a new one in its place",
    changes: [
      "alter table people rename ssn to x",
      "alter table people add ssn text",
      "update people set ssn = '078-hidden again'",
    ],
    attack: ["select x from people", "select ssn from people", "select * from people"],
    twin: ["select note from people"],
  },
  {
    name: "a column, twice",
    changes: ["alter table people rename ssn to x", "alter table people rename x to y"],
    attack: ["select y from people", "table people"],
    twin: ["select note from people"],
  },
  {
    name: "two columns that change names",
    changes: [
      "alter table people rename ssn to x",
      "alter table people rename note to ssn",
      "alter table people rename x to note",
    ],
    attack: ["select note from people", "table people"],
    twin: ["select id from people"],
  },
  {
    name: "a column that is dropped and made again",
    changes: ["alter table people drop ssn", "alter table people add ssn text default '078-hidden'"],
    attack: ["select ssn from people"],
    twin: ["select note from people"],
  },
  {
    name: "a table",
    changes: ["alter table people rename to x"],
    attack: ["select ssn from x", "table x", "select mail from x", "select row_to_json(x) from x"],
    twin: ["select note from x", "select id from shown"],
  },
  {
    name: "a table, then its column",
    changes: ["alter table people rename to x", "alter table x rename ssn to y"],
    attack: ["select y from x", "table x"],
    twin: ["select note from x"],
  },
  {
    name: "a table, and another in its place",
    changes: [
      "alter table people rename to people_old",
      "create table people (id int, ssn text)",
      "insert into people values (1, '078-hidden')",
    ],
    attack: ["select ssn from people", "select ssn from people_old", "table people_old"],
    twin: ["select id from people", "select note from people_old"],
  },
  {
    name: "two tables that change places",
    changes: [
      "alter table people rename to swapped",
      "alter table other rename to people",
      "alter table swapped rename to other",
    ],
    attack: ["select ssn from other", "table other"],
    twin: ["select note from other", "select note from people"],
  },
  {
    name: "a table that is dropped and made again",
    changes: ["drop table people cascade", "create table people as select '078-hidden'::text as ssn, 1 as id"],
    attack: ["select ssn from people"],
    twin: ["select id from people"],
  },
  {
    name: "a schema",
    changes: ["alter schema public rename to x"],
    attack: ["select ssn from x.people", "table x.people", "select title from x.tasks", "select * from x.wages"],
    twin: ["select note from x.people", "select id from x.tasks"],
  },
  {
    name: "a schema, and another in its place",
    changes: [
      "alter schema public rename to x",
      "create schema public",
      "create table public.people (id int, ssn text)",
    ],
    attack: ["select ssn from x.people", "select secret from x.events", "select ssn from public.people"],
    twin: ["select note from x.people", "select count(*) from public.people"],
  },
  {
    name: "a move",
    changes: ["create schema x", "alter table people set schema x", "alter table tasks set schema x"],
    attack: ["select ssn from x.people", "table x.people", "select title from x.tasks"],
    twin: ["select note from x.people", "select id from x.tasks"],
  },
  {
    name: "a view's column",
    changes: ["alter view shown rename number to y"],
    attack: ["select y as hidden from shown where y <> '***'"],
    twin: ["select note from shown"],
  },
  {
    name: "a partition that is detached",
    changes: ["alter table events detach partition events_1", "alter table events detach partition events_100"],
    attack: [
      "select secret from events_1",
      "table events_1",
      "select * from events_100",
      "select count(*) as hidden from events_100 having count(*) > 0",
    ],
    twin: ["select id from events_1"],
  },
  {
    name: "a partition that is detached and renamed",
    changes: [
      "alter table events detach partition events_1",
      "alter table events_1 rename secret to x",
      "alter table events_1 rename to y",
    ],
    attack: ["select x from y", "table y"],
    twin: ["select id from y"],
  },
  {
    name: "a partition that is detached, and the table renamed",
    changes: [
      "alter table events rename secret to x",
      "alter table events rename to y",
      "alter table y detach partition events_1",
    ],
    attack: ["select x from events_1", "select x from y", "table y"],
    twin: ["select id from events_1"],
  },
  {
    name: "a filtered table, with the column that its filter asks",
    changes: ["alter table tasks rename done to finished", "alter table tasks rename to x"],
    attack: ["select title from x", "select count(*) as n from x where title like 'hidden%' having count(*) > 0"],
    twin: ["select title from x"],
  },
  {
    name: "the column that a filter asks, and another in its place",
    changes: ["alter table tasks rename done to finished", "alter table tasks add done boolean default true"],
    attack: ["select title from tasks", "table tasks"],
    twin: ["select title from tasks"],
  },
  {
    name: "a table that a rule refuses",
    changes: ["alter table wages rename to x"],
    attack: ["select * from x", "select max(amount) from x"],
    twin: ["select 1 as one"],
  },
  {
    name: "a column that a rule refuses to show",
    changes: ["alter table counted rename n to m"],
    attack: ["select m from counted", "select * from counted"],
    twin: ["select id from counted"],
  },
];

const ways = {
  "through the proxy, one by one": async (changes: readonly string[]) => {
    for (const sql of changes) await dba.query(sql);
  },
  "through the proxy, in one transaction": async (changes: readonly string[]) => {
    await dba.query("begin");
    for (const sql of changes) await dba.query(sql);
    await dba.query("commit");
  },
  "directly at the server, in one text": async (changes: readonly string[]) => {
    await direct.query(changes.join(";"));
    await proxied.refreshCatalogs();
  },
} as const;

describe.each(Object.entries(ways))("%s", (_, change) => {
  test.each(renamings)("$name", async ({ changes, attack, twin }) => {
    await change(changes);
    for (const sql of attack) {
      const got = await answer(ann, sql);
      expect({ sql, got }).not.toMatchObject({ got: expect.stringMatching(hiddenThings) });
      expect({ sql, got }).not.toMatchObject({ got: expect.stringMatching(/"hidden":/) });
    }
    for (const sql of twin)
      expect({ sql, got: await answer(ann, sql) }).toMatchObject({ got: expect.stringMatching(/^\[\{/) });
    // From whom nothing was hidden, nothing is.
    expect(await answer(dba, twin[0] ?? "")).toMatch(/^\[\{/);
  });
});

describe("when the policies name what there is now, nothing of the old name stays", () => {
  afterEach(() => proxied.setPolicies(policyOf("public.people.ssn")));

  test("of a column", async () => {
    await dba.query("alter table people rename ssn to x");
    proxied.setPolicies(policyOf("public.people.x"));
    expect(await answer(ann, "select x from people")).toBe('[{"x":"***"}]');
    // No rule knows the old name any more, nor the new one.
    proxied.setPolicies(policyOf("public.other.ssn"));
    expect(await answer(ann, "select x from people")).toBe('[{"x":"078-hidden"}]');
  });

  test("of a table, and another has it", async () => {
    await dba.query("alter table people rename to clients");
    await dba.query("create table people as select id, note as ssn from clients");
    expect(await answer(ann, "select ssn from people")).toBe('[{"ssn":"***"}]');
    proxied.setPolicies(policyOf("public.clients.ssn"));
    expect(await answer(ann, "select ssn from people")).toBe('[{"ssn":"a note"}]');
    expect(await answer(ann, "select ssn from clients")).toBe('[{"ssn":"***"}]');
  });

  test("a name that was given back is the only one", async () => {
    await dba.query("alter table people rename ssn to x; alter table people rename x to ssn");
    expect(await answer(ann, "select ssn from people")).toBe('[{"ssn":"***"}]');
    await dba.query("alter table people rename to clients");
    await dba.query("alter table clients rename to people");
    expect(await answer(ann, "select ssn, note from people")).toBe('[{"ssn":"***","note":"a note"}]');
  });
});

test("rules that go by a schema mean where a table is now", async () => {
  proxied.setPolicies(`package test
deny "not yet published" if { some table in query.tables; table.schema == "x"; not "dba" in principal.groups }`);
  await dba.query("create schema x; create table x.loaded as select 1 as id");
  expect(await answer(ann, "select * from x.loaded")).toMatch(/not yet published/);
  await dba.query("alter table x.loaded set schema public");
  expect(await answer(ann, "select * from loaded")).toBe('[{"id":1}]');
  proxied.setPolicies(policyOf("public.people.ssn"));
});
