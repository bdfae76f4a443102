import { expect, test } from "vitest";
import { compile } from "./compile/compile.ts";
import type { TestHost, TestResult } from "./program.ts";
import { fromValue, toValue } from "./values.ts";

const host: TestHost = {
  decide: (sql, parameters, input, data) =>
    toValue({
      sql,
      parameters: parameters ?? null,
      principal: input.principal ?? null,
      data,
      masks: { "public.users.ssn": { name: "null", args: [] } },
    }),
};

function run(text: string, data: unknown = {}): readonly TestResult[] {
  const { program, diagnostics } = compile({ sources: [{ path: "a_test.policy", text: `package a\n${text}` }], data });
  expect(diagnostics).toEqual([]);
  return program?.tests.map((each) => each.run(host)) ?? [];
}

test("a test that holds has passed, and prints reach the report", () => {
  expect(run('test_p if { x := 1; print("x is", x, data.nope); x == 1 }')).toEqual([
    { outcome: "passed", prints: ["x is 1 <undefined>"] },
  ]);
});

test("a failure names the condition, its line and the variables", () => {
  expect(run("test_p if {\n  x := 1\n  y := [x, 2]\n  y[1] == 3\n  true\n}")).toEqual([
    {
      outcome: "failed",
      failure: { expression: "y[1] == 3", line: 5, variables: { x: "1", y: "[1, 2]" } },
      prints: [],
    },
  ]);
});

test("a run-time error is told apart from a failure", () => {
  const [result] = run("test_p if { x := data.n; x + 1 == 2 }", { n: "one" });
  expect(result?.outcome).toBe("error");
  expect(result?.failure?.message).toContain("operand 1 must be number but got string");
});

test("decide sees the roots and the data as `with` left them", () => {
  const text = `test_p if {
  d := decide("select 1", [7]) with principal as data.fixtures.agent with data.limit as 5
  print(d)
  d.masks["public.users.ssn"].name == "null"
  d.parameters == [7]
  d.principal.kind == "agent"
  d.data.limit == 5
}`;
  expect(run(text, { fixtures: { agent: { kind: "agent" } } }).map(({ outcome }) => outcome)).toEqual(["passed"]);
});

test("decisions of a test run under what `with` has replaced: data, rules and functions, and only for as long", () => {
  const text = `deny "late" if now > 100
deny "closed" if closed
now := time.now_ns()
closed if data.hours == "shut"
outcome(name) := decide(name).fired
test_p if {
  outcome("early") == [] with time.now_ns as 5
  outcome("late") == ["late"] with time.now_ns as 500
  outcome("rule") == ["closed", "late"] with data.a.closed as true
  outcome("data") == ["closed", "late"] with data.hours as "shut"
  outcome("as it is") == ["late"]
}`;
  const { program, diagnostics } = compile({ sources: [{ path: "a_test.policy", text: `package a\n${text}` }] });
  expect(diagnostics).toEqual([]);
  const query = toValue({ kind: "select", category: "read", tables: [] });
  const deciding: TestHost = {
    decide: (_sql, _parameters, _input, data) => {
      const input = { principal: toValue({}), session: toValue({}), target: toValue({}), query };
      const fired = program?.evaluate(input, [], data) ?? [];
      return toValue({ fired: fired.flatMap((effect) => (effect.kind === "deny" ? effect.message : [])).sort() });
    },
  };
  expect(program?.tests.map((each) => each.run(deciding))).toMatchObject([{ outcome: "passed" }]);
});

test("decide exists in tests only", () => {
  const { diagnostics } = compile({ sources: [{ path: "a.policy", text: 'package a\np if decide("select 1")' }] });
  expect(diagnostics.map(({ message }) => message)).toEqual(["unknown function `decide`"]);
});

test("values keep their JSON form", () => {
  expect(fromValue(toValue({ a: new Set([2, 1]) }))).toEqual({ a: [1, 2] });
});
