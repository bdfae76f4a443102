import { expect, test } from "vitest";
import { parseModule } from "./parse.ts";

/** `line:column [what is marked] message / help`. */
function mistakes(text: string): string[] {
  const source = { path: "a.policy", text: `package a\n\n${text}\n` };
  return parseModule(source).diagnostics.map(({ message, span, help }) => {
    const marked = source.text.slice(span.start, span.end);
    return `${span.line}:${span.column} [${marked}] ${message}${help === undefined ? "" : ` / ${help}`}`;
  });
}

const after = "\n\nafter if {\n    true\n}";

test.each<[string, string, string[]]>([
  ["a brace is missing", 'deny "x" if {\n    a == 1', ["3:13 [{] `{` is not closed"]],
  [
    "a parenthesis is missing",
    'p if {\n    startswith(a, "b"\n}',
    ["4:15 [(] `(` is not closed / `)` is missing before line 5, column 1"],
  ],
  ["a bracket is missing", "p := [1, 2", ["3:6 [[] `[` is not closed"]],
  ["a bracket is another", "p := [1, 2}", ["3:11 [}] `}` does not close `[` of line 3 / write `]`"]],
  ["a brace is too many", "p if {\n    a\n}}", ["5:2 [}] `}` closes nothing"]],
  ["`if` is missing", 'deny "x" {\n    a\n}', ["3:10 [{] expected `if` before the conditions / write `if {`"]],
  [
    "`if` is missing, as in Rego of old",
    "deny[m] { m := 1 }",
    ["3:9 [{] expected `if` before the conditions / write `if {`"],
  ],
  [
    "`if` is missing after `else`",
    "p if {\n    a\n} else {\n    b\n}",
    ["5:8 [{] expected `if` or `:=` after `else` / write `else if {` for conditions and `else := VALUE` for a value"],
  ],
  ["a comma is too many in a set", 'p if a in {"x",, "y"}', ["3:16 [,] expected `}`, found `,` / one comma is enough"]],
  [
    "a comma ends a condition",
    "p if {\n    a == 1,\n    b\n}",
    ["4:11 [,] expected `key, value in collection` / conditions are parted by lines, not by commas"],
  ],
  [
    "a literal has parts",
    'p if false .e\nq := "x"[0]\nr := 1.b',
    ["3:12 [.e] unexpected `.`", "4:9 [[0]] unexpected `[`", "5:7 [.b] unexpected `.`"],
  ],
  [
    "a comma is missing",
    'p := {"a": 1 "b": 2}\nq := [1 2]\nr := f(1 2)',
    [
      '3:14 ["b"] expected `,` or `}`, found `"b"`',
      "4:9 [2] expected `,` or `]`, found `2`",
      "5:10 [2] expected `,` or `)`, found `2`",
    ],
  ],
  [
    "a string has no end",
    'deny "no way if {\n    a\n}',
    ['3:6 ["] string without an end / close it in the same line; a text of several lines goes between backticks'],
  ],
  [
    "strings stand in single quotes",
    "p if a == 'select'",
    ["3:11 ['] unexpected character `'` / strings stand in double quotes"],
  ],
  ["`==` stands for `:=`", "p == 1", ["3:3 [==] unexpected `==` / `:=` gives a rule its value"]],
  [
    "a decision word is misspelt",
    "filtr a.b as row where row.x == 1",
    ["3:1 [filtr] `filtr` begins no statement / did you mean `filter`?"],
  ],
  [
    "a decision word is none",
    'block "x" if {\n    a\n}',
    [
      "3:1 [block] `block` begins no statement / a statement begins with the name of a rule or with a decision: allow, deny, approve, mask, filter, limit, notify, label",
    ],
  ],
  [
    "a mask has no parentheses",
    "mask column with redact if a",
    ["3:25 [if] expected `(`, found `if` / it is written `mask COLUMN with MASK(…) [if CONDITION]`"],
  ],
  [
    "the word between is another",
    "mask column using null() if a",
    ["3:6 [column] expected `with` in `mask` / it is written `mask COLUMN with MASK(…) [if CONDITION]`"],
  ],
  [
    "`by` is missing",
    'approve "dba" if a',
    [
      '3:9 ["dba"] expected `by` in `approve` / it is written `approve by GROUP [for DURATION] [because MESSAGE] [if CONDITION]`',
    ],
  ],
  [
    "an amount is missing",
    "limit rows if a",
    ["3:12 [if] expected an expression, found `if` / it is written `limit rows|bytes|duration AMOUNT [if CONDITION]`"],
  ],
  [
    "operators come from other languages",
    "// r\np if a && b\nq if a || b\ns if !a\nt if {\n    a++\n}",
    [
      "3:1 [//] `//` begins no comment / a comment begins with `#`",
      "4:8 [&&] `&&` is no operator / conditions that must all hold stand in lines of their own",
      "5:8 [||] `||` is no operator / alternatives are rules of the same name",
      "6:6 [!] unexpected character `!` / a condition is negated by `not`",
      "8:6 [++] `++` is no operator / variables do not change; `concat` joins texts, `array.concat` arrays",
    ],
  ],
  [
    "two conditions share a line",
    "p if { a b == 1 }",
    ["3:10 [b == 1] expected a new line or `;` before this condition"],
  ],
  ["an import has no name", "import data.x as", ["3:15 [as] expected a name, found the end of the file"]],
  [
    "several conditions of a body are wrong",
    "p if {\n    a ==\n    b\n    c == )\n    every x in y {\n        x ==\n    }\n    d[\n}",
    ["6:10 [)] `)` closes nothing"],
  ],
  [
    "several conditions of a body are wrong, and brackets match",
    "p if {\n    a == 1 ==\n    not\n    c\n    := d\n    every x in y {\n        x >\n    }\n    e f\n}",
    [
      "4:12 [==] expected an expression after `==`",
      "9:11 [>] expected an expression after `>`",
      "11:7 [f] expected a new line or `;` before this condition",
    ],
  ],
])("%s", (_, text, expected) => {
  expect(mistakes(text)).toEqual(expected);
  // The statements after it, and the lines before, are as they were: nothing follows from the mistake.
  expect(mistakes(text + after)).toEqual(
    expected.map((line) => line.replace("end of the file", "end of the statement")),
  );
  expect(mistakes(`before := [\n    1,\n]\n\n${text}`)).toHaveLength(expected.length);
});

test("mistakes of all statements are said at once", () => {
  const text = [
    "p := [1,",
    "q if {",
    "    a ==",
    "}",
    'deny "x',
    "",
    "r := 1",
    "",
    "mask column with if true",
    "s := )",
  ].join("\n");
  expect(mistakes(text).map((line) => line.split(" ")[0])).toEqual(["3:6", "5:7", "7:6", "11:18", "12:6"]);
});

test("bodies that are not indented are no statements of their own", () => {
  expect(mistakes("p if {\na == 1\nb := [\n1,\n2\n]\nc\n}\n\nq := [1, 2")).toEqual(["12:6 [[] `[` is not closed"]);
});
