import { compile, type Effect } from "@penstock/language";
import { describe, expect, test } from "vitest";
import { parseCatalogFixture } from "../catalog/fixture.ts";
import type { RelationFilter } from "../decide/decision.ts";
import { subjectOf } from "../decide/subject.ts";
import { someone } from "../decide/someone.ts";
import { filterConjuncts, planFilter, rowPasses } from "./plan-filter.ts";

const catalog = parseCatalogFixture({
  types: { "public.mood": "enum" },
  tables: {
    "public.t": {
      columns: {
        id: "bigint",
        small: "smallint",
        price: "numeric(10,2)",
        weight: "double precision",
        name: "text",
        code: "character(4)",
        active: "boolean",
        born: "date",
        at: "timestamp with time zone",
        local: "timestamp",
        key: "uuid",
        mood: "public.mood",
        tags: "text[]",
        'odd"name': "text",
      },
    },
  },
});

/** The filter that a condition makes for somebody of the group `analyst` with a claim `region` of `eu'`. */
function filterOf(condition: string): RelationFilter {
  const text = `package a\nfilter public.t as row where ${condition}`;
  const { program, diagnostics } = compile({ sources: [{ path: "a.policy", text }] });
  if (program === undefined) throw new Error(diagnostics.map(({ message }) => message).join("\n"));
  const effects = program.fixedFilters(subjectOf(someone(["analyst"], { region: "eu'", none: null })), ["public.t"]);
  const relation = catalog.relations.get("public.t");
  if (relation === undefined) throw new Error("no table");
  const isFilter = (effect: Effect) => effect.kind === "filter";
  return { relation, predicates: effects.filter(isFilter).map(({ predicate }) => predicate), rules: [] };
}

function sqlOf(condition: string): string {
  return filterConjuncts(filterOf(condition), "r")
    .map(({ sql, isLeakproof }) => (isLeakproof ? `${sql} leakproof` : sql))
    .join("; ");
}

describe("a filter as SQL", () => {
  test.each([
    [
      "row.name == principal.claims.region",
      `(r."name" OPERATOR(pg_catalog.=) cast('eu''' as pg_catalog.text)) leakproof`,
    ],
    ["principal.id != row.name", `(r."name" OPERATOR(pg_catalog.<>) cast('ann' as pg_catalog.text)) leakproof`],
    ['row["odd\\"name"] == "x"', `(r."odd""name" OPERATOR(pg_catalog.=) cast('x' as pg_catalog.text)) leakproof`],
    [
      "row.name in principal.groups",
      `(r."name" OPERATOR(pg_catalog.=) any (array[cast('analyst' as pg_catalog.text)])) leakproof`,
    ],
    ["not row.active", `(((r."active" is true)) is not true) leakproof`],
    ["row.name == null", `(r."name" is null) leakproof`],
    ["row.name != null", `(((r."name" is null)) is not true) leakproof`],
    ["row.small >= 2.5", `(r."small" OPERATOR(pg_catalog.>) cast('2' as pg_catalog.int2)) leakproof`],
    ["row.small < 70000", `(r."small" is not null) leakproof`],
    ["row.small > 70000", "false leakproof"],
    [
      "row.id == 9007199254740993",
      `(r."id" OPERATOR(pg_catalog.=) cast('9007199254740993' as pg_catalog.int8)) leakproof`,
    ],
    [
      "row.weight > 9007199254740993",
      `(r."weight" OPERATOR(pg_catalog.>) cast('9007199254740992' as pg_catalog.float8)) leakproof`,
    ],
    ["row.price < 0.1", `(r."price" OPERATOR(pg_catalog.<) cast('0.1' as pg_catalog."numeric"))`],
    [
      "row.id / 2 == 3",
      `(cast(r."id" as pg_catalog."numeric") OPERATOR(pg_catalog.=) (cast('3' as pg_catalog."numeric") OPERATOR(pg_catalog.*) cast('2' as pg_catalog."numeric")))`,
    ],
    [
      'startswith(row.name, "a\\\\")',
      `(pg_catalog.starts_with((cast(r."name" as pg_catalog.text) collate pg_catalog."C"), cast( E'a\\\\' as pg_catalog.text))) leakproof`,
    ],
    ['row.born < "2024-02-29"', `(r."born" OPERATOR(pg_catalog.<) cast('2024-02-29' as pg_catalog.date)) leakproof`],
    [
      'row.at < "2024-02-29T01:00:00.5+02:00"',
      `(r."at" OPERATOR(pg_catalog.<) cast('2024-02-28 23:00:00.500000+00' as pg_catalog."timestamptz")) leakproof`,
    ],
    [
      "row.at < 1",
      `(r."at" OPERATOR(pg_catalog.<=) cast('1970-01-01 00:00:00.000000+00' as pg_catalog."timestamptz")) leakproof`,
    ],
    [
      'row.key == "00000000-0000-0000-0000-00000000000A"',
      `(r."key" OPERATOR(pg_catalog.=) cast('00000000-0000-0000-0000-00000000000a' as pg_catalog.uuid)) leakproof`,
    ],
    [
      'row.mood == "ok"',
      `((pg_catalog.textin(pg_catalog.enum_out(r."mood")) collate pg_catalog."C") OPERATOR(pg_catalog.=) cast('ok' as pg_catalog.text))`,
    ],
    ['row.code == "ab "', "false leakproof"],
    [
      '{ row.active; row.name == "x" }',
      `(r."active" is true) leakproof; (r."name" OPERATOR(pg_catalog.=) cast('x' as pg_catalog.text)) leakproof`,
    ],
    [
      '{ some g in {"a", "b"}; row.name == g }',
      `(r."name" OPERATOR(pg_catalog.=) any (array[cast('a' as pg_catalog.text), cast('b' as pg_catalog.text)])) leakproof`,
    ],
    [
      '{ some g in {"a", "b"}; startswith(row.name, g); row.active }',
      `(r."active" is true) leakproof; ((pg_catalog.starts_with((cast(r."name" as pg_catalog.text) collate pg_catalog."C"), cast('a' as pg_catalog.text))) or (pg_catalog.starts_with((cast(r."name" as pg_catalog.text) collate pg_catalog."C"), cast('b' as pg_catalog.text)))) leakproof`,
    ],
    ["row.name == principal.claims.missing", "false leakproof"],
    ["not row.name == principal.claims.missing", "true leakproof"],
    ["row.name == principal.claims.none", "false leakproof"],
    [
      '{ every g in {"a", "b"} { row.name != g } }',
      `(r."name" OPERATOR(pg_catalog.<>) cast('a' as pg_catalog.text)) leakproof; (r."name" OPERATOR(pg_catalog.<>) cast('b' as pg_catalog.text)) leakproof`,
    ],
  ])("%s", (condition, expected) => {
    expect(sqlOf(condition)).toBe(expected);
  });

  test("lower and upper translate the characters that can matter, whatever the server's collations do", () => {
    expect(sqlOf('lower(row.name) == "kß"')).toContain(
      `translate(cast(r."name" as pg_catalog.text), 'K\u1e9e\u212a', 'kßk')`,
    );
  });
});

