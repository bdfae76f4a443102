/**
 * Each mask exists twice, in JavaScript and in SQL: here the real server says that both give the same value for every value of every
 * type, of the column's exact type, and that the SQL raises no error.
 */
import type { MaskCall } from "@penstock/language";
import * as fc from "fast-check";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Column } from "../../engine/src/catalog/catalog.ts";
import { integerRange } from "../../engine/src/masks/integer-range.ts";
import { applyMask, maskSql, planMask } from "../../engine/src/masks/masks.ts";
import { startPostgres, type PostgresServer } from "../support/postgres-server.ts";
import { masks, printed, texts } from "./cases.ts";
import { maskableColumns, setup } from "./columns.ts";

const asText = { getTypeParser: () => (text: string | Buffer) => text.toString() };

/** Two digits, rounded down. */
const two = (value: number) => String(Math.floor(value)).padStart(2, "0");

const years = fc.oneof(
  fc.integer({ min: 1, max: 4713 }).map((year) => -year),
  fc.integer({ min: 1, max: 9999 }),
  fc.integer({ min: 10_000, max: 294_276 }),
);
const dates = fc
  .tuple(years, fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 28 }))
  .map(([year, month, day]) => {
    return { date: `${String(Math.abs(year)).padStart(4, "0")}-${two(month)}-${two(day)}`, era: year < 0 ? " BC" : "" };
  });
const clocks = fc
  .tuple(fc.integer({ min: 0, max: 86_399 }), fc.integer({ min: 0, max: 999_999 }))
  .map(([seconds, micros]) => {
    return `${two(seconds / 3600)}:${two((seconds / 60) % 60)}:${two(seconds % 60)}.${String(micros).padStart(6, "0")}`;
  });
const edges: Readonly<Record<string, readonly string[]>> = {
  date: [
    "infinity",
    "-infinity",
    "4714-11-24 BC",
    "4714-12-31 BC",
    "4713-01-01 BC",
    "0001-01-01 BC",
    "0001-01-01",
    "2024-12-30",
    "2021-01-03",
    "294276-12-31",
    "294277-01-01",
    "5874897-12-31",
    "1900-02-28",
    "2000-02-29",
  ],
  timestamp: [
    "infinity",
    "-infinity",
    "4714-11-24 00:00:00 BC",
    "4714-12-31 23:59:59 BC",
    "4713-01-01 00:00:00 BC",
    "294276-12-31 23:59:59.999999",
    "2000-02-29 12:30:30.5",
    "1970-01-01 00:00:00",
  ],
};

function valuesOf(column: Column): fc.Arbitrary<string> {
  const category: string = column.typeCategory;
  switch (category) {
    case "text":
      return texts;
    case "date":
      return fc.oneof(
        fc.constantFrom(...(edges["date"] ?? [])),
        dates.map(({ date, era }) => date + era),
      );
    case "timestamp":
    case "timestamptz":
      return fc.oneof(
        // Rounding the last one to whole seconds would leave the type's range.
        fc.constantFrom(
          ...(edges["timestamp"] ?? []).filter((edge) => (column.typeModifier ?? -1) < 0 || !edge.includes(".999999")),
        ),
        fc.tuple(dates, clocks).map(([{ date, era }, clock]) => `${date} ${clock}${era}`),
      );
    case "numeric":
      return (column.typeModifier ?? -1) > 0
        ? fc.oneof(
            fc.integer({ min: -999_999, max: 999_999 }).map((n) => String(n / 100)),
            // The edges: what rounds up from them no longer fits.
            fc.constantFrom("99999.49", "-99999.49", "0"),
          )
        : fc.oneof(
            fc.constantFrom("NaN", "Infinity", "-Infinity", "0", "1e300", "-0.00001", "12.50", "-12.50"),
            fc.constantFrom("9".repeat(1000), `-${"9".repeat(1001)}`, "9".repeat(131_072)),
            fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
          );
    case "integer":
      return fc.oneof(integersOf(column), fc.integer({ min: -32_768, max: 32_767 }).map(String));
    case "float":
      return fc.oneof(
        fc.constantFrom("NaN", "Infinity", "-Infinity", "1e-30", "0", "-0", "-1.5", "0.1", "16777217", "123456.5"),
        column.type === "real"
          ? fc.float({ noNaN: true, noDefaultInfinity: true }).map(String)
          : fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
        fc.integer({ min: -1_000_000_000, max: 1_000_000_000 }).map((n) => String(n / 1000)),
      );
    case "boolean":
      return fc.constantFrom("true", "false");
    case "uuid":
      return fc.uuid();
    case "enum":
      return fc.constantFrom("low", "high");
    default:
      throw new Error(`no values for ${column.type}, a type of category ${category}`);
  }
}

/** Both ends of the type's range and what lies near them. */
function integersOf(column: Column): fc.Arbitrary<string> {
  const range = integerRange(column);
  if (range === undefined) throw new Error(`${column.type} is no integer type`);
  return fc
    .tuple(fc.constantFrom(range.min, range.max), fc.bigInt({ min: 0n, max: 30_000n }))
    .map(([end, distance]) => String(end < 0n ? end + distance : end - distance));
}

/** One float has several texts. */
function valueOf({ type, typeCategory }: Column, text: string | null): string | number | null {
  if (text === null || typeCategory !== "float") return text;
  return type === "real" ? Math.fround(Number(text)) : Number(text);
}

/** Domains allow what they allow. */
function allowedValues(column: Column): fc.Arbitrary<string | null> {
  if (column.domain?.hasCheck === true) return fc.emailAddress();
  return column.domain?.notNull === true ? valuesOf(column) : fc.option(valuesOf(column), { freq: 10 });
}

