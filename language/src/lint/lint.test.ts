import { describe, expect, test } from "vitest";
import { compile } from "../compile/compile.ts";

/** Each warning as `code: message @ what is underlined`; errors too, which no example here should have. */
function lint(text: string, ...others: readonly string[]): string[] {
  const sources = [text, ...others].map((each, index) => ({
    path: `${"abc".charAt(index)}.policy`,
    text: each.startsWith("package ") ? each : `package a\n${each}`,
  }));
  return compile({ sources, lint: true }).diagnostics.map(({ code, message, span }) => {
    const source = sources.find(({ path }) => path === span.file);
    return `${code}: ${message} @ ${source?.text.slice(span.start, span.end) ?? ""}`;
  });
}

describe("what is never used", () => {
  test.each([
    ["an assigned variable", 'deny "x" if { k := query.kind }', "P402: variable `k` is never used @ k"],
    ["one of a `some`", 'deny "x" if { some t in query.tables }', "P402: variable `t` is never used @ t"],
    ["a declared one", 'deny "x" if { some t; query.has_where }', "P402: variable `t` is never used @ t"],
    ["a key", 'deny "x" if { some k, v in data.x; v == 1 }', "P402: variable `k` is never used @ k"],
    ["one of `every`", 'deny "x" if { every k, v in data.x { v == 1 } }', "P402: variable `k` is never used @ k"],
    ["a step", 'deny "x" if { query.tables[i].name == "users" }', "P402: variable `i` is never used @ i"],
    ["one of a pattern", 'deny "x" if { [a, b] := data.pair; a == 1 }', "P402: variable `b` is never used @ b"],
    ["one of a closure", 'deny "x" if count([1 | some t in query.tables]) > 3', "P402: variable `t` is never used @ t"],
    ["a parameter", 'deny "x" if f(1, 2)\nf(a, b) if a == 1', "P403: parameter `b` is never used @ b"],
    ["an import", 'import data.x\nimport data.y\ndeny "x" if y.z', "P404: import `x` is never used @ import data.x"],
    [
      "an import by its alias",
      'import data.x as y\ndeny "x" if query.has_where',
      "P404: import `y` is never used @ import data.x as y",
    ],
    ["a rule", 'p if query.has_where\ndeny "x" if true', "P405: rule `p` is never used @ p"],
    ["a function", 'f(x) := x\ndeny "x" if true', "P405: rule `f` is never used @ f"],
    [
      "a rule of several definitions, once",
      'p if query.has_where\np if query.joins == 1\ndeny "x" if true',
      "P405: rule `p` is never used @ p",
    ],
  ])("is reported: %s", (_, text, expected) => {
    expect(lint(text)).toEqual([expected]);
  });

  test("rules that only unused rules use are unused too", () => {
    expect(lint('p if q\nq if query.has_where\ndeny "x" if true')).toEqual([
      "P405: rule `p` is never used @ p",
      "P405: rule `q` is never used @ q",
    ]);
  });

  test.each([
    ["a variable that the head uses", 'deny sprintf("%v", [t.name]) if { some t in query.tables }'],
    [
      "one that a closure uses",
      'deny "x" if { k := query.kind; count([1 | some t in query.tables; t.name == k]) > 1 }',
    ],
    ["one that a template uses", 'deny $"no {k}" if { k := query.kind }'],
    [
      "one that `with` uses",
      'test_p if { who := {"kind": "agent"}; p with principal as who }\np if principal.kind == "agent"',
    ],
    ["one that `else` uses", 'deny "x" if f(1, 2) == 3\nf(a, b) := a if { a == 2 } else := b'],
    ["one that is declared and then found", 'deny "x" if { some i; query.tables[i].name == "users"; i > 1 }'],
    ["what is called `_`", 'deny "x" if { some _, v in data.x; v == 1; f(1) }\nf(_) if query.has_where'],
    ["what begins with `_`", 'deny "x" if { _kind := query.kind; f(1) }\nf(_x) if query.has_where'],
    ["the subject of a mask", "mask column with null()"],
    ["an import that `with` replaces", "import data.x\ntest_p if { p with x.y as 1 }\np if data.x.y == 1"],
    ["an import of the language", 'import rego.v1\ndeny "x" if query.has_where'],
    ["a rule that a test reaches", "test_p if p\np if query.has_where"],
    ["a rule that is reached by its path", 'deny "x" if data.a.p\np if query.has_where'],
    ["rules that a whole package is asked for", 'deny "x" if count(data.a.b) > 1', "package a.b\np := 1"],
    ["a function that takes another's place", "test_p if { p with f as g }\np if f(1)\nf(x) := x\ng(x) := x"],
    ["a package without decisions and tests", "p := 1\nf(x) := x"],
    ["a rule that another package uses", 'package b\ndeny "x" if data.a.p', "p := 1\nq := 2"],
    ["`allow` beside its default", "default allow := false\nallow if query.has_where"],
  ])("is not: %s", (_, ...texts) => {
    expect(lint(...(texts as [string]))).toEqual([]);
  });
});

