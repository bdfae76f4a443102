import { compile, type Program, toValue } from "@penstock/language";
import { describe, expect, test } from "vitest";
import { parseCatalogFixture } from "../catalog/fixture.ts";
import { decideForRoots } from "./test-host.ts";
import { World } from "./world.ts";

const catalog = parseCatalogFixture({ tables: { "public.users": { columns: { id: "int8", ssn: "text" } } } });

const principal = toValue({
  id: "ann",
  kind: "human",
  groups: new Set(["analyst", "hidden-project"]),
  claims: { clearance: "claim-secret" },
  on_behalf_of: { id: "boss-secret" },
});

function programOf(policy: string): Program {
  const sources = [{ path: "p.policy", text: `package p\n\n${policy}\n` }];
  const { program, diagnostics } = compile({ sources, data: { limits: { word: "data-secret" } } });
  if (program === undefined) throw new Error(diagnostics.map(({ message }) => message).join("\n"));
  return program;
}

function hint(policy: string, sql = "delete from users where ssn = 'literal-secret'"): string | undefined {
  const { reasons } = decideForRoots(new World(programOf(policy), catalog), sql, { principal });
  return reasons[0]?.hint;
}

describe("the hint of a denial names what made the rule apply", () => {
  test.each<[string, string, string]>([
    ["the statement", 'deny "no" if query.kind == "delete"', "query.kind is delete"],
    ["its shape", 'deny "no" if query.has_where', "query.has_where is true"],
    [
      "an element of it",
      'deny "no" if {\n  some t in query.tables\n  "delete" in t.access\n  t.path == "public.users"\n}',
      "table access is delete and table path is public.users",
    ],
    [
      "a label, through a helper rule",
      'deny "no" if secret\n\nsecret if {\n  some c in query.columns\n  c.label == "pii.id"\n}\n\nlabel public.users.ssn as "pii.id"',
      "column label is pii.id",
    ],
    ["a group that would do", 'deny "no" if not "dba" in principal.groups', "you are not in group dba"],
    ["a group that is too much", 'deny "no" if "analyst" in principal.groups', "you are in group analyst"],
    [
      "what an exception lacks",
      'deny "no" if not exempt\n\nexempt if {\n  principal.kind == "human"\n  target.environment == "staging"\n}',
      "target.environment is production",
    ],
  ])("%s", (_, policy, wanted) => {
    const text = hint(policy);
    expect(text).toContain(wanted);
    expect(text).toMatch(/^the rule applies because .*; if that cannot change, ask its owner$/);
  });
});

describe("the hint shows nothing that is not the client's to know", () => {
  test.each<[string, string]>([
    ["claims", 'principal.claims.clearance == "claim-secret"'],
    ["whom an agent acts for", 'principal.on_behalf_of.id == "boss-secret"'],
    ["groups that the rule does not name", "count(principal.groups) == 2"],
    ["data", 'data.limits.word == "data-secret"'],
    ["the text", 'contains(query.text, "literal-secret")'],
    ["comments", "every c in query.columns { c.comment != `x` }"],
    ["a claim in a variable", 'x := principal.claims.clearance\n  startswith(x, "claim")'],
    ["a claim given to a function", 'f(principal.claims.clearance)\n}\n\nf(x) if {\n  startswith(x, "claim")'],
    ["all of the principal", 'p := principal\n  p.claims.clearance == "claim-secret"'],
    ["all of the session", "session.client.address != `x`"],
    ["time", "time.now_ns() > 3"],
  ])("%s", (_, condition) => {
    const text = hint(`deny "no" if {\n  query.kind == "delete"\n  ${condition}\n}`);
    expect(text).toBe("the rule applies because query.kind is delete; if that cannot change, ask its owner");
  });

  test("parameters", () => {
    const world = new World(programOf('deny "no" if query.parameters[0] == "parameter-secret"'), catalog);
    const sql = "select * from users where ssn = $1";
    const { reasons } = decideForRoots(world, sql, { principal }, ["parameter-secret"]);
    expect(reasons).toMatchObject([{ message: "no" }]);
    expect(reasons[0]?.hint).toBeUndefined();
  });

  test("and what it names cannot drive a terminal", () => {
    const odd = parseCatalogFixture({ tables: { "public.a\u001b[2J": { columns: { id: "int8" } } } });
    const world = new World(programOf('deny "no" if {\n  some t in query.tables\n  t.name != "x"\n}'), odd);
    const { reasons } = decideForRoots(world, 'select * from "a\u001b[2J"', { principal });
    expect(reasons[0]?.hint).toContain("table name is a\\u{1b}[2J");
  });
});

test("a rule that fails, and what the engine refuses, keep their own hints", () => {
  expect(hint('deny "no" if to_number(query.kind) > 3')).toContain("tell the owner of the rule");
  expect(hint('deny "no" if query.kind == "select"', "copy users to program 'x'")).toContain("STDOUT");
});
