import { describe, expect, test } from "vitest";
import { compile } from "../compile/compile.ts";
import { formatDiagnostics } from "../format-diagnostics.ts";

/** Each diagnostic as `code: message @ what is underlined / help`. */
function check(text: string): string[] {
  const source = { path: "a.policy", text: `package a\n${text}` };
  return compile({ sources: [source] }).diagnostics.map(
    ({ code, message, span, help }) =>
      `${code}: ${message} @ ${source.text.slice(span.start, span.end)}${help === undefined ? "" : ` / ${help}`}`,
  );
}

describe("the vocabulary", () => {
  test.each([
    [
      "a value that cannot occur",
      'p if query.kind == "drop_tabel"',
      'P312: `query.kind` is never `"drop_tabel"` @ "drop_tabel" / did you mean `drop_table`?',
    ],
    [
      "a function with the name of a property of every JavaScript object",
      "p := constructor(1, 10)",
      "P202: unknown function `constructor` @ constructor",
    ],
    [
      "one in a set",
      'p if query.kind in {"select", "isnert"}',
      'P312: `query.kind` is never `"isnert"` @ "isnert" / did you mean `insert`?',
    ],
    [
      "one that is compared from the other side",
      'p if "agnt" == principal.kind',
      'P312: `principal.kind` is never `"agnt"` @ "agnt" / did you mean `agent`?',
    ],
    [
      "one in a set of the vocabulary",
      'p if { some c in query.columns; "filtr" in c.uses }',
      'P312: `column.uses` is never `"filtr"` @ "filtr" / did you mean `filter`?',
    ],
    [
      "one behind a variable",
      'p if { k := query.kind; k == "selct" }',
      'P312: `query.kind` is never `"selct"` @ "selct" / did you mean `select`?',
    ],
    [
      "one in a test's `with`",
      'test_p if { true with query.kind as "selct" }',
      'P312: `query.kind` is never `"selct"` @ "selct" / did you mean `select`?',
    ],
    [
      "a field that is not there",
      'p if target.envronment == "x"',
      "P310: `target` has no field `envronment` @ envronment / did you mean `environment`?",
    ],
    [
      "a field behind iteration",
      'p if query.columns[_].lable == "x"',
      "P310: `column` has no field `lable` @ lable / did you mean `label`?",
    ],
    [
      "a field of `input`",
      "p if input.princpal.id",
      "P310: `input` has no `princpal` @ princpal / did you mean `principal`?",
    ],
    ["types that never meet", 'p if query.joins == "3"', 'P323: a number is never a string @ query.joins == "3"'],
    [
      "an argument of a wrong type",
      'p if startswith(query.joins, "x")',
      "P322: `startswith` takes a string here, not a number @ query.joins",
    ],
    ["members of what has none", "p if { some x in query.joins; x }", "P320: a number has no members @ query.joins"],
    [
      "labels while labels are computed",
      'label column as "x" if column.label == ""',
      "P311: `column.label` is not known where labels are computed @ label / use the column's schema, table, name, type or comment",
    ],
  ])("refuses %s", (_, text, expected) => {
    expect(check(text)).toEqual([expected]);
  });

  test.each([
    ["data of unknown shape", 'p if { principal.claims.a.b[_] == 3; data.x[principal.id] == "y" }'],
    ["a field that may be absent", "p if not query.limit"],
    ["a member of another type beside one that can be it", 'v := ["x"]\np if v in {"a", v}'],
    ["a local variable with a root's name", 'p if { some query in ["x"]; query == "x" }'],
    ["columns in closures", 'p := [c.name | some c in query.columns; "output" in c.uses]'],
    [
      "another string for a field that takes any",
      'p if column_is("x")\ncolumn_is(name) if query.columns[_].name == name',
    ],
  ])("accepts %s", (_, text) => {
    expect(check(text)).toEqual([]);
  });
});

