import { describe, expect, test } from "vitest";
import { PolicySet } from "../policy-set.ts";
import { complete } from "./complete.ts";

const other = {
  path: "/policies/directory.policy",
  text: `package directory

# Who is known.
known(who) if who in data.directory.people

people contains "ann"

label column as "pii.email" if column.name == "email"

deny "x" if "support" in principal.groups
`,
};
const catalog = {
  relations: [
    {
      schema: "public",
      name: "users",
      kind: "table",
      columns: [
        { name: "id", type: "integer", comment: undefined },
        { name: "ssn", type: "text", comment: "Social security number" },
      ],
    },
    { schema: "hr", name: "staff", kind: "view", columns: [] },
  ],
};
const head = `package acme

import data.directory as dir

is_agent if principal.kind == "agent"

`;

/** What is offered at the `|`, and what it replaces. */
function offered(marked: string, path = "/policies/acme.policy") {
  const text = head + marked;
  const offset = text.indexOf("|");
  const source = { path, text: text.slice(0, offset) + text.slice(offset + 1) };
  const set = new PolicySet([source, other], { directory: { people: ["ann"], teams: {} } });
  const found = complete(set, path, offset, catalog);
  const items = found?.items ?? [];
  const word = found === undefined ? undefined : source.text.slice(found.start, found.end);
  return { labels: items.map(({ label }) => label), items, word };
}

const tableFields = ["schema", "name", "path", "kind", "access", "labels"];

describe("at the beginning of a statement", () => {
  test.each([["|"], ["den|"]])("decision words, for %s", (marked) => {
    expect(offered(marked).labels).toEqual(
      expect.arrayContaining(["allow", "deny", "approve", "mask", "filter", "limit", "notify", "label", "import"]),
    );
  });

  test("a test, in a file of tests", () => {
    expect(offered("te|", "/policies/acme_test.policy").labels).toContain("test_");
    expect(offered("te|").labels).not.toContain("test_");
  });

  test("the word in front of the cursor is replaced, and what follows of it", () => {
    expect(offered("de|ny").word).toBe("deny");
  });
});

describe("fields", () => {
  test.each([
    ["of a root", 'deny "x" if {\n    principal.auth.|\n}', ["method", "at_ns", "mfa"]],
    ["of a variable", 'deny "x" if {\n    some t in query.tables\n    t.|\n}', tableFields],
    [
      "with more lines behind",
      'deny "x" if {\n    some t in query.tables\n    t.na|\n    t.kind == "view"\n}',
      tableFields,
    ],
    [
      "in a call that is not closed",
      'deny "x" if {\n    some t in query.tables\n    startswith(t.|\n    true\n}',
      tableFields,
    ],
    ["without an end of the body", 'deny "x" if {\n    some t in query.tables\n    t.|', tableFields],
    [
      "after a line that is wrong",
      'deny "x" if {\n    some t in query.tables\n    t.name == == 1\n    t.|\n}',
      tableFields,
    ],
    ["behind what makes no sense", 'deny "x" if {\n    some t in query.tables\n    f(1) 2 t.|\n}', tableFields],
    ["in every", "p if { every t in query.tables { t.| } }", tableFields],
    ["in a template", 'deny $"no {target.|}" if true', expect.arrayContaining(["environment", "engine"])],
    ["of an element", "p if query.tables[0].|", tableFields],
    ["of input", "p if input.|", ["principal", "session", "target", "query"]],
  ])("%s", (_, marked, expected) => {
    expect(offered(marked).labels).toEqual(expected);
  });

  test("in a comprehension", () => {
    const text = `${head}x := [1 | some t in query.tables; t.]\n`;
    const set = new PolicySet([{ path: "/a.policy", text }], {});
    const found = complete(set, "/a.policy", text.indexOf("t.]") + 2, catalog);
    expect(found?.items.map(({ label }) => label)).toEqual(tableFields);
  });

  test("that are not known where labels are computed are left out", () => {
    const { labels } = offered('label column as "x" if column.|');
    expect(labels).toContain("name");
    expect(labels).not.toContain("labels");
    expect(offered("mask column with null() if column.|").labels).toContain("labels");
  });

  test("show type and documentation", () => {
    const item = offered("p if principal.|").items.find(({ label }) => label === "on_behalf_of");
    expect(item).toMatchObject({ detail: "principal, may be absent" });
    expect(item?.documentation).toContain("for whom an agent acts");
  });
});

