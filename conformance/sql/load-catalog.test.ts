import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Catalog, dumpCatalogFixture, loadPostgresCatalog, parseCatalogFixture } from "@penstock/engine";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";

const schema = `
  create schema app;
  create type app.mood as enum ('good', 'bad');
  create domain app.code as varchar(5) not null check (value <> '');
  create domain app.code2 as app.code;
  create table app.t (
    id int primary key, dropped int, names varchar(20)[], amount numeric(10,2), at timestamptz(3), lasts interval day to second(2),
    feeling app.mood, code app.code2, fixed char(3), "Q.x" text, generated text generated always as (upper("Q.x")) stored,
    bits bit varying(4), "char" "char", doc jsonb, whole app.code[]
  );
  alter table app.t drop column dropped;
  comment on column app.t.amount is 'in euros';
  create table app.p (id int, k text, primary key (k, id)) partition by list (k);
  create table app.p1 partition of app.p for values in ('x');
  create view public.v as select id, "Q.x" as q from app.t where fixed = 'x';
  create function app.lower(text) returns text language sql as 'select 1::text';
  create function app.eq(int, text) returns bool language sql as 'select true';
  create operator app.=== (leftarg = int, rightarg = text, function = app.eq);
  create function app.to_code(int) returns app.mood language sql as $$ select 'good'::app.mood $$;
  create cast (int as app.mood) with function app.to_code(int);
  create function app.stamp() returns trigger language plpgsql as 'begin new.amount := 1; return new; end';
  create trigger on_names before insert or update of names, amount on app.t for each row execute function app.stamp();
  create trigger once after truncate on app.t execute function app.stamp();
  create trigger off after insert on app.t execute function app.stamp();
  alter table app.t disable trigger off;
  create trigger each_part after delete on app.p for each row execute function app.stamp();
  create table app.refers (id int references app.t);
  create schema evil;
  create function evil.eq(oid, oid) returns bool language sql as 'select 1/0 = 1';
  create operator evil.= (leftarg = oid, rightarg = oid, function = evil.eq);
  create function evil.format_type(oid, int) returns text language sql as 'select (1/0)::text';
  create table evil.pg_class (oid oid);
`;

