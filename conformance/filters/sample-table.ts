import * as fc from "fast-check";
import type { Client } from "pg";
import type { Relation } from "../../engine/src/catalog/catalog.ts";
import { loadCatalog } from "../rewrite/databases.ts";
import { type SampleColumn, type SampleRow, type SampleTable, texts } from "./sample-column.ts";

export const asText = { getTypeParser: () => (text: string | Buffer) => text.toString() };

const cut = (text: string, characters: number): string => Array.from(text).slice(0, characters).join("");

const integers = (bits: bigint): fc.Arbitrary<string> => {
  const max = 2n ** (bits - 1n) - 1n;
  return fc
    .oneof(
      fc.bigInt({ min: -6n, max: 6n }),
      fc.constantFrom(-max - 1n, -max, max - 1n, max),
      fc.bigInt({ min: -max, max }),
    )
    .map(String);
};

const two = (value: number): string => String(Math.floor(value)).padStart(2, "0");

const days = fc
  .tuple(
    fc.constantFrom("0001", "0999", "1969", "1970", "2024", "9999", "12345"),
    fc.integer({ min: 1, max: 12 }),
    fc.integer({ min: 1, max: 28 }),
  )
  .map(([year, month, day]) => `${year}-${two(month)}-${two(day)}`);
const clocks = fc
  .tuple(fc.constantFrom(0, 1, 3599, 3600, 43_200, 86_399), fc.constantFrom("", ".5", ".000001", ".999999"))
  .map(([seconds, fraction]) => `${two(seconds / 3600)}:${two((seconds / 60) % 60)}:${two(seconds % 60)}${fraction}`);
/** No timestamp lies before 4714 BC. */
const dated = (text: string, era: string): string => (/^(?:9999|12345)/.test(text) ? text : text + era);
const eras = fc.constantFrom("", "", "", "", " BC");
const infinite = fc.constantFrom("infinity", "-infinity");

const dates = fc.oneof(
  { weight: 8, arbitrary: fc.tuple(days, eras).map(([day, era]) => dated(day, era)) },
  { weight: 1, arbitrary: infinite },
  { weight: 1, arbitrary: fc.constantFrom("5874897-12-31", "4714-11-24 BC", "2024-02-29") },
);
const times = fc.oneof(
  { weight: 8, arbitrary: fc.tuple(days, clocks, eras).map(([day, clock, era]) => dated(`${day} ${clock}`, era)) },
  { weight: 1, arbitrary: infinite },
  {
    weight: 1,
    arbitrary: fc.constantFrom("1970-01-01 00:00:00", "294276-12-30 23:59:59.999999", "4713-01-01 00:00:00 BC"),
  },
);

const numerics = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.constantFrom(
      "0",
      "0.1",
      "0.3",
      "1",
      "-1",
      "1.0",
      "2.5",
      "-2.50",
      "3",
      "42",
      "1e-3",
      "9007199254740993",
    ),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.integer({ min: -999_999, max: 999_999 }), fc.integer({ min: 0, max: 4 }))
      .map(([digits, scale]) => `${digits}e-${scale}`),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      "NaN",
      "Infinity",
      "-Infinity",
      "1e400",
      "-1e400",
      "1e-400",
      "1e999",
      "1e1000",
      "1e-1000",
      "1e-1001",
      "1e1200",
    ),
  },
);
const floats = fc.oneof(
  fc.constantFrom(
    "0",
    "-0",
    "0.1",
    "0.5",
    "1",
    "-1",
    "2.5",
    "42",
    "16777216",
    "16777217",
    "9007199254740992",
    "9007199254740994",
    "1e30",
    "-1e-30",
    "NaN",
    "Infinity",
    "-Infinity",
  ),
  fc.integer({ min: -99, max: 99 }).map((value) => String(value / 8)),
);
const uuids = fc.oneof(
  fc.constantFrom("00000000-0000-0000-0000-00000000000a", "ffffffff-ffff-ffff-ffff-ffffffffffff"),
  fc.uuid(),
);