describe("types of rules and functions", () => {
  test.each([
    ["a rule's value", 'most := 3\np if most == "3"', 'P323: a number is never a string @ most == "3"'],
    [
      "a rule of another definition order",
      'p if most == "3"\nmost := 3',
      'P323: a number is never a string @ most == "3"',
    ],
    [
      "a set rule and a single value",
      'readers contains "ann"\np if readers == "ann"',
      'P323: a set is never a string @ readers == "ann" / look for a member with `in`',
    ],
    [
      "a set and an array",
      'p if principal.groups == ["dba"]',
      'P323: a set is never an array @ principal.groups == ["dba"] / a set is written `{…}`, an array `[…]`',
    ],
    [
      "a member that the set cannot have",
      'p if query.tables[_].access == {"red"}',
      'P312: `table.access` is never `"red"` @ "red" / did you mean `read`?',
    ],
    [
      "a word of the vocabulary through a rule",
      'kind := query.kind\np if kind == "selct"',
      'P312: `query.kind` is never `"selct"` @ "selct" / did you mean `select`?',
    ],
    [
      "one through a function",
      'kind_of(_) := query.kind\np if "selct" == kind_of(1)',
      'P312: `query.kind` is never `"selct"` @ "selct" / did you mean `select`?',
    ],
    [
      "one through the members of a set",
      'kinds contains t.kind if some t in query.tables\np if "tabel" in kinds',
      'P312: `table.kind` is never `"tabel"` @ "tabel" / did you mean `table`?',
    ],
    [
      "a word that a rule never is",
      'tier := "gold" if query.has_where\ntier := "silver" if query.joins == 1\np if tier == "glod"',
      'P312: `tier` is never `"glod"` @ "glod" / did you mean `gold`?',
    ],
    [
      "a word of an else",
      'tier := "gold" if query.has_where\nelse := "silver"\np if tier == "bronze"',
      'P312: `tier` is never `"bronze"` @ "bronze" / it is one of gold, silver',
    ],
    [
      "a field that an object has not",
      'agent := {"kind": "agent"}\np if agent.knd == "x"',
      "P310: an object has no field `knd` @ knd / did you mean `kind`?",
    ],
    [
      "a field of what a function is called with",
      'is_pii(c) if c.lable == "pii"\np if { some c in query.columns; is_pii(c) }',
      "P310: `column` has no field `lable` @ lable / did you mean `label`?",
    ],
    [
      "a field of what a function hands on",
      'is_pii(c) if has_label(c)\nhas_label(c) if c.lable == "pii"\np if { some c in query.columns; is_pii(c) }',
      "P310: `column` has no field `lable` @ lable / did you mean `label`?",
    ],
    [
      "an argument that a function hands to a builtin",
      'is_drop(text) if startswith(text, "drop")\np if is_drop(query.joins)',
      "P322: `is_drop` takes a string here, not a number @ query.joins",
    ],
    [
      "an argument that no definition is for",
      'level("a") := 1\nlevel("b") := 2\np if level(query.joins) == 1',
      "P322: `level` takes a string here, not a number @ query.joins",
    ],
    ["a field of a set's numbers", "counts contains 1\np if counts.a", "P320: a set has no field `a` @ a"],
    [
      "a call of a rule",
      "is_agent if query.has_where\np if is_agent(1)",
      "P215: `is_agent` is no function @ is_agent / it is used without parentheses",
    ],
    [
      "a call of an attribute",
      'p if principal.groups("dba")',
      "P215: `principal.groups` is no function @ principal.groups / it is used without parentheses",
    ],
    [
      "a function of the package",
      'is_drop(text) if text == "x"\np if is_dorp("x")',
      "P202: unknown function `is_dorp` @ is_dorp / did you mean `is_drop`?",
    ],
    [
      "a field of a decision",
      'test_p if { d := decide("select 1"); d.outcom == "deny" }',
      "P310: `decision` has no field `outcom` @ outcom / did you mean `outcome`?",
    ],
    [
      "an outcome",
      'test_p if decide("select 1").outcome == "denied"',
      'P312: `decision.outcome` is never `"denied"` @ "denied" / it is one of allow, approve, deny',
    ],
    [
      "a mask of a decision",
      'test_p if { d := decide("select 1"); d.masks["public.a.b"].name == "nul" }',
      'P312: `mask.name` is never `"nul"` @ "nul" / did you mean `null`?',
    ],
    [
      "a field of who a test is",
      'test_p if { p with principal as {"knd": "agent"} }\np if query.has_where',
      'P310: `principal` has no field `knd` @ "knd" / did you mean `kind`?',
    ],
    [
      "a word of who a test is",
      'test_p if { p with principal as {"on_behalf_of": {"kind": "humn"}} }\np if query.has_where',
      'P312: `principal.kind` is never `"humn"` @ "humn" / did you mean `human`?',
    ],
    [
      "a path of `with`",
      'test_p if { p with query.knd as "lock" }\np if query.has_where',
      "P310: `query` has no field `knd` @ query.knd / did you mean `kind`?",
    ],
  ])("refuse %s", (_, text, expected) => {
    expect(check(text)).toEqual([expected]);
  });

  test.each([
    [
      "a comparison that the types decide",
      'p if query.joins != "3"',
      'P413: a number is always different from a string @ query.joins != "3"',
    ],
    [
      "an order of types",
      'p if query.joins < "3"',
      'P413: a number is compared with a string: which is the larger depends on the types alone @ query.joins < "3"',
    ],
    [
      "too few values for a format",
      'deny sprintf("%s %s", [query.kind]) if true',
      'P414: the format asks for 2 values and gets 1 @ "%s %s"',
    ],
    [
      "too many",
      'deny sprintf("%s", [query.kind, query.text]) if true',
      "P414: the format asks for 1 value and gets 2 @ query.text",
    ],
    [
      "a text where a number is printed",
      'deny sprintf("%d", [query.kind]) if true',
      "P414: `%d` prints a number, not a string @ query.kind / write `%s` or `%v`",
    ],
  ])("warn of %s", (_, text, expected) => {
    expect(check(text)).toEqual([expected]);
  });

  test.each([
    ["a rule that a test replaces", 'most := 1\ntest_p if { most == "x" with data.a.most as "x" }'],
    ["a rule below what a test replaces", 'most := 1\ntest_p if { most == "x" with data.a as {"most": "x"} }'],
    ["a function that a test replaces", 'f(_) := 1\ntest_p if { f(1) == "x" with f as "x" }'],
    ["alternatives of several types", 'v := 1 if query.has_where\nv := "a" if query.joins == 1\np if v == "a"'],
    ["a field that is asked to be absent", 'settings := {"a": 1}\np if not settings.strict'],
    ["a setting", 'mode := "audit"\np if mode == "enforce"'],
    ["what a rule is not", 'tier := "gold" if query.has_where\ntier := "silver" if query.joins == 1\np if tier != "x"'],
    ["a list of words and others", 'p if [query.kind, principal.id][_] == "ann"'],
    ["a rule of data", "conf := data.conf\np if { not conf.x; conf.y == 3 }"],
    ["objects of two shapes", 'o := {"a": 1} if query.has_where\no := {"b": 2} if query.joins == 1\np if o.b == 2'],
    [
      "a function of tables and of anything",
      'named(x) if x.anything == "x"\np if { some t in query.tables; named(t) }\nq if named(data.x)',
    ],
    ["a function that takes the place of another", "f(x) if x.kind\ng(x) if x.b\ntest_p if { f(query) with f as g }"],
    [
      "definitions for several types",
      "norm(x) := lower(x) if is_string(x)\nnorm(x) := x if is_number(x)\np if norm(query.joins) == 1",
    ],
    ["a membership written as a field", 'p if principal.groups.dba\ngroups contains "a"\nq if groups.a'],
    ["formats that fit", 'deny sprintf("%s %d %% %v %5.2f %[1]s", [query.kind, query.joins, {1}, 2]) if true'],
    ["a format that chooses its values", 'deny sprintf("%[1]s %[1]s", [query.kind]) if true'],
    ["values that are not written out", 'deny sprintf("%s %s", data.values) if true'],
    ["an object's values", 'p if 1 in {"a": 1}'],
    ["what any decision may say", 'test_p if { d := decide("x"); not d.limits.rows; d.masks[data.x].args == [1] }'],
    ["recursion, which is an error of its own", "p(x) := p(x)"],
  ])("accept %s", (_, text) => {
    expect(check(text).filter((diagnostic) => !diagnostic.startsWith("P212"))).toEqual([]);
  });
});