describe("in strings", () => {
  test.each([
    ["kinds", 'deny "x" if query.kind == "|"', ["select", "drop_table"]],
    ["kinds, in a string without end", 'deny "x" if query.kind == "dr|', ["select", "drop_table"]],
    ["kinds, in a set", 'deny "x" if query.kind in {"select", "|"}', ["insert"]],
    ["values of a variable's field", 'deny "x" if {\n    some t in query.tables\n    t.kind == "|"\n}', ["view"]],
    ["members of a set", 'deny "x" if {\n    some c in query.columns\n    "|" in c.uses\n}', ["output", "filter"]],
    ["labels", 'mask column with null() if column.label == "|"', ["pii.email"]],
    ["labels, as an argument", 'mask column with null() if startswith(column.label, "|")', ["pii.email"]],
    ["labels, in a label statement", 'label column as "|" if true', ["pii.email"]],
    ["columns of the catalog", 'mask column with null() if column.path == "|"', ["public.users.ssn"]],
    [
      "tables of the catalog",
      'deny "x" if {\n    some t in query.tables\n    t.path == "|"\n}',
      ["public.users", "hr.staff"],
    ],
    ["groups that stand elsewhere", 'approve by "|"', ["support"]],
    ["units", 'mask column with truncate("|")', ["year", "month"]],
  ])("%s", (_, marked, expected) => {
    expect(offered(marked).labels).toEqual(expect.arrayContaining(expected));
  });

  test("the whole string is replaced, and nothing is offered in texts for people", () => {
    expect(offered('deny "x" if query.kind == "dr|op" ').word).toBe("drop");
    expect(offered('deny "no|" if true').labels).toEqual([]);
    expect(offered('deny $"no | {target.name}" if true').labels).toEqual([]);
    expect(offered("p if `|` == query.kind").labels).toEqual([]);
  });
});

describe("names", () => {
  test("variables, rules, imports, roots and builtins, the near ones first", () => {
    const { labels } = offered('deny "x" if {\n    some t in query.tables\n    |\n}');
    expect(labels.slice(0, 3)).toEqual(["t", "is_agent", "dir"]);
    expect(labels).toEqual(expect.arrayContaining(["principal", "query", "not", "some", "startswith", "time.now_ns"]));
    expect(labels).not.toContain("cursor__");
  });

  test("variables of other statements and of closures are not offered", () => {
    const { labels } = offered(
      "p if some other in query.tables\n\nq if {\n    every y in query.tables { y.name }\n    x := 1\n    |\n}",
    );
    expect(labels).toContain("x");
    expect(labels).not.toContain("y");
    expect(labels).not.toContain("other");
  });

  test.each([
    ["rules of an import", "p if dir.|", ["known", "people", "teams"]],
    ["packages below data", "p if data.|", ["acme", "directory"]],
    ["packages to import", "import data.|", ["acme", "directory"]],
    ["rules of a package below data", "p if data.directory.|", ["known", "people", "teams"]],
    ["builtins of a family", "p if net.|", ["cidr_contains"]],
    ["parameters", "f(first) if {\n    |\n}", ["first"]],
    ["what `with` replaces", "t if true with |", ["principal", "data"]],
  ])("%s", (_, marked, expected) => {
    expect(offered(marked).labels).toEqual(expect.arrayContaining(expected));
  });

  test("functions are called, with their parameters to fill in", () => {
    expect(offered("p if dir.|").items.find(({ label }) => label === "known")).toMatchObject({
      insert: "known(${1:who})",
      isSnippet: true,
      documentation: "Who is known.",
    });
  });

  test("`decide` belongs to tests", () => {
    expect(offered("test_x if {\n    d := |\n}", "/policies/acme_test.policy").labels).toContain("decide");
    expect(offered("p if {\n    d := |\n}").labels).not.toContain("decide");
  });
});

describe("heads of decision statements", () => {
  test.each([
    ["mask |", ["column", "public", "hr", "public.users", "hr.staff"]],
    ["mask public.|", ["users"]],
    ["mask public.users.s|", ["id", "ssn"]],
    ["filter |", ["public", "hr", "public.users", "hr.staff"]],
    ["filter public.users as row where row.|", ["id", "ssn"]],
    ["filter public.users as each where {\n    each.|", ["id", "ssn"]],
    ["limit |", ["rows", "duration", "bytes"]],
    ["approve |", ["by"]],
    ["mask column |", ["with"]],
  ])("%s", (marked, expected) => {
    expect(offered(marked).labels).toEqual(expected);
  });

  test("masks, with what they need", () => {
    const { items } = offered("mask column with |");
    expect(items.find(({ label }) => label === "partial")?.insert).toBe("partial(${1:keep_first}, ${2:keep_last})");
    expect(items.find(({ label }) => label === "null")?.insert).toBe("null()");
  });
});

test("nothing is offered in comments", () => {
  expect(offered("# den|").labels).toEqual([]);
  expect(offered("p if true # prin|").labels).toEqual([]);
});
