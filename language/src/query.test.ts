import { expect, test } from "vitest";
import { evaluateQuery } from "./query.ts";
import { emptyObject, parseJson, toJson, toValue } from "./values.ts";

/** What `data.t.p` is, as JSON; `undefined`, the error's code, or the diagnostics. */
function evaluate(
  text: string,
  options: { readonly input?: unknown; readonly data?: unknown; readonly strict?: boolean } = {},
): string {
  const result = evaluateQuery({
    sources: [{ path: "t.rego", text: `package t\n${text}` }],
    query: "data.t.p = x",
    data: options.data === undefined ? emptyObject : toValue(options.data),
    input: options.input === undefined ? undefined : toValue(options.input),
    strict: options.strict ?? true,
  });
  switch (result.outcome) {
    case "values":
      return result.bindings.map((binding) => toJson(binding.get("x") ?? null)).join(" ") || "undefined";
    case "error":
      return result.code;
    case "invalid":
      return result.diagnostics.map(({ message }) => message).join("; ");
  }
}

test.each([
  ["complete rule", "p := 1", "1"],
  ["undefined rule", "p if false", "undefined"],
  ["default", "default p := 3\np := 1 if false", "3"],
  ["else", "p := 1 if false\nelse := 2 if false\nelse := 3", "3"],
  ["function with patterns", 'f([x, {"a": y}]) := x + y\np := f([1, {"a": 2}])', "3"],
  ["function with else", "f(x) := 1 if x == 1\nelse := 2\np := [f(1), f(5)]", "[1,2]"],
  ["default of a function", "default f(_) := 9\nf(x) := 1 if x == 1\np := [f(1), f(5)]", "[1,9]"],
  ["result of a call unified with its last argument", "p := x if count([1, 2], x)", "2"],
  ["set rule", "p contains x if some x in [3, 1, 3]", "[1,3]"],
  ["object rule", 'p[k] := v if some k, v in {"a": 1}', '{"a":1}'],
  ["rule head with variable steps", 'p[x].y contains 1 if some x in ["a", "b"]', '{"a":{"y":[1]},"b":{"y":[1]}}'],
  ["rules below a package path", "a.b.c := 1\na.b.d := 2\np := a.b", '{"c":1,"d":2}'],
  ["references that iterate", "p := [x | x := input.xs[_].y[_]]", "[1,2,3]"],
  ["a variable that is bound by a later operand", "p := i if { some i; i == input.ys[i] }", "1"],
  ["ordering for safety", "p := z if { z = y + 1; y = x + 1; x = 1 }", "3"],
  ["unification of partial arrays", "p := [x, y] if [x, [y, 3]] = [1, [2, 3]]", "[1,2]"],
  ["unification of both sides", "p := x if { [x, y] = [y, 1] }", "1"],
  ["unification of objects", 'p := x if { {"a": x, "b": 1} = {"a": 2, "b": y}; y == 1 }', "2"],
  ["every", "p if every i, x in [1, 2] { x > i }", "true"],
  ["every over nothing that can be iterated", "p if every x in input.nope { x }", "undefined"],
  ["not over undefined", "p if not input.nope.more", "true"],
  ["membership with key", 'p if 0, "a" in ["a"]', "true"],
  ["membership in a list of items", 'p := [1, "a" in ["a"]]', "[1,true]"],
  ["set operators", "p := [({1, 2} | {3}), {1, 2} & {2}, {1, 2} - {2}]", "[[1,2,3],[2],[1]]"],
  ["precedence", "p := 1 + 2 * 3 - 4 % 3", "6"],
  ["minus without spaces", "x := 4\np := [x -1, x - 1, -x]", "[3,3,-4]"],
  ["integers beyond 2^53", "p := 9007199254740993 + 1", "9007199254740994"],
  ["1.0 equals 1", "p if 1 == 1.0", "true"],
  ["order across types", 'p if { null < true; true < 1; 1 < "a"; "a" < []; [] < {}; {} < set() }', "true"],
  ["raw string", "p := `a\\b`", '"a\\\\b"'],
  ["template", 'p := $"a {1 + 1} {input.nope} \\{x} {"s"}"', '"a 2 <undefined> {x} s"'],
  ["object comprehension", 'p := {x: i | some i, x in ["a", "b"]}', '{"a":0,"b":1}'],
  ["with on input", "q := input.a\np := x if x := q with input.a as 6", "6"],
  ["with on data", "q := data.z\np := x if x := q with data.z as 7", "7"],
  ["with on a rule", "q := 1\np := x if x := q with data.t.q as 7", "7"],
  ["with on a builtin", "f(_) := 5\nq := count([1])\np := [x, q] if x := q with count as f", "[5,1]"],
  ["with does not outlive its condition", "q := input.a\np := [x, q] if x := q with input.a as 6", "undefined"],
  ["print with something undefined", "p if print(input.nope)", "true"],
  ["keys that are no strings", "p := {[1]: 2}", '{"[1]":2}'],
  ["a set holds composites once", "p := count({[1, 2], [1, 2], {1}, {1}})", "2"],
  ["an object as a condition", 'p if {"a": 1}', "true"],
])("evaluates %s", (_, text, expected) => {
  expect(evaluate(text, { input: { xs: [{ y: [1] }, { y: [2, 3] }], ys: [3, 1] } })).toBe(expected);
});