describe("decision statements", () => {
  test.each([
    ["an unknown mask", "mask column with nul()", "P303: unknown mask `nul` @ nul / did you mean `null`?"],
    [
      "too few arguments of a mask",
      "mask column with partial(1)",
      "P304: mask `partial` does not take 1 arguments @ mask column with partial(1) / write `partial(keep_first, keep_last, [char])`",
    ],
    [
      "an argument of a wrong type",
      'mask column with partial("1", 2)',
      'P306: `keep_first` of mask `partial` is a number, not a string @ "1"',
    ],
    [
      "an unknown subject",
      "mask colum with null()",
      "P206: unknown subject `colum` @ colum / write `column` for every column, or one by `schema.table.column`",
    ],
    [
      "a path that is no column",
      "mask users.ssn with null()",
      "P206: `users.ssn` is no column @ users.ssn / write it as `schema.table.column`",
    ],
    ["an unknown limit", "limit rowz 10", "P302: unknown limit `rowz` @ rowz / did you mean `rows`?"],
    [
      "deny without a message",
      "deny if true",
      'P307: `deny` needs a message @ deny / a decision is written `deny "why" if { … }`',
    ],
  ])("refuses %s", (_, text, expected) => {
    expect(check(text)).toEqual([expected]);
  });

  test.each([
    ["filter orders as row where row.a == 1", "P206: `orders` is no table @ orders / write it as `schema.table`"],
    ["filter a.b.c as row where row.a == 1", "P206: `a.b.c` is no table @ a.b.c / write it as `schema.table`"],
    ["filter a.b as query where query.a == 1", "P330: the row cannot be called `query` @ query"],
    ["filter a.b as row when row.a == 1", "P115: expected `where` @ when"],
    ["filter a.b as row where row.a == 1 if row.b", "P331: `row` is not known after `if` @ row"],
    ["filter a.b as row where row", "P332: `row` is a row, not a value @ row / name a column: `row.column`"],
    ["filter a.b as row where row.a.b == 1", "P332: a row has columns and nothing below them @ row.a.b"],
    ["filter a.b as row where row[_] == 1", "P332: a row has columns and nothing below them @ row[_"],
    ["filter a.b as row where { some x in row.a; x == 1 }", "P332: a column cannot be iterated @ some x in row.a"],
    ["filter a.b as row where count(row.a) > 1", "P332: `count` cannot be called with a row's columns @ count(row.a)"],
    ["filter a.b as row where f(row.a)\nf(x) := x", "P332: `f` cannot be called with a row's columns @ f(row.a)"],
    ["filter a.b as row where row.a < null", "P332: `null` is neither below nor above anything @ row.a < null"],
    ['filter a.b as row where row.a in {"x", null}', "P332: `null` is in no collection @ null"],
    ["filter a.b as row where 1 in row.a", "P332: a column is no collection @ row.a"],
    ['filter a.b as row where $"{row.a}" == "x"', "P332: an interpolated string cannot be made of a row's columns"],
    [
      "filter a.b as row where { row := {}; row.a == 1 }",
      "P207: variable `row` is the row already @ row / give it another name",
    ],
    [
      "filter a.b as row where { some row in [1]; row == 1 }",
      "P207: variable `row` is the row already @ row / give it another name",
    ],
    ["filter a.b as row where x == row.a", "P210: unknown name or unsafe variable `x` @ x"],
    ['filter a.b as row where principal.knd == "x"', "P310: `principal` has no field `knd` @ knd"],
  ])("%s", (text, expected) => {
    expect(check(text)).toEqual([expect.stringContaining(expected)]);
  });

  test.each([
    'approve by "dba", "oncall" for "1h30m" because "why" if true',
    'notify "slack" because "why" if true',
    'notify "slack"',
    'limit duration "30s"',
    "limit bytes 1000",
  ])("takes `%s`", (text) => {
    expect(check(text)).toEqual([]);
  });

  test.each([
    ["approve by 1 if true", "P306: a group is a string, not a number @ 1"],
    ['approve by {"a"} if true', 'P306: a group is a string @ {"a"}'],
    [
      'approve by "a" for 1 if true',
      'P306: a duration is a string, not a number @ 1 / write it as "30s", "5m" or "1h30m"',
    ],
    [
      'approve by "a" for "1 hour" if true',
      'P308: `1 hour` is no duration above zero @ "1 hour" / write it as "30s", "5m" or "1h30m"',
    ],
    ['limit duration "0s"', 'P308: `0s` is no duration above zero @ "0s" / write it as "30s", "5m" or "1h30m"'],
    ["limit duration 5", 'P306: a duration is a string, not a number @ 5 / write it as "30s", "5m" or "1h30m"'],
    ['limit bytes "1MB"', 'P306: a limit is a number, not a string @ "1MB"'],
    ['notify "a" because 1 if true', "P306: a reason is a string, not a number @ 1"],
  ])("refuses `%s`", (text, expected) => {
    expect(check(text)).toEqual([expected]);
  });

  test.each([
    "deny contains msg if msg := query.text",
    "deny := false",
    "mask := 1",
    'label["x"] := 1',
    "limit(x) := x",
    "allow := true",
    "default allow := false",
    "notify if true",
  ])("leaves the rule `%s` a rule", (text) => {
    expect(check(text).filter((diagnostic) => !diagnostic.startsWith("P401"))).toEqual([]);
  });

  test("warns of a rule that looks like a denial", () => {
    expect(check('deny contains "x" if true')).toEqual([
      'P401: rule `a.deny` denies nothing by itself @ deny / a decision is written `deny "why" if { … }`',
    ]);
  });
});