describe("names that hide others", () => {
  test.each([
    [
      "a variable over a root",
      'deny "x" if { some query in data.x; query == 1 }',
      "P406: variable `query` hides the root of that name @ query",
    ],
    [
      "a variable over a rule",
      'deny "x" if { p; f(1) }\np if query.has_where\nf(p) if p == 1',
      "P406: variable `p` hides the rule of that name @ p",
    ],
    [
      "a variable over an import",
      'import data.x\ndeny "x" if { x.y; f(1) }\nf(x) if x == 1',
      "P406: variable `x` hides the import of that name @ x",
    ],
    [
      "a variable over a function",
      'deny "x" if { count := data.x; count > 3 }',
      "P406: variable `count` hides the function of that name @ count",
    ],
    [
      "a rule over a root",
      'deny "x" if query\nquery if data.x',
      "P406: rule `query` hides the root of that name @ query",
    ],
    [
      "a rule over a function",
      'deny "x" if upper("x")\nupper(x) if x == "x"',
      "P406: rule `upper` hides the function of that name @ upper",
    ],
    [
      "an import over a rule",
      'import data.x.p\ndeny "x" if p\ntest_q if data.a.p\np if query.has_where',
      "P406: import `p` hides the rule of that name @ import data.x.p",
    ],
    [
      "an import over a root",
      'import data.x.query\ndeny "x" if query.y',
      "P406: import `query` hides the root of that name @ import data.x.query",
    ],
  ])("are reported: %s", (_, text, expected) => {
    expect(lint(text)).toEqual([expected]);
  });

  test.each([
    ["a root imported as itself", 'import input.query\ndeny "x" if query.has_where'],
    [
      "the same name in two rules",
      'deny "x" if { k := query.kind; k == "lock" }\ndeny "y" if { k := query.joins; k > 3 }',
    ],
    ["a rule of another package", 'deny "x" if { p := query.joins; p > 3 }', "package b\np := 1"],
    ["the last part of a function's name", 'deny "x" if { within := data.x; within == 3 }'],
  ])("are not: %s", (_, ...texts) => {
    expect(lint(...(texts as [string]))).toEqual([]);
  });
});