describe("a mask in JavaScript and the same mask in SQL", () => {
  let server: PostgresServer;
  let client: Client;
  let columns: readonly Column[];
  beforeAll(async () => {
    server = await startPostgres();
    client = new Client({ connectionString: await server.createDatabase("masks"), types: asText });
    await client.connect();
    await client.query(setup);
    columns = await maskableColumns(client);
  });
  const columnNamed = (name: string): Column => {
    const column = columns.find((one) => one.name === name);
    if (column === undefined) throw new Error(`no column ${name}`);
    return column;
  };
  const maskOf = (name: string, mask: MaskCall) => maskSql(mask, columnNamed(name), `b.${name}`);
  afterAll(async () => {
    await client?.end();
    await server?.stop();
  });

  test.each(masks.map((mask) => [printed(mask), mask] as const))(
    "agree on every value of every type and never raise: %s",
    async (_name, mask) => {
      let compared = 0;
      for (const column of columns) {
        if (planMask(mask, column).kind === "refused") continue;
        const name = client.escapeIdentifier(column.name);
        await fc.assert(
          fc.asyncProperty(fc.array(allowedValues(column), { minLength: 20, maxLength: 60 }), async (values) => {
            await client.query("truncate sample");
            await client.query(
              `insert into sample (position, ${name}) select position, cast(value as ${column.typeSql}) from unnest($1::text[]) with ordinality as given (value, position)`,
              [values],
            );
            const result = await client.query<{ raw: string | null; masked: string | null }>(
              `select b.${name} as raw, ${maskSql(mask, column, `b.${name}`)} as masked from public.sample as b order by b.position`,
            );
            const [raw, masked] = result.fields;
            expect([column.type, masked?.dataTypeID, masked?.dataTypeModifier]).toEqual([
              column.type,
              raw?.dataTypeID,
              raw?.dataTypeModifier,
            ]);
            for (const row of result.rows) {
              expect(valueOf(column, row.masked), `${column.name} of ${JSON.stringify(row.raw)}`).toBe(
                valueOf(column, applyMask(mask, column, row.raw)),
              );
              compared++;
            }
          }),
          { numRuns: 2, endOnFailure: true },
        );
      }
      expect(compared).toBeGreaterThan(500);
    },
  );

  test("a value depends on nothing of the session: time zone, date style, search_path with lookalikes", async () => {
    await client.query(`create schema evil; create function evil.left(text, integer) returns text language sql as $$ select $1 $$;
      create function evil.same(text, text) returns boolean language sql as $$ select true $$;
      create operator evil.~ (leftarg = text, rightarg = text, function = evil.same);
      create domain evil.text as pg_catalog.text check (value = 'caught');
      truncate sample; insert into sample (position, "text", "timestamptz") values (1, 'alice@example.com', '2024-07-01 00:30:00+00')`);
    await client.query(
      "set search_path = evil, public, pg_catalog; set timezone = 'Asia/Kolkata'; set datestyle = 'SQL, DMY'",
    );
    const result = await client.query(
      `select ${maskOf("text", { name: "email", args: [] })} as email, ${maskOf("text", { name: "partial", args: [1n, 0n] })} as partial,
        pg_catalog.date_part('epoch', ${maskOf("timestamptz", { name: "truncate", args: ["day"] })}) as day from public.sample as b`,
    );
    await client.query("reset all");
    expect(result.rows).toEqual([
      {
        email: "a***@example.com",
        partial: "a****************",
        day: String(Date.parse("2024-07-01T00:00:00Z") / 1000),
      },
    ]);
  });

  test("a masked column keeps its collation, by which the query outside goes on", async () => {
    await client.query("create table collated (v text collate \"C\"); insert into collated values ('b')");
    for (const mask of masks.filter(({ name }) => name !== "truncate")) {
      const column: Column = { ...columnNamed("text"), name: "v" };
      const result = await client.query(
        `select pg_catalog.pg_collation_for(masked.v) as collation from (select ${maskSql(mask, column, "b.v")} as v from collated as b) as masked`,
      );
      expect([printed(mask), result.rows]).toEqual([printed(mask), [{ collation: '"C"' }]]);
    }
  });

  test("nondeterministic collations, which refuse some searches, do not make a mask raise", async () => {
    await client.query(`create collation loose (provider = icu, locale = 'und-u-ks-level1', deterministic = false);
      create table loosely (v text collate loose); insert into loosely values ('Ann@Example.COM')`);
    const column: Column = { ...columnNamed("text"), name: "v" };
    const result = await client.query(
      `select ${maskSql({ name: "email", args: [] }, column, "b.v")} as v from loosely as b`,
    );
    expect(result.rows).toEqual([{ v: "A***@Example.COM" }]);
  });

  test.each([
    [{ name: "token", args: ["x"] }, "text", /takes no argument/],
    [{ name: "round", args: [0n] }, "int4", /number above 0/],
    [{ name: "bucket", args: ["10"] }, "numeric", /number above 0/],
    [{ name: "partial", args: [-1n, 0n] }, "text", /whole numbers/],
    [{ name: "partial", args: [0n, 0n, "ab"] }, "text", /one character/],
    [{ name: "truncate", args: ["century"] }, "date", /must be one of/],
    [{ name: "null", args: [] }, "needed", /does not allow NULL/],
    [{ name: "email", args: [] }, "needed_checked", /does not allow NULL/],
  ] as const)("is refused with its reason: %o for a column of type %s", (mask, name, reason) => {
    const plan = planMask(mask, columnNamed(name));
    expect(plan).toMatchObject({ kind: "refused", reason: expect.stringMatching(reason) });
  });
});