test.each([
  ["two values of a complete rule", "p := x if some x in [1, 2]", "eval_conflict_error"],
  ["two values of a function", "f(_) := 1\nf(_) := 2\np := f(0)", "eval_conflict_error"],
  ["two values of a key", "p[k] := x if { k := 1; some x in [1, 2] }", "eval_conflict_error"],
  ["two values of a comprehension's key", "p := {1: x | some x in [1, 2]}", "eval_conflict_error"],
  ["an operand of a wrong type", "p := 1 + input.a", "eval_type_error"],
  ["division by zero", "p := 1 / input.zero", "eval_builtin_error"],
])("ends with an error for %s", (_, text, expected) => {
  expect(evaluate(text, { input: { a: "x", zero: 0 } })).toBe(expected);
});

test("a failing builtin is undefined where evaluation is not strict", () => {
  expect(evaluate("p := 1 + input.a", { input: { a: "x" }, strict: false })).toBe("undefined");
});

test.each([
  ["recursion", "p if q\nq if p", "rule `p` needs itself: p → q → p"],
  ["an unsafe variable", "p if x > 1", "unknown name or unsafe variable `x`"],
  ["a variable that only `not` sees", "p if { not q[x] }\nq := [1]", "unknown name or unsafe variable `x`"],
  ["an unknown function", 'p := uper("x")', "unknown function `uper`"],
  ["too few arguments", 'p := replace("x")', "`replace` takes 3 arguments, not 1"],
  ["a second assignment", "p if { x := 1; x := 2 }", "variable `x` is assigned twice"],
])("refuses %s", (_, text, expected) => {
  expect(evaluate(text)).toBe(expected);
});

test("gives one binding for each solution of a query", () => {
  const result = evaluateQuery({
    sources: [],
    query: "some i; x := data.xs[i]; x > 1",
    data: parseJson('{"xs": [1, 2, 3]}'),
    input: undefined,
    strict: true,
  });
  expect(result.outcome === "values" && result.bindings.map((binding) => toJson(binding))).toEqual([
    '{"i":1,"x":2}',
    '{"i":2,"x":3}',
  ]);
});

test("constants never become code, whatever they hold", () => {
  const hostile = '"]; process.exit(1); //';
  const quoted = JSON.stringify(`${hostile}\u2028\${1}\``);
  expect(evaluate(`p := {${quoted}: ${quoted}}[${quoted}]`)).toBe(quoted);
});