describe("conditions that never hold together", () => {
  test.each([
    [
      "two values",
      'deny "x" if {\nquery.kind == "lock"\nquery.kind == "do"\n}',
      "line 3 asks for another `query.kind`",
      'query.kind == "do"',
    ],
    [
      "a value outside of a set",
      'deny "x" if {\nquery.kind in {"lock", "do"}\nquery.kind == "call"\n}',
      "line 3 asks for another `query.kind`",
      'query.kind == "call"',
    ],
    [
      "a value that is excluded",
      'deny "x" if {\nquery.kind != "lock"\nquery.kind == "lock"\n}',
      "line 3 asks for another `query.kind`",
      'query.kind == "lock"',
    ],
    [
      "a value of an excluded set",
      'deny "x" if {\nnot query.kind in {"lock", "do"}\nquery.kind == "lock"\n}',
      "line 3 asks for another `query.kind`",
      'query.kind == "lock"',
    ],
    [
      "values of a variable",
      'deny "x" if {\nsome t in query.tables\nt.name == "a"\nt.name == "b"\n}',
      "line 4 asks for another `t.name`",
      't.name == "b"',
    ],
    [
      "another name of it",
      'deny "x" if {\nk := query.kind\nk == "lock"\nquery.kind == "do"\n}',
      "line 4 asks for another `query.kind`",
      'query.kind == "do"',
    ],
    [
      "a condition and its negation",
      'deny "x" if {\nquery.has_where\nnot query.has_where\n}',
      "line 3 asks for another `query.has_where`",
      "not query.has_where",
    ],
    [
      "a membership and its negation",
      'deny "x" if {\n"a" in principal.groups\nnot "a" in principal.groups\n}',
      'line 3 asks for another `("a" in principal.groups)`',
      'not "a" in principal.groups',
    ],
    [
      "bounds",
      'deny "x" if {\nquery.joins > 5\nquery.joins < 3\n}',
      "line 3 asks for another `query.joins`",
      "query.joins < 3",
    ],
    [
      "a bound and a value",
      'deny "x" if {\nquery.joins > 5\nquery.joins == 3\n}',
      "line 3 asks for another `query.joins`",
      "query.joins == 3",
    ],
    [
      "a category that no kind is of",
      'deny "x" if {\nquery.category == "ddl"\nquery.kind == "select"\n}',
      "line 3 asks for another `query.category`",
      'query.kind == "select"',
    ],
    [
      "a rule's condition",
      'is_agent if principal.kind == "agent"\ndeny "x" if {\nis_agent\nprincipal.kind == "human"\n}',
      "line 4 asks for another `principal.kind`",
      'principal.kind == "human"',
    ],
    [
      "a rule's negated condition",
      'is_agent if principal.kind == "agent"\ndeny "x" if {\nprincipal.kind == "agent"\nnot is_agent\n}',
      "line 4 asks for another `principal.kind`",
      "not is_agent",
    ],
    ["an empty set", 'deny "x" if query.kind in set()', "the collection is empty", "set()"],
    ["an empty array", 'deny "x" if { some k in []; query.kind == k }', "the collection is empty", "[]"],
    ["false", 'deny "x" if { query.has_where; false }', "the condition is `false`", "false"],
    ["two constants", 'deny "x" if { 1 == 2; query.has_where }', "two constants are compared", "1 == 2"],
    [
      "in a closure",
      'deny "x" if count([1 |\nsome t in query.tables\nt.name == "a"\nt.name == "b"\n]) > 1',
      "line 4 asks for another `t.name`",
      't.name == "b"',
    ],
  ])("are reported: %s", (_, text, why, underlined) => {
    expect(lint(text)).toEqual([`P407: this never holds: ${why} @ ${underlined}`]);
  });

  test.each([
    ["false by itself, which is meant", 'deny "x" if false\nfilter public.a as row where false'],
    ["conditions on a row that others exclude", "filter public.a as row where row.b == 1 if query.joins == 2"],
    ["the same value twice", 'deny "x" if { query.kind == "lock"; query.kind in {"lock", "do"} }'],
    ["different members of a collection", 'deny "x" if { query.tables[_].name == "a"; query.tables[_].name == "b" }'],
    [
      "different variables",
      'deny "x" if { some s in query.tables; some t in query.tables; s.name == "a"; t.name == "b" }',
    ],
    ["a category of the kind", 'deny "x" if { query.category == "ddl"; query.kind in {"select", "drop_table"} }'],
    ["bounds that leave something", 'deny "x" if { query.joins >= 3; query.joins <= 3 }'],
    [
      "alternatives of a rule",
      'odd if principal.kind == "agent"\nodd if query.joins > 3\ndeny "x" if { odd; principal.kind == "human" }',
    ],
    [
      "what `with` replaces",
      'p if query.kind == "lock"\ntest_p if { p with query.kind as "lock"; not p with query.kind as "do" }',
    ],
    [
      "a variable of another rule",
      'p if { some t in query.tables; t.name == "a" }\ndeny "x" if { p; some t in query.tables; t.name == "b" }',
    ],
    [
      "what several conditions of a rule deny",
      'p if { query.has_where; query.joins > 3 }\ndeny "x" if { query.has_where; not p }',
    ],
  ])("are not: %s", (_, text) => {
    expect(lint(text)).toEqual([]);
  });
});

