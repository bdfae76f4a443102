import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { describe, expect, test } from "vitest";
import { parseCatalogFixture } from "../../catalog/fixture.ts";
import { resolveStatements } from "./analyze.ts";
import { grammar } from "./grammar.ts";
import { parsePostgres } from "./parse.ts";

const catalog = parseCatalogFixture({ tables: { "public.t": { columns: { a: "int4", b: "text" } } } });

/** Constructs that are opaque after the tree was changed at one place. */
function opaqueAfter(sql: string, change: (statement: Record<string, unknown>) => void): readonly string[] {
  const parsed = parsePostgres(sql);
  if (parsed.kind !== "statements") throw new Error(parsed.message);
  const statements = structuredClone(parsed.statements);
  for (const { node } of statements) change(Object.values(node)[0] as Record<string, unknown>);
  return resolveStatements(statements, catalog, { searchPath: ["public"] }).flatMap(({ facts }) =>
    facts.opaque.map((each) => each.construct),
  );
}

describe("what nobody has thought about is opaque", () => {
  test("a node type that the grammar's table does not have", () => {
    expect(opaqueAfter("select a from t", (select) => (select["whereClause"] = { NewExpr: { arg: 1 } }))).toEqual([
      "NewExpr",
    ]);
  });

  test("a node type that only analysis makes", () => {
    expect(opaqueAfter("select a from t", (select) => (select["whereClause"] = { Var: { varno: 1 } }))).toEqual([
      "Var",
    ]);
  });

  test("a field that is new", () => {
    expect(opaqueAfter("select a from t", (select) => (select["qualifyClause"] = {}))).toEqual([
      "SelectStmt.qualifyClause",
    ]);
  });

  test("an enum value that is new", () => {
    expect(opaqueAfter("select a from t", (select) => (select["limitOption"] = "LIMIT_OPTION_NEW"))).toEqual([
      "SelectStmt.limitOption LIMIT_OPTION_NEW",
    ]);
  });

  test("a name or a query in a place that the walkers do not look at", () => {
    const hidden = { SelectStmt: { fromClause: [{ RangeVar: { relname: "t", inh: true, relpersistence: "p" } }] } };
    expect(opaqueAfter("discard all", (statement) => (statement["target"] = "DISCARD_ALL"))).toEqual([]);
    expect(
      opaqueAfter("select a from t", (select) => (select["intoClause"] = { tableSpaceName: "x", options: [hidden] })),
    ).toContain("SelectStmt in a place that is not known");
  });

  test("options of EXPLAIN and COPY that are not in their lists", () => {
    expect(opaqueAfter("explain (new_option) select 1", () => undefined)).toEqual(["EXPLAIN option new_option"]);
    expect(opaqueAfter("copy t to stdout with (new_option 1)", () => undefined)).toEqual(["COPY option new_option"]);
  });
});

test("the table has every node type and field of the grammar's own type list", () => {
  const file = createRequire(import.meta.url)
    .resolve("@pgsql/types")
    .replace(/index\.js$/, "types.d.ts");
  const text = readFileSync(file, "utf8");
  const nodes = [...text.slice(0, text.indexOf("export interface")).matchAll(/^ +(\w+): \w+;$/gm)].map(
    (match) => match[1] ?? "",
  );
  expect(Object.keys(grammar).sort()).toEqual(nodes.sort());
  for (const [, name = "", body = ""] of text.matchAll(/export interface (\w+) \{([^}]*)\}/g)) {
    const known = grammar[name as keyof typeof grammar];
    if (known === "analysed") continue;
    expect(Object.keys(known).sort()).toEqual([...body.matchAll(/(\w+)\?:/g)].map((match) => match[1] ?? "").sort());
  }
});
