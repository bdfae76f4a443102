import { describe, expect, test } from "vitest";
import { dumpCatalogFixture } from "./dump-fixture.ts";
import { FixtureError, parseCatalogFixture } from "./fixture.ts";
import type { Catalog } from "./catalog.ts";

const shop = {
  tables: {
    "public.users": {
      columns: {
        id: { type: "bigint", not_null: true },
        ssn: "varchar(11)",
        balance: "numeric(10,2)",
        tags: "text[]",
        seen: "timestamp(3) with time zone",
        feeling: "public.mood",
        wait: "interval day to second",
        full: { type: "text", generated: "lower(ssn)", comment: "computed" },
      },
      primary_key: ["id"],
    },
    'app."odd.name"': {
      columns: { "a b": "int4" },
      triggers: { t: { timing: "before", events: ["update"], columns: ["a b"], function: "public.f" } },
    },
    "app.part": { columns: { "a b": "int4" }, partition_of: 'app."odd.name"' },
  },
  views: {
    "public.outer_view": "select ssn, n from inner_view",
    "public.inner_view": "select ssn, length(ssn) as n from users",
  },
  types: { "public.mood": "enum" },
  functions: { "public.f": { volatility: "stable" } },
} as const;

function column(catalog: Catalog, path: string, name: string) {
  return catalog.relations.get(path)?.columns.find((each) => each.name === name);
}

describe("a catalog from a file", () => {
  const catalog = parseCatalogFixture(shop);

  test.each([
    ["id", "bigint", 'pg_catalog."int8"', "integer", -1],
    ["ssn", "character varying", 'pg_catalog."varchar"(11)', "text", 15],
    ["balance", "numeric", 'pg_catalog."numeric"(10,2)', "numeric", 655366],
    ["tags", "text[]", 'pg_catalog."text"[]', "array", -1],
    ["seen", "timestamp with time zone", 'pg_catalog."timestamptz"(3)', "timestamptz", 3],
    ["feeling", "mood", '"public"."mood"', "enum", -1],
    ["wait", "interval", "interval day to second", "other", -1],
  ])("%s is of type %s", (name, type, typeSql, typeCategory, typeModifier) => {
    expect(column(catalog, "public.users", name)).toMatchObject({ type, typeSql, typeCategory, typeModifier });
  });

  test("views may stand before the views they read, and take their types", () => {
    expect(catalog.relations.get("public.outer_view")?.columns.map(({ name, type }) => `${name} ${type}`)).toEqual([
      "ssn character varying",
      "n unknown",
    ]);
  });

  test("names with dots are quoted in paths", () => {
    expect(catalog.relations.get('app."odd.name"')?.name).toBe("odd.name");
    expect(catalog.relations.get("app.part")).toMatchObject({ isPartition: true, parents: ['app."odd.name"'] });
  });

  test("what PostgreSQL brings is there without being written", () => {
    expect(catalog.relations.get("pg_catalog.pg_class")?.isSystem).toBe(true);
    expect(catalog.relations.get("information_schema.columns")?.isSystem).toBe(true);
  });

  test("a dump reads back as the same catalog", () => {
    const dump = dumpCatalogFixture(catalog);
    expect(dumpCatalogFixture(parseCatalogFixture(JSON.parse(JSON.stringify(dump))))).toEqual(dump);
  });
});

function problemsOf(json: unknown): readonly string[] {
  try {
    parseCatalogFixture(json, "catalog.json");
    return [];
  } catch (error) {
    if (error instanceof FixtureError) return error.problems;
    throw error;
  }
}

test("all mistakes of a file are told at once, with their places", () => {
  const problems = problemsOf({
    tables: { users: { columns: { a: "nonsense", b: { typ: "text" } }, primary_key: ["z"] } },
    views: { "public.v": "selec", "public.w": "select * from missing" },
    tabels: {},
  });
  expect(problems).toEqual([
    "the catalog has no `tabels`; it has engine, database, server_version_num, lower_case_table_names, tables, views, functions, types, operators, schemas, definition_path",
    'tables["users"]: write the name as schema.name, a part with a dot in double quotes',
    'tables["users"].columns["a"]: `nonsense` is not a type that is known here',
    'tables["users"].columns["b"] has no `typ`; it has type, not_null, comment, generated, character_set, collation',
    'tables["users"].columns["b"]: `undefined` is not a type that is known here',
    'tables["users"].primary_key names `z`, which is not a column',
    'views["public.v"]: syntax error at or near "selec"',
    'views["public.w"] reads a relation that is not there',
  ]);
});