describe.each([18, 15] as const)("PostgreSQL %i", (major) => {
  let server: PostgresServer;
  let client: Client;
  let catalog: Catalog;
  const run = async (sql: string) =>
    (
      await client.query<(string | null)[]>({
        text: sql,
        rowMode: "array",
        types: { getTypeParser: () => (value: string) => value },
      })
    ).rows;

  beforeAll(async () => {
    server = await startPostgres({ major });
    client = new Client(server.url());
    await client.connect();
    await client.query(schema);
    await client.query("create temp table scratch (x int)");
    await client.query("set search_path = app, public");
    catalog = await loadPostgresCatalog(run);
  });

  afterAll(async () => {
    await client.end();
    await server.stop();
  });

  test("columns have their types, in full and with modifiers, and PostgreSQL takes them", async () => {
    const columns = catalog.relations.get("app.t")?.columns ?? [];
    expect(
      columns.map(({ attnum, name, typeSql, typeCategory }) => `${attnum} ${name} ${typeSql} ${typeCategory}`),
    ).toEqual([
      '1 id pg_catalog."int4" integer',
      '3 names pg_catalog."varchar"(20)[] array',
      '4 amount pg_catalog."numeric"(10,2) numeric',
      '5 at pg_catalog."timestamptz"(3) timestamptz',
      "6 lasts interval day to second(2) other",
      '7 feeling "app"."mood" enum',
      '8 code "app"."code2" text',
      '9 fixed pg_catalog."bpchar"(3) text',
      '10 Q.x pg_catalog."text" text',
      '11 generated pg_catalog."text" text',
      '12 bits pg_catalog."varbit"(4) other',
      '13 char pg_catalog."char" other',
      '14 doc pg_catalog."jsonb" json',
      '15 whole "app"."code"[] array',
    ]);
    for (const { typeSql, typeOid, typeModifier, isDomain } of columns) {
      if (isDomain) continue;
      const result = await client.query(`select null::${typeSql} as x`);
      const [field] = result.fields;
      expect({ typeSql, oid: field?.dataTypeID, modifier: field?.dataTypeModifier }).toEqual({
        typeSql,
        oid: typeOid,
        modifier: typeModifier,
      });
    }
    expect(columns.find((each) => each.name === "code")?.domain).toEqual({
      baseType: "character varying",
      baseTypeModifier: 9,
      notNull: true,
      hasCheck: true,
    });
    expect(columns.find((each) => each.name === "amount")?.comment).toBe("in euros");
    expect(columns.find((each) => each.name === "generated")?.generated).toContain('"Q.x"');
  });

  test("keys, partitions, views, temporary tables, operators and casts are there", () => {
    expect(catalog.relations.get("app.p")).toMatchObject({ kind: "partitioned", primaryKey: [2, 1] });
    expect(catalog.relations.get("app.p1")).toMatchObject({ isPartition: true, parents: ["app.p"] });
    expect(catalog.relations.get("public.v")?.definition).toContain("Q.x");
    expect([...catalog.relations.values()].filter((each) => each.isTemporary).map((each) => each.name)).toEqual([
      "scratch",
    ]);
    expect(catalog.operators.find((each) => each.schema === "app")).toMatchObject({ name: "===", functionName: "eq" });
    expect(catalog.types.get("app.mood")?.functions).toEqual([{ schema: "app", name: "to_code" }]);
    expect(catalog.definitionPath).toEqual(["pg_temp", "pg_catalog", "app", "public"]);
  });

  test("triggers are there, on partitions too", () => {
    const on = (path: string) => catalog.relations.get(path)?.triggers;
    const calls = { schema: "app", name: "stamp" };
    expect(on("app.t")).toEqual([
      {
        name: "on_names",
        timing: "before",
        events: new Set(["insert", "update"]),
        forEach: "row",
        columns: [3, 4],
        function: calls,
        assigns: ["amount"],
      },
      {
        name: "once",
        timing: "after",
        events: new Set(["truncate"]),
        forEach: "statement",
        columns: [],
        function: calls,
        assigns: ["amount"],
      },
    ]);
    for (const path of ["app.p", "app.p1"]) {
      expect(on(path)).toMatchObject([{ name: "each_part", timing: "after", events: new Set(["delete"]) }]);
    }
  });

  test("a schema ahead of pg_catalog captures nothing: what could be captured is not asked", async () => {
    await client.query("set search_path = evil, pg_catalog, app, public");
    const captured = await loadPostgresCatalog(run);
    await client.query("set search_path = app, public");
    expect(captured.relations.get("app.t")).toEqual(catalog.relations.get("app.t"));
    expect(captured.definitionPath).toEqual(["pg_temp", "evil", "pg_catalog", "app", "public"]);
    expect(captured.relations.get("public.v")?.definition).toBe("");
  });

  test("system relations are there with their columns", () => {
    expect(catalog.relations.get("pg_catalog.pg_class")?.columns.length).toBeGreaterThan(30);
    expect(catalog.relations.get("information_schema.columns")?.isSystem).toBe(true);
  });

  test("loading leaves no trace in a session, inside a transaction too", async () => {
    const settings = "select name, setting, source from pg_catalog.pg_settings order by name";
    await client.query("begin; set local search_path = app");
    const before = (await client.query(settings)).rows;
    await loadPostgresCatalog(run);
    expect((await client.query(settings)).rows).toEqual(before);
    await client.query("rollback");
  });

  test("users' objects can be read again without the system's", async () => {
    await client.query("create table app.later (a int)");
    const again = await loadPostgresCatalog(run, catalog);
    expect(again.relations.get("app.later")?.columns).toHaveLength(1);
    expect(again.relations.get("pg_catalog.pg_class")).toBe(catalog.relations.get("pg_catalog.pg_class"));
    expect(again.functions.size).toBe(catalog.functions.size);
    await client.query("drop table app.later");
  });

  test("what is renamed while it is read is read again: names and definitions are of one moment", async () => {
    let isRenamed = false;
    const interrupted = async (sql: string) => {
      const isLate = /pg_get_viewdef/.test(sql);
      if (isLate && !isRenamed) await client.query("alter table app.t rename id to late");
      isRenamed ||= isLate;
      return run(sql);
    };
    const again = await loadPostgresCatalog(interrupted, catalog);
    expect(isRenamed).toBe(true);
    expect(again.relations.get("app.t")?.columns[0]?.name).toBe("late");
    expect(again.relations.get("app.t")?.former?.[0]?.columns.get(1)).toBe("id");
    let changes = 0;
    const restless = async (sql: string) => {
      if (/pg_get_viewdef/.test(sql)) await client.query(`create schema later_${++changes}`);
      return run(sql);
    };
    await expect(loadPostgresCatalog(restless, catalog)).rejects.toThrow("the schema changed while it was read");
    for (; changes > 0; changes--) await client.query(`drop schema later_${changes}`);
    await client.query("alter table app.t rename late to id");
  });

  test("another session's temporary tables are not there", async () => {
    const other = new Client(server.url());
    await other.connect();
    await other.query("create temp table secret_scratch (x int)");
    const again = await loadPostgresCatalog(run, catalog);
    expect([...again.relations.values()].some((each) => each.name === "secret_scratch")).toBe(false);
    await other.end();
  });

  test("the catalog can be written to a file and read back", () => {
    const dump = dumpCatalogFixture(catalog);
    expect(dumpCatalogFixture(parseCatalogFixture(JSON.parse(JSON.stringify(dump))))).toEqual(dump);
  });
});