describe("masks that never show", () => {
  test.each([
    [
      "under a stronger one on the column",
      'mask public.a.b with partial(0, 2) if principal.kind == "human"\nmask public.a.b with null()',
      "line 3",
    ],
    ["under a stronger one on every column", "mask column with redact()\nmask public.a.b with partial(0, 2)", "line 2"],
    [
      "under fewer conditions",
      'mask column with partial(0, 2) if { column.label == "x"; principal.kind == "agent" }\nmask column with null() if column.label == "x"',
      "line 3",
    ],
  ])("are reported: %s", (_, text, where) => {
    const [stronger] = /null|redact/.exec(text) ?? [];
    expect(lint(text)).toEqual([
      `P408: mask \`partial\` never shows: \`${stronger}\` of ${where} is stronger and holds whenever it does @ partial`,
    ]);
  });

  test.each([
    [
      "a stronger one under other conditions",
      'mask public.a.b with partial(0, 2)\nmask public.a.b with null() if principal.kind == "agent"',
    ],
    ["a weaker one", "mask public.a.b with null()\nmask public.a.c with partial(0, 2)"],
    ["one as strong", 'mask public.a.b with email() if principal.kind == "human"\nmask public.a.b with partial(0, 2)'],
  ])("are not: beside %s", (_, text) => {
    expect(lint(text)).toEqual([]);
  });
});

describe("statements that add nothing", () => {
  test.each([
    [
      "a statement twice",
      'deny "x" if query.has_where\ndeny   "x" if { query.has_where }',
      "P409: this repeats line 2 @ deny",
    ],
    [
      "one under more conditions",
      'deny "x" if { query.has_where; query.joins > 3 }\ndeny "x" if query.has_where',
      "P409: this adds nothing: line 3 says the same under fewer conditions @ deny",
    ],
    ["a rule twice", 'p if query.has_where\np if query.has_where\ndeny "x" if p', "P409: this repeats line 2 @ p"],
    [
      "a member twice",
      'p contains "a" if query.has_where\np contains "a"\ndeny "x" if p.a',
      "P409: this adds nothing: line 3 says the same under fewer conditions @ p",
    ],
    ["an allow twice", "allow if query.has_where\nallow if query.has_where", "P409: this repeats line 2 @ allow"],
  ])("are reported: %s", (_, text, expected) => {
    expect(lint(text)).toEqual([expected]);
  });

  test("are reported across files, with the other's name", () => {
    expect(lint('deny "x" if query.has_where', 'package a\ndeny "x" if query.has_where')).toEqual([
      "P409: this repeats a.policy:2 @ deny",
    ]);
  });

  test.each([
    ["other messages", 'deny "x" if query.has_where\ndeny "y" if query.has_where'],
    ["other columns", "mask public.a.b with null()\nmask public.a.c with null()"],
    ["other conditions", 'deny "x" if query.has_where\ndeny "x" if query.joins > 3'],
    [
      "large integers that differ",
      'deny "x" if query.joins == 9007199254740993\ndeny "x" if query.joins == 9007199254740995',
    ],
    ["a default", 'default p := false\np := false if query.has_where\ndeny "x" if p'],
    ["other packages", 'deny "x" if query.has_where', 'package b\ndeny "x" if query.has_where'],
  ])("are not: %s", (_, ...texts) => {
    expect(lint(...(texts as [string]))).toEqual([]);
  });
});

describe("tests that cannot fail", () => {
  test.each([
    ["nothing", "test_p := true"],
    ["assignments", 'test_p if { d := decide("select 1"); _x := [d, 1] }'],
    ["assignments under `with`", 'test_p if { _d := decide("select 1") with principal as {"kind": "agent"} }'],
    ["print", 'test_p if { d := decide("select 1"); print(d) }'],
    ["true", "test_p if true"],
  ])("are reported: with %s", (_, text) => {
    expect(lint(text)).toEqual(["P410: test `test_p` cannot fail @ test_p"]);
  });

  test.each([
    ["a comparison", 'test_p if { d := decide("select 1"); d.outcome == "allow" }'],
    ["a reference that may be undefined", "test_p if { _x := data.x }"],
    ["a value that may be false", "test_p := data.x"],
    ["a pattern", "test_p if { [1, _x] = data.x }"],
    ["a rule", "test_p if p\np if query.has_where"],
  ])("are not: with %s", (_, text) => {
    expect(lint(text)).toEqual([]);
  });
});