const column = (
  name: string,
  type: string,
  family: SampleColumn["family"],
  values: fc.Arbitrary<string>,
): SampleColumn => ({
  name,
  type,
  family,
  values,
});

/** Columns of every type that filters compare, texts under collations of every kind. */
const sampleColumns: readonly SampleColumn[] = [
  column("i2", "int2", "integer", integers(16n)),
  column("i4", "int4", "integer", integers(32n)),
  column("i8", "int8", "integer", integers(64n)),
  column("whole", "whole_number", "integer", integers(32n)),
  column("n", "numeric", "numeric", numerics),
  column(
    "n2",
    "numeric(8, 2)",
    "numeric",
    fc.integer({ min: -99_999, max: 99_999 }).map((value) => String(value / 100)),
  ),
  column("f4", "float4", "float", floats),
  column("f8", "float8", "float", floats),
  column("t", "text", "text", texts),
  column("t_c", 'text collate "C"', "text", texts),
  column("t_icu", 'text collate "de-x-icu"', "text", texts),
  column("t_turkish", 'text collate "tr-x-icu"', "text", texts),
  column("t_loose", "text collate loose", "text", texts),
  column(
    "v",
    "varchar(12)",
    "text",
    texts.map((text) => cut(text, 12)),
  ),
  column(
    "c",
    "char(5)",
    "text",
    texts.map((text) => cut(text, 5)),
  ),
  column(
    "c_loose",
    "char(5) collate loose",
    "text",
    texts.map((text) => cut(text, 5)),
  ),
  column(
    "name",
    "name",
    "text",
    texts.map((text) => cut(text, 12)),
  ),
  column(
    "dom",
    "short_text",
    "text",
    texts.map((text) => cut(text, 12)),
  ),
  column(
    "dom_c",
    "code",
    "text",
    texts.map((text) => cut(text, 4)),
  ),
  column("dom_b", "flag", "boolean", fc.constantFrom("true", "false")),
  column("dom_d", "day", "date", dates),
  column(
    "dom_n",
    "price",
    "numeric",
    fc.integer({ min: -99_999, max: 99_999 }).map((value) => String(value / 100)),
  ),
  column("dom_u", "key", "uuid", uuids),
  column("b", "boolean", "boolean", fc.constantFrom("true", "false")),
  column("d", "date", "date", dates),
  column("ts", "timestamp", "timestamp", times),
  column(
    "ts0",
    "timestamp(0)",
    "timestamp",
    fc.tuple(days, clocks).map(([day, clock]) => `${day} ${clock}`),
  ),
  column("tz", "timestamptz", "timestamptz", times),
  column("u", "uuid", "uuid", uuids),
  column("ci", "citext", "citext", texts),
  column("e", "level", "enum", fc.constantFrom("low", "high", "Mid's", "\u00e9")),
  column('odd "name', "text", "text", texts),
];

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** What would answer in place of the server's own, if a filter named anything without its schema. */
const lookalikes = ["text", "numeric", "int4", "int8", "float8", "bool", "date", "uuid", "timestamptz"]
  .map((name) => {
    const type = `pg_catalog.${name}`;
    const operators = ["=", "<>", "<", "<=", ">", ">="].map(
      (operator) => `create operator evil.${operator} (leftarg = ${type}, rightarg = ${type}, function = evil.wrong);`,
    );
    return [
      `create function evil.wrong(${type}, ${type}) returns boolean language sql as 'select true';`,
      ...operators,
    ].join("\n");
  })
  .join("\n");

