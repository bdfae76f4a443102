/**
 * What a name means to the proxy is what it means to the server, however the session came to the state that decides it. Two tables have one name:
 * the proxy knows that it read the free one if it lets its text through, and the other one if it masks it.
 */
import { Client, type DatabaseError } from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Proxied, ProxiedDatabase } from "../support/proxied.ts";
import { type Stage, startStage } from "../support/stage.ts";

const policy = `package test
mask public.people.ssn with redact() if not "dba" in principal.groups`;

const setup = `
create table people (ssn text); insert into people values ('hidden');
create schema other; create table other.people (ssn text); insert into other.people values ('other text');
create schema "Other, ""x"; create table "Other, ""x".people (ssn text); insert into "Other, ""x".people values ('quoted text');
create function other.moves() returns text language plpgsql as $$ begin set search_path = other; return 'moved'; end $$;
create function public.stays() returns text language plpgsql set search_path = other as $$ begin return (select ssn from people); end $$;
create procedure public.commits() language plpgsql as $$ begin set search_path = other; commit; set local search_path = public; end $$;
`;

const hidden = "***";
const free = "other text";

interface State {
  readonly name: string;
  readonly statements: readonly string[];
  /** What \`select ssn from people\` shows then. */
  readonly shows: string;
}

const states: readonly State[] = [
  { name: "nothing", statements: [], shows: hidden },
  { name: "SET", statements: ["set search_path = other"], shows: free },
  { name: "SET TO a text", statements: ["set session search_path to 'other'"], shows: free },
  {
    name: "SET of a text with a comma is one name",
    statements: ["set search_path = 'other, public'"],
    shows: "no relation",
  },
  { name: "quotes", statements: ['set search_path = "Other, ""x", other'], shows: "quoted text" },
  { name: "a Unicode escape in the schema", statements: [`set search_path = U&"oth\\0065r"`], shows: free },
  { name: "a Unicode escape in the setting", statements: [`set U&"search\\005fpath" = other`], shows: free },
  { name: "letters of any case", statements: ["set Search_Path = OTHER"], shows: free },
  { name: "letters of any case in quotes", statements: ['set "SEARCH_PATH" = "OTHER", public'], shows: hidden },
  { name: "SET SCHEMA", statements: ["set schema 'other'"], shows: free },
  { name: "set_config", statements: ["select set_config('search_path', 'other', false)"], shows: free },
  {
    name: "set_config for a transaction that has ended",
    statements: ["select set_config('search_path', 'other', true)"],
    shows: hidden,
  },
  {
    name: "set_config in a transaction",
    statements: ["begin", "select set_config('search_path', 'other', true)"],
    shows: free,
  },
  { name: "SET LOCAL", statements: ["begin", "set local search_path = other"], shows: free },
  { name: "SET LOCAL, committed", statements: ["begin", "set local search_path = other", "commit"], shows: hidden },
  {
    name: "SET LOCAL in a savepoint rolled back",
    statements: ["begin", "savepoint s", "set local search_path = other", "rollback to s"],
    shows: hidden,
  },
  {
    name: "SET LOCAL in a savepoint released",
    statements: ["begin", "savepoint s", "set local search_path = other", "release s"],
    shows: free,
  },
  {
    name: "savepoints within savepoints",
    statements: [
      "begin",
      "set search_path = other",
      "savepoint a",
      "set search_path = public",
      "savepoint b",
      "set local search_path = other",
      "rollback to b",
      "rollback to a",
    ],
    shows: free,
  },
  {
    name: "SET in a transaction rolled back",
    statements: ["begin", "set search_path = other", "rollback"],
    shows: hidden,
  },
  {
    name: "SET in a transaction that failed",
    statements: ["begin", "set search_path = other", "select 1/0", "commit"],
    shows: hidden,
  },
  {
    name: "SET after SET LOCAL",
    statements: ["begin", "set local search_path = public", "set search_path = other", "commit"],
    shows: free,
  },
  {
    name: "COMMIT AND CHAIN",
    statements: ["begin", "set local search_path = other", "commit and chain"],
    shows: hidden,
  },
  { name: "RESET", statements: ["set search_path = other", "reset search_path"], shows: hidden },
  { name: "RESET ALL", statements: ["set search_path = other", "reset all"], shows: hidden },
  { name: "SET TO DEFAULT", statements: ["set search_path = other", "set search_path to default"], shows: hidden },
  { name: "DISCARD ALL", statements: ["set search_path = other", "discard all"], shows: hidden },
  { name: "DISCARD PLANS", statements: ["set search_path = other", "discard plans"], shows: free },
  { name: "DISCARD SEQUENCES", statements: ["set search_path = other", "discard sequences"], shows: free },
  {
    name: "DISCARD TEMP",
    statements: ["create temp table people as select 'mine' as ssn", "discard temp"],
    shows: hidden,
  },
  {
    name: "a temporary table in front",
    statements: ["create temp table people as select 'mine' as ssn"],
    shows: "mine",
  },
  {
    name: "a temporary table that is dropped",
    statements: ["create temp table people as select 'mine' as ssn", "drop table people"],
    shows: hidden,
  },
  {
    name: "a temporary table that the path puts behind",
    statements: ["create temp table people as select 'mine' as ssn", "set search_path = public, pg_temp"],
    shows: hidden,
  },
  {
    name: "a temporary table that goes with its transaction",
    statements: ["begin", "create temp table people on commit drop as select 'mine' as ssn", "commit"],
    shows: hidden,
  },
  {
    name: "a temporary table that is rolled back",
    statements: ["begin", "create temp table people as select 'mine' as ssn", "rollback"],
    shows: hidden,
  },
  { name: "$user, quoted or not", statements: ['set search_path = "$user", other'], shows: free },
  { name: "an empty path", statements: ["set search_path = ''"], shows: "no relation" },
  { name: "schemas that are not there", statements: ["set search_path = nowhere, other, public"], shows: free },
  {
    name: "several in one text",
    statements: ["set search_path = other; set search_path = public; set search_path = other"],
    shows: free,
  },
  {
    name: "a text with a transaction inside",
    statements: ["begin; set local search_path = other; commit"],
    shows: hidden,
  },
  { name: "a text that fails at its end", statements: ["set search_path = other; select 1/0"], shows: hidden },
];

