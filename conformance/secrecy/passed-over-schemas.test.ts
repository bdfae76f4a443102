/** PostgreSQL passes over schemas of the search_path that the role may not use: a bare name then means what lies in a later one. */
import { Client } from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Stage, startStage } from "../support/stage.ts";

const objects = (id: number, word: string) => `
create table t (id int primary key, word text);
insert into t values (${id}, '${word}');
grant select on t to other;
create trigger tr before insert on t for each row execute function public.nothing();
create rule r as on delete to t do instead nothing;
create policy p on t using (true);
create index i on t (word);
create view v as select id from t;
create materialized view m as select id from t;
create sequence s;
create type pair as (a int, b text);
`;
const setup = `
create role target login password 'target' noinherit;
create role other;
grant other to target;
grant create on database shop to target;
grant create on schema public to target;
create function nothing() returns trigger language plpgsql as 'begin return new; end';
set role target;
${objects(1, "not for ann")}
reset role;
`;
const policy = `package test
allow if true
deny "what is in public is not for you" if {
  some table in query.tables
  table.schema == "public"
}
`;

let stage: Stage;
let direct: Client;
let client: Client;

beforeAll(async () => {
  stage = await startStage({ setup, policy, login: { user: "target", password: "target" } });
  direct = new Client({ connectionString: stage.server.url(stage.database.database) });
  await direct.connect();
  client = await stage.enter("ann");
});
afterAll(async () => {
  await direct?.end();
  await stage?.stop();
});
/** Past the proxy, which would read the schema after each of them. */
beforeEach(async () => {
  await client.query("reset role");
  await direct.query(
    `set role target; drop schema if exists mine cascade; create schema mine; set search_path = mine; ${objects(2, "her own")}; reset all; reset role`,
  );
  await stage.proxied.refreshCatalogs();
  await client.query("set search_path = mine, public");
});

describe("a query", () => {
  const reads = ["select * from t", "table t", "select t.* from only t", "with x as (select * from t) select * from x"];

  test.each(reads)("%s means a table of one's own while its schema may be used", async (sql) => {
    expect((await client.query(sql)).rows).toEqual([{ id: 2, word: "her own" }]);
  });

  test.each(reads)(
    "%s means another table without the right to use the schema, and is decided as such",
    async (sql) => {
      await client.query("revoke usage on schema mine from target");
      await expect(client.query(sql)).rejects.toThrow("what is in public is not for you");
      await client.query("grant usage on schema mine to target");
      expect((await client.query(sql)).rows).toEqual([{ id: 2, word: "her own" }]);
    },
  );

  test.each(reads)("%s does not come to mean another table with another role", async (sql) => {
    await client.query("set role other");
    await expect(client.query(sql)).rejects.toThrow("permission denied for schema mine");
  });

  test("nor in one text with what takes the schema away", async () => {
    await expect(client.query("revoke usage on schema mine from target; select * from t")).rejects.toThrow(
      "permission denied for schema mine",
    );
    await expect(client.query("set search_path = mine, public; set role other; select * from t")).rejects.toThrow(
      "a name whose meaning",
    );
  });

  test("nor in one text with a call that sets a path on which there was none of the name", async () => {
    await client.query("revoke usage on schema mine from target");
    await client.query("set search_path = pg_catalog");
    await expect(
      client.query("select set_config('search_path', 'mine, public', false); select * from t"),
    ).rejects.toThrow("what is in public is not for you");
  });

  test("what the policies refuse stays refused", async () => {
    await expect(client.query("select * from public.t")).rejects.toThrow("what is in public is not for you");
  });
});

