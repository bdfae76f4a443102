import { expect, test } from "vitest";
import { folderOf, policy } from "./run-policy.ts";

const files = {
  "policies/a.policy": [
    "package a",
    "",
    'deny "not on a Sunday" if {',
    '  query.kind == "delete"',
    "  some table in query.tables",
    "  protected(table)",
    '  not "dba" in principal.groups',
    "}",
    "",
    'protected(table) if table.name == "orders"',
    "",
    'deny "no" if query.kind == "drop_table"',
    "",
    "limit rows 10 if to_number(principal.name) > 3",
    "",
  ].join("\n"),
  "catalog.json": JSON.stringify({ tables: { "public.orders": { columns: { id: "int8" } } } }),
};

const ann = '{"id": "ann", "name": "Ann", "kind": "human", "groups": ["analyst"]}';

function evaluate(...args: string[]) {
  return policy(folderOf(files), "eval", "--catalog", "catalog.json", "--principal", ann, ...args);
}

test("--explain shows each rule with its conditions and what they saw, and sums up the rules about other statements", () => {
  const { status, stdout, stderr } = evaluate("--sql", "delete from orders", "--explain");
  expect(stderr).toBe("");
  expect(stdout).toContain("hint      the rule applies because");
  expect(stdout.slice(stdout.indexOf("explanation"))).toBe(
    [
      "explanation",
      '  ✓ a:3  deny "not on a Sunday"',
      "      → denied: not on a Sunday",
      '      ✓ query.kind == "delete"    query.kind = "delete"',
      '      ✓ not "dba" in principal.groups    principal.groups = {"analyst"}',
      '      ✓ some table in query.tables    query.tables = ["public.orders"]',
      '      ✓ protected(table)    table = "public.orders"',
      "          ✓ protected, line 10",
      '              ✓ table.name == "orders"    table.name = "orders"',
      "  ! a:14  limit rows 10",
      "      → error: policies/a.policy:14: to_number: invalid syntax: the string is no number",
      '      ! to_number(principal.name) > 3    principal.name = "Ann"',
      "  · 1 rule has nothing to do with this delete (--all shows it)",
      "",
    ].join("\n"),
  );
  expect(status).toBe(1);
});

test("--all shows them too", () => {
  const { stdout } = evaluate("--sql", "delete from orders", "--explain", "--all");
  expect(stdout).toContain('  ✗ a:12  deny "no"\n      · query.kind == "drop_table"');
});

test("json has the same, machine-readable, beside the decision", () => {
  const { stdout } = evaluate("--sql", "select 1; delete from orders", "--explain", "--format", "json");
  expect(JSON.parse(stdout)).toMatchObject({
    outcome: "deny",
    explanation: [
      { kind: "select", rules: [{ rule: "a:3", outcome: "not_fired", excluded: true }, {}, {}] },
      {
        kind: "delete",
        rules: [
          {
            rule: "a:3",
            file: "policies/a.policy",
            outcome: "fired",
            conditions: [
              {},
              { values: [{ name: "principal.groups", values: [["analyst"]] }] },
              {},
              { rules: [{ name: "a.protected", definitions: [{ line: 10, outcome: "held" }] }] },
            ],
          },
          {},
          { rule: "a:14", outcome: "error" },
        ],
      },
    ],
  });
});

test.each([
  ["--all without --explain", ["--all"], "`--all` belongs to `--explain`"],
  ["an unknown format", ["--format", "xml"], "Allowed choices are pretty, json."],
])("%s is misuse", (_, args, message) => {
  const { status, stderr } = evaluate("--sql", "select 1", ...args);
  expect(stderr).toContain(message);
  expect(status).toBe(2);
});