describe("negations of what may be absent", () => {
  test.each([
    ["a claim", 'deny "x" if not principal.claims.region == "eu"', "principal.claims.region"],
    [
      "the person behind an agent",
      'deny "x" if not principal.on_behalf_of.kind == "human"',
      "principal.on_behalf_of.kind",
    ],
    ["a tag", 'deny "x" if not startswith(session.tags.app, "batch")', "session.tags.app"],
    ["data", 'deny "x" if not data.config.level == 3', "data.config.level"],
    ["a limit", 'deny "x" if not query.limit < 100', "query.limit"],
    ["a membership", 'deny "x" if not principal.id in data.people', "data.people"],
    ["in a closure", 'deny "x" if { every t in query.tables { not t.name in data.open } }', "data.open"],
  ])("are reported: %s", (_, text, ref) => {
    expect(lint(text)).toEqual([`P411: \`${ref}\` may be absent, and then the negation holds too @ ${ref}`]);
  });

  test.each([
    ["a reference by itself", 'deny "x" if not principal.claims.mfa'],
    ["one that is asked for before", 'deny "x" if { principal.claims.region; not principal.claims.region == "eu" }'],
    [
      "one that is compared before",
      'deny "x" if { principal.claims.region != ""; not principal.claims.region == "eu" }',
    ],
    ["one with a default", 'deny "x" if not object.get(principal.claims, "region", "") == "eu"'],
    ["what always exists", 'deny "x" if not query.kind == "select"'],
    ["a rule", 'deny "x" if not p == 3\np := 3'],
    ["a variable", 'deny "x" if { region := principal.claims.region; not region == "eu" }'],
  ])("are not: %s", (_, text) => {
    expect(lint(text)).toEqual([]);
  });
});

describe("`!=` with one of many", () => {
  const message = "P412: this holds as soon as one differs, not when all do";
  test.each([
    ["a wildcard", 'deny "x" if principal.groups[_] != "dba"', 'principal.groups[_] != "dba"'],
    ["a variable that is used there alone", 'deny "x" if { some g in principal.groups; g != "dba" }', 'g != "dba"'],
    ["a field of it", 'deny "x" if { some c in query.columns; c.label != "pii" }', 'c.label != "pii"'],
    ["from the other side", 'deny "x" if "dba" != principal.groups[_]', '"dba" != principal.groups[_]'],
    ["in a closure", 'deny "x" if count([1 | query.tables[_].name != "a"]) > 1', 'query.tables[_].name != "a"'],
  ])("is reported: %s", (_, text, underlined) => {
    expect(lint(text)).toEqual([`${message} @ ${underlined}`]);
  });

  test.each([
    ["a variable that the head shows", 'deny sprintf("%v", [t.name]) if { some t in query.tables; t.name != "a" }'],
    ["a variable that was chosen", 'deny "x" if { some t in query.tables; t.kind == "view"; t.schema != "a" }'],
    ["a value that `every` gives", 'deny "x" if { every g in principal.groups { g != "dba" } }'],
    ["a step that a parameter gives", 'deny "x" if f(1)\nf(i) if data.xs[i] != 3'],
    ["a step from outside of the closure", 'deny "x" if { every i in [1, 2] { data.xs[i] != 3 } }'],
    ["the subject", "mask column with null() if data.xs[column.name] != 3"],
    ["a single value", 'deny "x" if query.kind != "select"'],
    ["what a comprehension collects", 'deny "x" if count({g | some g in principal.groups; g != "a"}) > 3'],
  ])("is not: %s", (_, text) => {
    expect(lint(text)).toEqual([]);
  });
});

test("errors in types keep no warning back about other places", () => {
  expect(lint('p if query.has_were\ndeny "x" if query.has_where')).toEqual([
    "P405: rule `p` is never used @ p",
    "P310: `query` has no field `has_were` @ has_were",
  ]);
});

test("what has an error already draws no warning, and what may follow from one neither", () => {
  expect(lint('p if query.has_were\ndeny "x" if { k := nope_; k == 1 }').map((each) => each.slice(0, 4))).toEqual([
    "P310",
    "P210",
  ]);
});