describe("a change of schema", () => {
  const changes = [
    "drop table t cascade",
    "DROP TABLE IF EXISTS /* t */ t CASCADE",
    'drop table if exists nowhere, "t" cascade',
    "drop view v",
    "drop materialized view if exists m",
    "drop sequence if exists nowhere, s",
    "drop trigger tr on t",
    "drop trigger if exists tr on t restrict",
    "drop rule r on t",
    "drop policy p on t",
    "truncate t",
    "begin; lock table t; commit",
    "alter table t add column more int",
    "alter table if exists only t drop column word",
    "alter table t rename to u",
    "alter table t rename column word to words",
    "alter table t set (fillfactor = 50)",
    "alter table t owner to target",
    "alter table t disable trigger tr",
    "alter trigger tr on t rename to other",
    "alter policy p on t using (false)",
    "alter view v rename to w",
    "alter sequence s restart 5",
    "create index on t (id, word)",
    "create trigger other before insert on t for each row execute function public.nothing()",
    "create rule other as on update to t do also nothing",
    "create policy other on t using (true)",
    "create statistics on id, word from t",
    "create table k (id int references t)",
    "create table k () inherits (t)",
    "create table k (like t including all)",
    "comment on table t is 't'",
    "comment on column t.word is 't'",
    "comment on view v is 'v'",
    "comment on materialized view m is 'm'",
    "comment on trigger tr on t is 'tr'",
    "comment on constraint t_pkey on t is 'key'",
    "comment on rule r on t is 'r'",
    "comment on policy p on t is 'p'",
    "grant all on t to other",
    "grant select (word) on t to other",
    "revoke select on t from other",
    "analyze t",
    "vacuum t",
    "vacuum (analyze) t (word)",
    "cluster t using t_pkey",
    "reindex table t",
    "refresh materialized view m",
  ];

  const ofIndexesAndTypes = [
    "drop index i",
    "drop index concurrently if exists i",
    "alter index i rename to j",
    "alter index if exists i set (fillfactor = 50)",
    "comment on index i is 'i'",
    "reindex index i",
    "drop type pair",
    "alter type pair add attribute c int",
    "alter type pair rename attribute a to c",
    "comment on column pair.a is 'a'",
  ];

  test.each([...changes, ...ofIndexesAndTypes])(
    "%s means a table of one's own while its schema may be used",
    async (sql) => {
      await expect(client.query(sql)).resolves.toBeDefined();
    },
  );

  test.each(changes)(
    "%s means another table without the right to use the schema, and is decided as such",
    async (sql) => {
      await client.query("revoke usage on schema mine from target");
      await expect(client.query(sql)).rejects.toThrow("what is in public is not for you");
      await client.query("rollback");
    },
  );

  test.each(["drop view v", "alter table t add column more int", "comment on column t.word is ''"])(
    "%s does not come to mean another one with another role, nor in one text with what takes the schema away",
    async (sql) => {
      await expect(client.query(`revoke usage on schema mine from target; ${sql}`)).rejects.toThrow(
        "permission denied for schema mine",
      );
      await client.query("set role other");
      await expect(client.query(sql)).rejects.toThrow("permission denied for schema mine");
    },
  );

  test("nor with a temporary table in front of it", async () => {
    await client.query("create temporary table t (id int)");
    await client.query("comment on table t is 'temporary'; alter table t add column more int; drop table t");
    await expect(client.query("select word from t")).resolves.toBeDefined();
  });

  test("makes things in a schema of their own beside others of the same name", async () => {
    await client.query(
      "create schema other create table t (id int) create index on t (id) create view v as select id from t",
    );
    await expect(client.query("drop schema other cascade")).resolves.toBeDefined();
  });

  test.each([
    "create table made (id int)",
    "create or replace view v as select 7 as id",
    "select 1 as id into made",
    "create sequence made",
  ])(
    "%s goes into the next schema of the path where the first may not be used, or is not there, and is decided as such",
    async (sql) => {
      const refusal = "what is in public is not for you";
      await client.query("revoke usage on schema mine from target");
      await expect(client.query(sql)).rejects.toThrow(refusal);
      await client.query("grant usage on schema mine to target");
      await client.query("set search_path = nowhere, public");
      await expect(client.query(sql)).rejects.toThrow(refusal);
      await client.query("set search_path = nowhere, mine, public");
      await expect(client.query(`drop schema mine cascade; ${sql}`)).rejects.toThrow(refusal);
      await expect(client.query(`begin; create schema nowhere; ${sql}; rollback`)).resolves.toBeDefined();
      await expect(client.query(sql)).resolves.toBeDefined();
    },
  );

  test("replaces a view by one of temporary tables as the server would", async () => {
    await client.query("create temporary table held (id int)");
    await client.query("create or replace view v as select * from held");
    await expect(client.query("drop view v; drop table held; drop view v")).resolves.toBeDefined();
  });

  test("what the policies refuse stays refused", async () => {
    await expect(client.query("drop table public.t cascade")).rejects.toThrow("what is in public is not for you");
    await expect(client.query("comment on column public.t.word is ''")).rejects.toThrow("not for you");
  });
});
