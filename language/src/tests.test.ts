import { expect, test } from "vitest";
import { BuiltinError } from "./builtin.ts";
import { compile } from "./compile/compile.ts";
import type { TestHost, TestResult } from "./program.ts";
import { fromValue, toValue } from "./values.ts";

const host: TestHost = {
  rows: (sql) => {
    if (sql === "drop") throw new BuiltinError("the decision is deny: no");
    return toValue([{ sql }]);
  },
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

/** The frames of the only test. */
function frames(text: string): object[] {
  const [result] = run(text);
  return [...(result?.failure?.frames ?? [])];
}

test("a failure names the condition, its place, its variables, and what it wanted and got", () => {
  expect(run("test_p if {\n  x := 1\n  y := [x, 2]\n  y[1] == 3\n  true\n}")).toEqual([
    {
      outcome: "failed",
      failure: {
        frames: [
          {
            rule: "test_p",
            file: "a_test.policy",
            line: 5,
            column: 3,
            expression: "y[1] == 3",
            expected: "3",
            got: "2",
            variables: { y: "[1, 2]" },
            described: {},
          },
        ],
      },
      prints: [],
    },
  ]);
});

test.each<[condition: string, expected: string | undefined, got: string | undefined]>([
  ["x == 3", "3", "5"],
  ["3 == x", "3", "5"],
  ["x != 5", "anything but 5", "5"],
  ["not x == 5", "anything but 5", "5"],
  ["x < 5", "less than 5", "5"],
  ["5 < x", "more than 5", "5"],
  ["x >= 6", "at least 6", "5"],
  ["not x >= 5", "not at least 5", "5"],
  ["x in {1, 2}", "one of {1, 2}", "5"],
  ["x in xs", "one of [7, 8]", "5"],
  ["not x in [5]", "none of [5]", "5"],
  ["o.b == 1", "1", "undefined"],
  ["o.b", undefined, "undefined"],
  ["o.f", undefined, "false"],
  ["not o.a", "undefined or false", "1"],
  ["xs[_] == 9", "9", "8 (the last of 2)"],
  ["[1, _] = xs", undefined, "[7, 8]"],
  ["y := o.b", undefined, "undefined"],
  ["some y in []", "something in it", "[]"],
  ["every y in data.n { y }", "a collection", "undefined"],
])("%s: expected %s, got %s", (condition, expected, got) => {
  const [frame] = frames(
    `test_p if {\n  x := 5\n  xs := [7, 8]\n  o := object.union({"a": 1}, {"f": false})\n  ${condition}\n  xs[0] + o.a + x > 0 }`,
  );
  expect({ expected: undefined, got: undefined, ...frame }).toMatchObject({ expression: condition, expected, got });
});

test("an `every` shows the item for which it fails, however far the items before came", () => {
  const text = "test_p if { every x in [1, 2, 0, 3] {\n  x < 9\n  y := x * 2\n  y > 0 } }";
  expect(frames(text)).toMatchObject([
    { expression: "y > 0", expected: "more than 0", got: "0", variables: { y: "0" } },
  ]);
  const earlier = "test_p if { every x in [1, 10, 3] {\n  x < 9\n  x > 0 } }";
  expect(frames(earlier)).toMatchObject([{ expression: "x < 9", got: "10" }]);
});

test("a failure leads into the helpers of test files, to the condition that did not hold", () => {
  const text = "big(x) if { x > 1\n  x < 5 }\nboth(x, y) if { big(x)\n  big(y) }\ntest_p if { n := 3\n  both(n, 7) }";
  expect(frames(text)).toMatchObject([
    { rule: "test_p", expression: "both(n, 7)", got: "undefined", variables: { n: "3" } },
    { rule: "both", expression: "big(y)", got: "undefined", variables: { y: "7" } },
    { rule: "big", expression: "x < 5", expected: "less than 5", got: "7", variables: { x: "7" } },
  ]);
});

test("a helper under `with` is led into as well, and one that held is not", () => {
  const text =
    'is_ann if principal.id == "ann"\nfine if true\ntest_p if { fine\n  is_ann with principal as {"id": "bob"} }';
  expect(frames(text)).toMatchObject([{ rule: "test_p" }, { rule: "is_ann", expected: '"ann"', got: '"bob"' }]);
});

test("a value that the host knows more about is shown as the host says", () => {
  const { program } = compile({
    sources: [
      { path: "a_test.policy", text: 'package a\ntest_p if { d := decide("select 1")\n  d.outcome == "deny" }' },
    ],
  });
  const describing: TestHost = {
    ...host,
    describe: (value, field) => (value === null ? undefined : ["a decision", String(field)]),
  };
  const failure = program?.tests[0]?.run(describing).failure;
  expect(failure?.frames[0]).toMatchObject({ variables: {}, described: { d: ["a decision", "outcome"] } });
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
  object.get(d, "parameters", null) == [7]
  object.get(d, ["principal", "kind"], null) == "agent"
  object.get(d, ["data", "limit"], null) == 5
}`;
  expect(run(text, { fixtures: { agent: { kind: "agent" } } }).map(({ outcome }) => outcome)).toEqual(["passed"]);
});

test("decisions of a test run under what `with` has replaced: data, rules and functions, and only for as long", () => {
  const text = `deny "late" if now > 100
deny "closed" if closed
now := time.now_ns()
closed if data.hours == "shut"
outcome(name) := decide(name).rules
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
    ...host,
    decide: (_sql, _parameters, _input, data) => {
      const input = { principal: toValue({}), session: toValue({}), target: toValue({}), query };
      const fired = program?.evaluate(input, [], data) ?? [];
      return toValue({ rules: fired.flatMap((effect) => (effect.kind === "deny" ? effect.message : [])).sort() });
    },
  };
  expect(program?.tests.map((each) => each.run(deciding))).toMatchObject([{ outcome: "passed" }]);
});

test("rows gives what the host gives, and a refusal is an error whatever the condition makes of it", () => {
  expect(run('test_p if { rows("select 1") == [{"sql": "select 1"}] }')[0]?.outcome).toBe("passed");
  const [refused] = run('test_p if { not rows("drop") }');
  expect(refused).toMatchObject({
    outcome: "error",
    failure: { message: "a_test.policy:2: rows: the decision is deny: no" },
  });
});

test("a test uses rows where it or a rule that it asks calls rows", () => {
  const { program } = compile({
    sources: [
      {
        path: "a_test.policy",
        text: 'package a\nof(sql) := rows(sql)\ntest_a if of("x")\ntest_b if rows("x")\ntest_c if true',
      },
    ],
  });
  expect(program?.tests.map(({ name, usesRows }) => [name, usesRows])).toEqual([
    ["test_a", true],
    ["test_b", true],
    ["test_c", false],
  ]);
});

test("decide exists in tests only", () => {
  const { diagnostics } = compile({ sources: [{ path: "a.policy", text: 'package a\np if decide("select 1")' }] });
  expect(diagnostics.map(({ message }) => message)).toEqual(["unknown function `decide`"]);
});

test("values keep their JSON form", () => {
  expect(fromValue(toValue({ a: new Set([2, 1]) }))).toEqual({ a: [1, 2] });
});
