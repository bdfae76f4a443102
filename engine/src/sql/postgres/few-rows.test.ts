import { describe, expect, it } from "vitest";
import { withFewRows } from "./few-rows.ts";

const many = (row: string, count = 2_000) => Array.from({ length: count }, () => row).join(",");
const insert = "insert into t (a, b) values ";

describe("a large INSERT", () => {
  it.each([
    ["one kind of row", `${insert}${many("(1, 'x')")}`, `${insert}(1, '')`],
    ["other literals", `${insert}${many("(17, 'it''s ( é')")},( 3,'' )`, `${insert}(1, '')`],
    ["several kinds", `${insert}${many("(1, NULL), (-2, 'x')")}`, `${insert}(1, null), (-1, '')`],
    ["fractions and long numbers", `${insert}${many("(1.25, 12345678901)")}`, `${insert}(1.5, 1.5)`],
    ["words", `${insert}${many("(default, true)")}`, `${insert}(default, true)`],
    [
      "what comes behind",
      `${insert}${many("(1, 'x')")} on conflict do nothing;`,
      `${insert}(1, '') on conflict do nothing;`,
    ],
    ["other layouts", ` INSERT INTO "S".t\nVALUES\n${many("\n(1,\t'x')")}`, ` INSERT INTO "S".t\nVALUES\n\n(1, '')`],
    ["a last row of another sort", `${insert}${many("(1, 'x')")}, (1, f('y'))`, `${insert}(1, ''), (1, f('y'))`],
  ])("of %s has a row of each kind", (_name, text, few) => {
    expect(withFewRows(text)?.text).toBe(few);
  });

  it.each([
    ["few rows", `${insert}(1, 'x')`],
    ["a function", `${insert}${many("(1, lower('x'))")}`],
    ["a query", `${insert}${many("(1, (select 'x'))")}`],
    ["a string with a prefix", `${insert}${many("(1, E'x')")}`],
    ["a backslash", `${insert}${many("(1, 'x\\')")}`],
    ["a string of two parts", `${insert}${many("(1, 'x'\n'y')")}`],
    ["a cast", `${insert}${many("(1, 'x'::text)")}`],
    ["a parameter", `${insert}${many("(1, $1)")}`],
    ["a comment", `${insert}${many("(1, /* x */ 'x')")}`],
    ["a comment before", `/* ${insert} */ ${insert}${many("(1, 'x')")}`],
    ["an exponent", `${insert}${many("(1e5, 'x')")}`],
    ["what is no number", `${insert}${many("(1a, 'x')")}`],
    ["a string without an end", `${insert}${many("(1, 'x)")}`],
    ["a NUL", `${insert}${many("(1, 'x\0')")}`],
    ["half a character", `${insert}${many("(1, 'x\ud800')")}`],
    ["another statement", many("select (1, 'x');")],
    ["a statement before", `select 1; ${insert}${many("(1, 'x')")}`],
    ["a query that gives its rows", `insert into t select * from (values ${many("(1, 'x')")}) v`],
  ])("with %s is left as it is", (_name, text) => {
    expect(withFewRows(text)).toBeUndefined();
  });

  it("of rows of too many kinds is left as it is", () => {
    const rows = Array.from({ length: 1_000 }, (_, index) => `(${many("1", 1 + (index % 100))})`);
    expect(withFewRows(`${insert}${rows.join(",")}`)).toBeUndefined();
  });
});