describe("names", () => {
  test("suggests the rule that was meant", () => {
    expect(check('in_window if true\ndeny "x" if not in_windw')).toEqual([
      "P201: unknown name `in_windw` @ in_windw / did you mean `in_window`?",
    ]);
  });

  test("says why a function of Rego is missing", () => {
    expect(check('p if http.send({"url": "x"})')).toEqual([
      expect.stringContaining("P213: function `http.send` does not exist in policies"),
    ]);
  });

  test("reports the cause, not what follows from it", () => {
    expect(check("p if { x := nope_; y := x + 1; y > 2 }")).toEqual([expect.stringContaining("`nope_`")]);
    expect(check("p if { x := uper(1); y := x + 1; y > 2 }")).toEqual([expect.stringContaining("`uper`")]);
  });
});

describe("syntax", () => {
  test("reports every error of every file at once", () => {
    const sources = [
      { path: "a.policy", text: "package a\np := ]\n\nq := {1 2}\nr := 1" },
      { path: "b.policy", text: "package b\np := 'x'\n\nq if }" },
    ];
    const places = compile({ sources }).diagnostics.map(({ span }) => `${span.file}:${span.line}`);
    expect(places).toEqual(expect.arrayContaining(["a.policy:2", "a.policy:4", "b.policy:2", "b.policy:4"]));
  });

  test.each([
    [
      "two conditions in a line",
      "p if { true false }",
      "P107: expected a new line or `;` before this condition @ false",
    ],
    [
      "a rule without anything",
      "p",
      "P106: rule `p` has neither value nor condition @ p / write `if` and a condition, `:=` and a value, or `contains` and a member",
    ],
    [
      "an open string",
      'p := "x',
      'P102: string without an end @ " / close it in the same line; a text of several lines goes between backticks',
    ],
    [
      "a comparison that is none",
      "p if { q(x = 1) }\nq(_) := 1",
      "P209: `=` is a condition of its own @ x = 1 / compare with `==`",
    ],
    [
      "an expression in a template",
      'p := $"{1 +}"',
      'P113: template expression `{1 +}`: expected an expression, found the end of the file @ $"{1 +}" / a brace that is text is written `\\{`',
    ],
  ])("refuses %s", (_, text, expected) => {
    expect(check(text)[0]).toBe(expected);
  });

  test("bounds nesting, so that no file can exhaust the stack", () => {
    expect(check(`p := ${"[".repeat(5000)}${"]".repeat(5000)}`)).toEqual(["P103: brackets nest deeper than 100 @ ["]);
  });
});

test.each([
  ["operators", `p := ${"1 + ".repeat(50_000)}1`],
  ["conditions", `p if {\n${"input.query.joins == 1\n".repeat(20_000)}}`],
  ["items", `p := [${"query.joins, ".repeat(20_000)}]`],
])("answers thousands of %s with a diagnostic or a program, never with a crash", (_, text) => {
  expect(check(text).every((diagnostic) => diagnostic.startsWith("P103"))).toBe(true);
});

test("an excerpt shows the place, with tabs kept and control characters made visible", () => {
  const source = { path: "a.policy", text: 'package a\n\tp if query.kind == "x\u202e"' };
  const { diagnostics } = compile({ sources: [source] });
  expect(formatDiagnostics(diagnostics, [source])).toBe(
    [
      'error[P312]: `query.kind` is never `"x\\u{202e}"`',
      "  --> a.policy:2:21",
      "   |",
      ' 2 | \tp if query.kind == "x\\u{202e}"',
      "   | \t                   ^^^^",
    ].join("\n"),
  );
});