/** As what runs for somebody from whom nothing is hidden: code that nobody reads. */
const codeStates: readonly State[] = [
  { name: "DO", statements: ["do $$ begin set search_path = other; end $$"], shows: free },
  {
    name: "DO with a local setting",
    statements: ["begin", "do $$ begin set local search_path = other; end $$"],
    shows: free,
  },
  {
    name: "DO with a local setting, rolled back",
    statements: ["begin", "savepoint s", "do $$ begin set local search_path = other; end $$", "rollback to s"],
    shows: "hidden",
  },
  { name: "a function", statements: ["select other.moves()"], shows: free },
  { name: "a function's SET clause, which ends with it", statements: ["select stays()"], shows: "hidden" },
  { name: "a procedure with a transaction inside", statements: ["call commits()"], shows: free },
  { name: "dynamic SQL", statements: ["do $$ begin execute 'set search' || '_path = other'; end $$"], shows: free },
];

describe.each([18, 15] as const)("PostgreSQL %i", (major) => {
  let stage: Stage;
  let database: ProxiedDatabase;
  let proxied: Proxied;
  beforeAll(async () => {
    stage = await startStage({ major, database: "names", setup, policy });
    ({ database, proxied } = stage);
  });
  afterAll(() => stage?.stop());

  async function within<T>(
    login: ConstructorParameters<typeof Client>[0],
    work: (client: Client) => Promise<T>,
  ): Promise<T> {
    const client = new Client(login);
    await client.connect();
    try {
      return await work(client);
    } finally {
      await client.end();
    }
  }

  const whatIsShown = (client: Client) =>
    client.query<{ ssn: string }>("select ssn from people").then(
      ({ rows }) => rows[0]?.ssn,
      (error: DatabaseError) => (error.code === "42P01" ? "no relation" : error.message),
    );

  async function afterAllOf(client: Client, statements: readonly string[]): Promise<string | undefined> {
    for (const sql of statements) await client.query(sql).catch(() => undefined);
    return whatIsShown(client);
  }

  test.each(states)("$name", async ({ statements, shows }) => {
    expect(await within(proxied.as("ann"), (client) => afterAllOf(client, statements))).toBe(shows);
    // The server itself, where nothing is masked.
    const direct = await within(database, (client) => afterAllOf(client, statements));
    expect(shows === hidden ? "hidden" : shows).toBe(direct);
  });

  test.each(codeStates)("by code: $name", async ({ statements, shows }) => {
    const shown = await within(proxied.as("dba"), (client) => afterAllOf(client, statements));
    const { tables } = proxied.lastAuditLine("statement") ?? {};
    expect([shown, tables]).toEqual([shows, [shows === free ? "other.people" : "public.people"]]);
  });

  test.each([
    ["the start message", { options: "-c search_path=other" }, []],
    ["the start message in its long form", { options: "--search_path=other" }, []],
    ["a role", {}, ["alter role postgres set search_path = other", "alter role postgres reset search_path"]],
    ["a database", {}, ["alter database names set search_path = other", "alter database names reset search_path"]],
    [
      "a role in a database",
      {},
      [
        "alter role postgres in database names set search_path = other",
        "alter role postgres in database names reset search_path",
      ],
    ],
    [
      "a schema of the login's name",
      {},
      [
        "create schema postgres; create view postgres.people as select * from other.people",
        "drop schema postgres cascade",
      ],
    ],
  ] as const)(
    "a path that %s gives is there from the start, and after RESET and DISCARD",
    async (_, extra, [make, undo]) => {
      await within(database, async (direct) => {
        if (make !== undefined) await direct.query(make);
        await proxied.refreshCatalogs();
        try {
          await within({ ...proxied.as("ann"), ...extra }, async (client) => {
            expect(await whatIsShown(client)).toBe(free);
            for (const back of ["reset search_path", "reset all", "discard all", "set search_path to default"]) {
              await client.query("set search_path = public");
              expect(await whatIsShown(client)).toBe(hidden);
              await client.query(back);
              expect(await whatIsShown(client)).toBe(free);
            }
          });
        } finally {
          if (undo !== undefined) await direct.query(undo);
          await proxied.refreshCatalogs();
        }
      });
    },
  );

  test("what is prepared means what it does when it runs, what is declared what it did then", async () => {
    await within(proxied.as("ann"), async (client) => {
      const named = { name: "p", text: "select ssn from people" };
      await client.query("set search_path = other");
      await client.query("prepare s as select ssn from people");
      expect((await client.query(named)).rows).toEqual([{ ssn: free }]);
      await client.query("begin");
      await client.query("declare c cursor for select ssn from people");
      await client.query("set search_path = public");
      expect((await client.query("fetch all from c")).rows).toEqual([{ ssn: free }]);
      await client.query("rollback");
      await client.query("set search_path = public");
      expect((await client.query(named)).rows).toEqual([{ ssn: hidden }]);
      // The server keeps the text of PREPARE, which would read the other table now.
      await expect(client.query("execute s")).rejects.toMatchObject({ code: "42501" });
      await client.query("set search_path = other");
      expect((await client.query("execute s")).rows).toEqual([{ ssn: free }]);
      expect((await client.query(named)).rows).toEqual([{ ssn: free }]);
    });
  });

  test("a namesake of pg_stats shows what it shows, and pg_stats shows nothing of it in its place", async () => {
    await within(proxied.as("ann"), async (client) => {
      await client.query("create temp view pg_stats as select 'mine' as tablename, 'own' as most_common_vals");
      const text = "select most_common_vals::text as v from pg_stats where tablename in ('people', 'mine')";
      await client.query(`prepare s as ${text}`);
      const shown = async () => JSON.stringify((await client.query({ name: "stats", text })).rows);
      // What is temporary comes first, unless the path says otherwise.
      expect(await shown()).toBe('[{"v":"own"}]');
      await client.query("set search_path = pg_catalog, pg_temp, public");
      expect(await shown()).not.toMatch(/own|hidden/);
      const executed = await client.query<{ v: string }>("execute s").then(
        ({ rows }) => rows,
        () => [],
      );
      expect(JSON.stringify(executed)).not.toContain("hidden");
      await client.query("set search_path = public");
      expect(await shown()).not.toContain("hidden");
    });
  });

  test.each([
    "set client_encoding = 'SJIS'",
    "set names 'BIG5'",
    "set client_encoding to 'GBK'",
    "set client_encoding to GB18030",
    "select set_config('client_encoding', 'UHC', false)",
    "set local client_encoding = 'JOHAB'",
    "set standard_conforming_strings = off",
    "select set_config('standard_conforming_strings', 'off', false)",
    "set role postgres",
    "set local role pg_monitor",
    "set session authorization postgres",
    "select set_config('role', 'postgres', false)",
    "set session_replication_role = replica",
  ])("%s is refused, inside a transaction too, and the session goes on as it was", async (sql) => {
    await within(proxied.as("ann"), async (client) => {
      await client.query("begin");
      await expect(client.query(sql)).rejects.toMatchObject({ code: "42501" });
      await client.query("rollback");
      await expect(client.query(sql)).rejects.toMatchObject({ code: "42501" });
      const { rows } = await client.query(
        String.raw`select '\''' as text, current_setting('client_encoding') as encoding`,
      );
      expect(rows).toEqual([{ text: String.raw`\'`, encoding: "UTF8" }]);
      expect(await whatIsShown(client)).toBe(hidden);
    });
  });

  test.each(["SJIS", "BIG5", "GBK", "LATIN1"])(
    "a session that begins in %s is refused or held to UTF-8",
    async (encoding) => {
      const login = { ...proxied.as("ann"), options: `-c client_encoding=${encoding}` };
      await expect(within(login, whatIsShown)).rejects.toThrow(/client_encoding/);
      await within(database, async (direct) => {
        await direct.query(`alter role postgres set client_encoding = '${encoding}'`);
        try {
          const shown = await within(proxied.as("ann"), async (client) => [
            (await client.query<{ e: string }>("select current_setting('client_encoding') as e")).rows[0]?.e,
            await whatIsShown(client),
          ]);
          expect(shown).toEqual(["UTF8", hidden]);
        } finally {
          await direct.query("alter role postgres reset client_encoding");
        }
      });
    },
  );
});
