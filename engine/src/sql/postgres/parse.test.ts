import { describe, expect, test } from "vitest";
import { defaultParseLimits } from "./limits.ts";
import { fingerprintPostgres, parsePostgres, type ParsedText } from "./parse.ts";

const outcome = (parsed: ParsedText): string =>
  parsed.kind === "statements"
    ? `${parsed.statements.length} statements`
    : parsed.kind === "refused"
      ? parsed.limit
      : parsed.message;

describe("texts that are refused before they are parsed", () => {
  test.each([
    ["a NUL, which would end the text silently", "select 1\0; drop table t", "nul"],
    ["half of a surrogate pair", "select '\ud800'", "invalid_text"],
    ["too many bytes", `select '${"x".repeat(defaultParseLimits.statementBytesMax)}'`, "statement_bytes"],
    ["bytes, not characters", `select '${"é".repeat(defaultParseLimits.statementBytesMax / 2)}'`, "statement_bytes"],
    ["operators chained", `select ${"1+".repeat(10_000)}1`, "tree_depth"],
    ["brackets nested", `select ${"(".repeat(5_000)}1${")".repeat(5_000)}`, "tree_depth"],
    ["subqueries nested", `select ${"(select ".repeat(1_000)}1${")".repeat(1_000)}`, "tree_depth"],
    ["NOT repeated", `select ${"not ".repeat(5_000)}true`, "tree_depth"],
    ["casts repeated", `select 1${"::int".repeat(5_000)}`, "tree_depth"],
    ["CASE nested", `select ${"case when true then ".repeat(2_500)}1${" end".repeat(2_500)}`, "tree_depth"],
    ["UNION chained", `select 1, 2${" union select 1, 2".repeat(5_000)}`, "tree_depth"],
    ["JOIN chained", `select 1 from a${" cross join a".repeat(5_000)}`, "tree_depth"],
    ["time zones chained", `select a${" at time zone 'x'".repeat(3_000)}`, "tree_depth"],
    ["collations chained", `select a${" collate x".repeat(3_000)}`, "tree_depth"],
    ["brackets behind a string that looks open", `select E'\\'', ${"(".repeat(5_000)}`, "tree_depth"],
    ["statements", "select 1;".repeat(10_001), "statements"],
  ])("%s", (_, sql, limit) => {
    expect(outcome(parsePostgres(sql))).toBe(limit);
  });
});

describe("texts that are ordinary, however long", () => {
  test.each([
    [
      "rows of VALUES",
      `insert into t values ${Array.from({ length: 5_000 }, (_, i) => `(${i}, 'a-b+c', now() - interval '1 day')`).join(", ")}`,
    ],
    [
      "terms of OR",
      `select 1 from t where ${Array.from({ length: 3_000 }, (_, i) => `(a = ${i} and b = ${i})`).join(" or ")}`,
    ],
    ["terms of AND", `select 1 from t where ${Array.from({ length: 3_000 }, (_, i) => `a <> ${i}`).join(" and ")}`],
    ["an IN list", `select 1 from t where a in (${Array.from({ length: 20_000 }, (_, i) => i).join(",")})`],
    ["columns", `select ${Array.from({ length: 1_500 }, (_, i) => `a${i} + b${i} * 2 as c${i}`).join(", ")} from t`],
    [
      "operators inside a string",
      `select '${"+".repeat(50_000)}', $$${"(".repeat(50_000)}$$, $x$${"[".repeat(50_000)}$x$`,
    ],
    [
      "operators inside comments",
      `select 1 /* ${"((++".repeat(20_000)} /* nested */ */ -- ${"((".repeat(20_000)}\n, 2`,
    ],
    ["statements", "select 1; ".repeat(2_000)],
    ["UNION ALL of a few hundred", `select 1${" union all select 2".repeat(400)}`],
  ])("%s", (_, sql) => {
    expect(parsePostgres(sql).kind).toBe("statements");
  });
});

describe("errors", () => {
  test.each([
    ["select 1 fromm x y", { message: 'syntax error at or near "x"', sqlstate: "42601", position: 16 }],
    ["select 'é', 'é' fromm x y", { message: 'syntax error at or near "x"', sqlstate: "42601", position: 23 }],
    ["selec", { message: 'syntax error at or near "selec"', sqlstate: "42601", position: 1 }],
    ["select (", { message: "syntax error at end of input", sqlstate: "42601", position: 9 }],
    ["select 'x", { message: `unterminated quoted string at or near "'x"`, sqlstate: "42601", position: 8 }],
    ["create role public", { message: 'role name "public" is reserved', sqlstate: "42939", position: 13 }],
  ])("%s", (sql, expected) => {
    expect(parsePostgres(sql)).toEqual({ kind: "syntax_error", advice: {}, ...expected });
  });

  test("an empty text has no statements", () => {
    for (const sql of ["", "  ", ";;", "-- comment", "/* a */"])
      expect(outcome(parsePostgres(sql))).toBe("0 statements");
  });
});

test("the parser goes on after texts that overflow its stack, however many", async () => {
  const deep = `select ${"1+".repeat(40_000)}1`;
  const limits = { ...defaultParseLimits, treeDepthMax: Number.POSITIVE_INFINITY };
  let faults = 0;
  for (let round = 0; round < 40; round++) {
    if (outcome(parsePostgres(deep, limits)) === "parser_fault") faults++;
    // A spare takes the place of the one that failed; the next is made while the event loop turns.
    await new Promise((resolve) => setTimeout(resolve, 60));
    const sql = "select 1 from t where a = 'é'";
    for (let wait = 0; wait < 50 && parsePostgres(sql).kind === "refused"; wait++) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(outcome(parsePostgres(sql))).toBe("1 statements");
  }
  expect(faults).toBe(40);
});

test("byte ranges leave out the semicolon and count UTF-8", () => {
  const text = "select 'é' ;\nselect 2";
  const parsed = parsePostgres(text);
  const bytes = Buffer.from(text);
  const ranges = parsed.kind === "statements" ? parsed.statements : [];
  expect(ranges.map(({ start, end }) => bytes.toString("utf8", start, end))).toEqual(["select 'é' ", "select 2"]);
});

test("the digest leaves out literals and keeps names", () => {
  expect(fingerprintPostgres("select a from t where b = 1")).toBe(fingerprintPostgres("SELECT a FROM t WHERE b = 27"));
  expect(fingerprintPostgres("select a from t")).not.toBe(fingerprintPostgres("select a from u"));
  expect(fingerprintPostgres("selec")).toBe("");
});
