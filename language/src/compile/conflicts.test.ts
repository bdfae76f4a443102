import { expect, test } from "vitest";
import { emptyObject } from "../values.ts";
import { evaluateQuery } from "../query.ts";

test.each([
  ["p contains 1\np := 2", "rule `p` defines a single value, and another of the same name a set"],
  ["p.q := 1\np.q contains 2", "rule `p` defines a set, and another of the same name a single value"],
  ["p[x] := 1 if x := 1\np := {}", "rule `p` defines a single value, and another of the same name an object"],
  [
    "p(x) := x\np(x, y) := y",
    "rule `p` defines a function of 2 arguments, and another of the same name a function of 1 argument",
  ],
  ["p(x) := x\np := 1", "rule `p` defines a single value, and another of the same name a function of 1 argument"],
  ["default p := 1\ndefault p := 2", "rule `p` has another default already"],
  ["p := {}\np.q := 1", "rule `p` stands below `data.t.p`, which other rules define as a whole"],
])("`%s` is refused: %s", (rules, message) => {
  expect(messages(rules)).toEqual([message]);
});

test.each([
  "p := 1\np := 1 if true\ndefault p := 3",
  "p contains 1\np contains 2",
  "p.q := 1\np.r contains 2\np.s(x) := x",
  "p[x] := 1 if x := 1\np.q.r := 2\ndefault p.s := 1\ndefault p.t := 2",
  "p(x) := 1 if x == 1\ndefault p(_) := 2",
])("`%s` stands", (rules) => {
  expect(messages(rules)).toEqual([]);
});

function messages(rules: string): readonly string[] {
  const result = evaluateQuery({
    sources: [{ path: "t.rego", text: `package t\n${rules}` }],
    query: "true",
    data: emptyObject,
    input: undefined,
    strict: true,
  });
  return result.outcome === "invalid" ? result.diagnostics.map(({ message }) => message) : [];
}