const setup = `
  create extension citext;
  create type level as enum ('low', 'high', 'Mid''s', '\u00e9');
  create domain short_text as varchar(12);
  create domain whole_number as int4;
  create domain code as char(4);
  create domain flag as boolean;
  create domain day as date;
  create domain price as numeric(8, 2);
  create domain key as uuid;
  create domain rank as level;
  create collation loose (provider = icu, locale = 'und-u-ks-level1', deterministic = false);
  create table unfit (id int4, r rank, loose citext, tags text[], j jsonb, span interval, address inet, pair point);
  create table sample (id int4 primary key, ${sampleColumns.map(({ name, type }) => `${quoted(name)} ${type}`).join(", ")});
  create view barrier with (security_barrier) as select distinct * from sample;
  create schema evil;
  ${["starts_with", "right", "left", "btrim", "ltrim", "rtrim", "strpos", "translate"]
    .map(
      (name) =>
        `create function evil.${quoted(name)}(variadic text[]) returns text language sql as $$ select 'caught' $$;`,
    )
    .join("\n")}
  create function evil.abs(numeric) returns numeric language sql as 'select 0.0';
  create function evil.scale(numeric) returns integer language sql as 'select 0';
  create function evil.mod(numeric, numeric) returns numeric language sql as 'select 0.0';
  create domain evil.text as pg_catalog.text check (value = 'caught');
  create domain evil.int8 as pg_catalog.int8 check (value = 7);
  create domain evil.date as pg_catalog.date check (value = '2001-01-01');
  ${lookalikes}`;

/** A session in which everything that filters do not name by schema means something else, and dates print otherwise. */
const hostileSession =
  "set search_path = evil, public, pg_catalog; set datestyle = 'SQL, DMY'; set extra_float_digits = 0";
const plainSession =
  "set search_path = public; set datestyle = 'ISO'; set extra_float_digits = 1; set timezone = 'UTC'";
const timeZones = ["UTC", "America/St_Johns", "Pacific/Apia", "Africa/Monrovia"];

/** Creates the tables in an empty database: `unfit` has types that filters refuse. */
export async function createSample(
  client: Client,
): Promise<{ readonly sample: SampleTable; readonly unfit: Relation }> {
  await client.query(setup);
  const { relations } = await loadCatalog(client);
  const relation = relations.get("public.sample");
  const unfit = relations.get("public.unfit");
  if (relation === undefined || unfit === undefined) throw new Error("the catalog lacks a table that was just created");
  let tables = 0;
  const sample: SampleTable = {
    relation,
    columns: sampleColumns,
    fill: async (rows) => {
      await client.query(plainSession);
      await fillSample(client, rows);
      const stored = await client.query<SampleRow>("select * from public.sample order by id");
      await client.query(`${hostileSession}; set timezone = '${timeZones[tables++ % timeZones.length]}'`);
      return stored.rows;
    },
    choose: async (where) => {
      const chosen = await client.query<{ id: string }>(
        `select r.id from public.sample as r where ${where} order by r.id`,
      );
      return chosen.rows.map(({ id }) => id);
    },
    expectLeakproof: async (condition) => expectLeakproof(client, condition),
  };
  return { sample, unfit };
}

async function fillSample(client: Client, rows: readonly SampleRow[]): Promise<void> {
  await client.query("truncate public.sample");
  const names = sampleColumns.map(({ name }) => name);
  const casts = sampleColumns.map(({ type }, index) => `cast(given.c${index} as ${type.replace(/ collate .*/, "")})`);
  const lists = names.map((name) => rows.map((row) => row[name] ?? null));
  await client.query(
    `insert into public.sample (id, ${names.map(quoted).join(", ")}) select given.id, ${casts.join(", ")}
      from unnest(${names.map((_, index) => `$${index + 1}::pg_catalog.text[]`).join(", ")}) with ordinality as given (${names.map((_, index) => `c${index}`).join(", ")}, id)`,
    lists,
  );
}

/** The server pushes a condition into a security barrier that it cannot flatten only if nothing in it can leak. */
async function expectLeakproof(client: Client, condition: string): Promise<void> {
  const plan = await client.query<{ "QUERY PLAN": string }>(
    `explain (costs off) select r.id from public.barrier as r where ${condition}`,
  );
  const lines = plan.rows.map((row) => row["QUERY PLAN"]);
  if (lines[0]?.startsWith("Subquery Scan") === true && lines[1]?.includes("Filter:") === true) {
    throw new Error(`not leakproof for the server: ${condition}\n${lines.join("\n")}`);
  }
}