describe("a filter that cannot be said exactly is refused", () => {
  test.each([
    ["row.name == 1", "`name` of type text cannot be compared with number"],
    ["row.active == 1", "`active` of type boolean cannot be compared with number"],
    ["row.name", "`name` of type text is no condition: compare it with something"],
    ["row.tags == 1", "values of `tags`, of type text[], cannot be compared"],
    ["row.gone == 1", "it has no column `gone`"],
    ["row.name == row.id", "`name` of type text cannot be compared with `id` of type bigint"],
    [
      "row.weight == row.id",
      "`weight` is of type double precision, which is not exact, and can only be compared with constants and its like",
    ],
    ["row.id / row.small == 1", "a row's numbers can only be divided by a constant that is not zero"],
    ["row.price % 2 == 1", "`%` takes whole numbers: columns of an integer type"],
    ['lower(row.name) < "x"', "`lower` and `upper` of a column can be compared with `==`, `!=` and `in` only"],
    ['row.mood < "x"', "`mood` is of an enum type, whose order is not that of its texts"],
    [
      'row.born == "today"',
      '`born` of type date is compared with a text of another form: write a date as "2024-12-31"',
    ],
    [
      'row.born == "2023-02-29"',
      '`born` of type date is compared with a text of another form: write a date as "2024-12-31"',
    ],
    [
      'row.at == "2024-01-01T00:00:00"',
      "`at` of type timestamp with time zone is compared with a text of another form",
    ],
    ["row.local == 0", "`local` of type timestamp without time zone is compared with a number"],
    ['row.name in {"x", 1}', "`name` is a text, and a member of the collection is number"],
  ])("%s", (condition, reason) => {
    expect(planFilter(filterOf(condition))).toMatchObject({ kind: "refused", reason: expect.stringContaining(reason) });
  });
});

test("the JavaScript side asks the same of a row", () => {
  const filter = filterOf('{ lower(row.name) == "ann"; not row.price * 3 > 0.3 }');
  const row = (name: string | null, price: string | null) => (column: string) => (column === "name" ? name : price);
  expect(
    [row("ANN", "0.10"), row("Ann", "0.11"), row("Ann", null), row(null, "0")].map((one) => rowPasses(filter, one)),
  ).toEqual([true, false, true, false]);
});
