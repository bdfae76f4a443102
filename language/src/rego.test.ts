import { expect, test } from "vitest";
import { toRego } from "./rego.ts";

function rego(text: string): string {
  const { files, diagnostics } = toRego([{ path: "p.policy", text: `package p\n\n${text}\n` }]);
  if (files[0] === undefined) return diagnostics.map(({ message }) => message).join("\n");
  return files[0].text.slice("package p\n\n".length, -1);
}

test.each<[string, string, string]>([
  ["allow", 'allow if query.kind == "select"', 'allow contains {"rule": "p:3"} if input.query.kind == "select"'],
  [
    "deny with a code",
    'deny sprintf("%s", [(query.kind)]) code "x" if not query.has_where',
    'deny contains {"message": sprintf("%s", [(input.query.kind)]), "code": "x", "rule": "p:3"} if not input.query.has_where',
  ],
  [
    "parentheses around what a head says",
    'deny ("a") if ((query.kind) == "select")',
    'deny contains {"message": ("a"), "rule": "p:3"} if ((input.query.kind) == "select")',
  ],
  [
    "approve with all its words",
    'approve by "a", g for "1h" because "why" if {\n  some g in {"b"}\n}',
    'approve contains {"groups": ["a", g], "for": "1h", "because": "why", "rule": "p:3"} if {\n  some g in {"b"}\n}',
  ],
  [
    "approve with a reason",
    'approve by "a" because "b" if true',
    'approve contains {"groups": ["a"], "because": "b", "rule": "p:3"} if true',
  ],
  ["approve alone", 'approve by "a" if true', 'approve contains {"groups": ["a"], "rule": "p:3"} if true'],
  [
    "notify",
    'notify "ops" because "x" if true',
    'notify contains {"channel": "ops", "because": "x", "rule": "p:3"} if true',
  ],
  ["limit", "limit rows 10 if true", 'limit contains {"what": "rows", "value": 10, "rule": "p:3"} if true'],
  [
    "mask over all columns, one condition",
    'mask column with partial(0, (2)) if column.label == "x"',
    'mask contains {"column": column.path, "mask": {"name": "partial", "args": [0, (2)]}, "rule": "p:3"} if {\n    some column in input.columns\n    column.label == "x"\n}',
  ],
  [
    "mask over all columns, a block",
    'mask column with null() if {\n    column.label == "x" # why\n}',
    'mask contains {"column": column.path, "mask": {"name": "null", "args": []}, "rule": "p:3"} if {\n    some column in input.columns\n    column.label == "x" # why\n}',
  ],
  [
    "mask of one column",
    "mask public.users.ssn with null()",
    'mask contains {"column": "public.users.ssn", "mask": {"name": "null", "args": []}, "rule": "p:3"} if "public.users.ssn" in {one.path | some one in input.columns}',
  ],
  [
    "filter",
    'filter public.orders as row where row.region == target.name if query.kind == "select"',
    'filter contains {"table": "public.orders", "rows": {row | some row in input.rows["public.orders"]; row.region == input.target.name}, "rule": "p:3"} if input.query.kind == "select"',
  ],
  [
    "filter with a block, and no condition",
    'filter public.orders as row where {\n    row.region == "eu"\n    row.total > 3\n}',
    'filter contains {"table": "public.orders", "rows": {row | some row in input.rows["public.orders"];\n    row.region == "eu"\n    row.total > 3\n}, "rule": "p:3"}',
  ],
  [
    "label",
    'label column as "pii" if column.name == "x"',
    'label contains {"column": column.path, "label": "pii", "rule": "p:3"} if {\n    some column in input.catalog\n    column.name == "x"\n}',
  ],
  [
    "roots wherever they stand, and nothing that is only called so",
    'f(query) if query.x\n\ng := $"{query.kind} query" if {\n  "query" != target.name\n  x := {query.kind: principal}\n  x.query\n  input.query.kind\n  h with query.kind as target.name\n}\n\nh if [1 | session.id]',
    'f(query) if query.x\n\ng := $"{input.query.kind} query" if {\n  "query" != input.target.name\n  x := {input.query.kind: input.principal}\n  x.query\n  input.query.kind\n  h with input.query.kind as input.target.name\n}\n\nh if [1 | input.session.id]',
  ],
  [
    "functions that Rego lacks",
    'x if label.within(target.name, "pii")',
    'x if data.penstock.labels.within(input.target.name, "pii")',
  ],
])("%s", (_, policy, expected) => {
  expect(rego(policy)).toBe(expected);
});

test("a rule that is called as a statement is refused, since Rego would take them for one", () => {
  expect(rego("mask := 3\n\nmask public.a.b with null()")).toContain(
    "in Rego, `mask` would be a rule and the statements",
  );
  expect(rego('allow if true\n\ndeny "no" if not allow')).toContain("in Rego, `allow` would be a rule");
});

test("mistakes are diagnostics as ever", () => {
  expect(rego('deny "no" if query.kind == "drop_tabel"')).toContain("drop_tabel");
  expect(rego("deny if")).not.toBe("");
});
