/** Policy files as they come from a careless hand, a bad merge or an attacker: pieces of real ones, mutated. */
import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { parse } from "yaml";
import { largePolicies } from "../support/large-policies.ts";

/** Every policy of the packs, the language's own cases, and constructs that these lack. */
function seedTexts(): readonly string[] {
  const root = new URL("../../", import.meta.url);
  const policies = new URL("policies/", root);
  const files = readdirSync(policies, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".policy"))
    .sort()
    .map((path) => readFileSync(new URL(path, policies), "utf8"));
  const folder = new URL("language/cases/", root);
  const cases = readdirSync(folder)
    .sort()
    .flatMap((path) => parse(readFileSync(new URL(path, folder), "utf8")) as { readonly modules?: readonly string[] }[])
    .flatMap(({ modules }) => modules ?? []);
  return [...files, ...cases, everyConstruct];
}

const everyConstruct = `# METADATA
# title: all of it
package fuzz.all["of it"]

import data.fixtures.people as people
import input.request

default p := false

p if { # first
    not q
    some x, y in {"a": [1e3, 0.5, -2], \`b\`: null} # second
    every k, v in people { v != k; k > 0 } with input.x as {"y"} with data.z as 1
}
# before else
else := $"text {x + 1} \\{ {$"{y}"}" if 1, 2 in z else := [v | v := 1; v]

a.b[c].d contains {x: y | some x; y := f(x)[_]} if { c = [x, {"k": y}] } { d }

f(x, [_, y]) = {z} if z := x * (y - -1) % 3 & {4} | {5}

deny sprintf("no %s", [query.kind]) code "none" if query.kind in {"drop_table", "truncate"}
approve by "dba", "ops" for "1h" because "secrets" if { principal.kind == "agent" }
mask column with partial(0, 4, "x") if label.within(column.label, "pii")
mask public.users.ssn with null()
filter public.orders as row where row.region == principal.claims.region if "support" in principal.groups
filter public.orders as row where { row.a; not row.b }
limit rows 1000 if principal.kind == "agent"
limit duration "5s"
label column as "pii.email" if regex.match(\`(?i)e_?mail\`, column.name)
notify "ops" because "why" if true
allow if { true }
# end
`;

/** Windows of statements: a case is about as large as what people write at once. */
const windowCharsMax = 1500;

function fragmentsOf(text: string): string[] {
  const blocks = text.split(/\n{2,}/);
  const fragments: string[] = [];
  let fragment = "";
  for (const block of blocks) {
    if (fragment !== "" && fragment.length + block.length > windowCharsMax) {
      fragments.push(fragment);
      fragment = "package fuzz";
    }
    fragment += `${fragment === "" ? "" : "\n\n"}${block}`;
  }
  return [...fragments, fragment];
}

/** Rough tokens: strings, words, numbers, space, and single characters. Not the lexer's, so that its mistakes are not shared. */
function pieces(text: string): string[] {
  return text.match(/"[^"\n]*"|`[^`]*`|#.*|\w+|\s+|:=|[=!<>]=|[^]/g) ?? [];
}

const snippets: readonly string[] = [
  ..."{}[]()\"`$#\\;:,.|&=-+*/%<>!@'~?^",
  ":=",
  "==",
  "!=",
  "<=",
  "\n",
  "\r\n",
  "\r",
  "\t",
  " ",
  "\0",
  "\uFEFF",
  "\u2028",
  "\u00A0",
  "\uD800",
  "\uDFFF",
  "é",
  "💥",
  "\u001b[31m",
  "package",
  "import",
  "as",
  "default",
  "else",
  "if",
  "contains",
  "in",
  "every",
  "some",
  "not",
  "with",
  "true",
  "false",
  "null",
  "allow",
  "deny",
  "approve",
  "by",
  "for",
  "because",
  "mask",
  "filter",
  "where",
  "limit",
  "rows",
  "notify",
  "label",
  "code",
  "row",
  "column",
  "set()",
  "[]",
  "{}",
  "{x | x := 1}",
  "[x |",
  "{a: b |",
  '$"{',
  "$`{",
  '"',
  '"\\',
  '"\\u12',
  "0x1",
  "1e",
  "1e999",
  "1e-999",
  "-0",
  "00",
  "1.",
  ".5",
  "else := 1",
  "if {",
  "not not",
  "some in",
  "input.in",
  "data[x]",
  "_",
  "__proto__",
  "constructor",
  "toString",
  "# METADATA\n# title: [",
  "p contains x if p",
  "f(x) := f(x)",
  "with input as",
  "{1: 2, 3}",
  "[,]",
  "[1,,2]",
  "(",
  "))",
];

type Edit = (text: string) => string;

function spliceAt(at: number, length: number, replacement: (removed: readonly string[]) => readonly string[]): Edit {
  return (text) => {
    const parts = pieces(text);
    const start = at % (parts.length + 1);
    parts.splice(start, length, ...replacement(parts.slice(start, start + length)));
    return parts.join("");
  };
}

const place = fc.nat({ max: 5000 });
const few = fc.integer({ min: 1, max: 4 });
const snippet = fc.constantFrom(...snippets);

/** Texts that are large or deep in one way; the parser, the checker and the printer must each stand or refuse them. */
const monsters: fc.Arbitrary<string> = fc
  .tuple(
    fc.constantFrom<(count: number) => string>(
      (count) => "[".repeat(count),
      (count) => "(".repeat(count) + "1" + ")".repeat(count),
      (count) => "{".repeat(count) + "}".repeat(count),
      (count) => '{"a":'.repeat(count) + "1" + "}".repeat(count),
      (count) => "[x | x := ".repeat(count) + "1" + "]".repeat(count),
      (count) => '$"{'.repeat(count) + "1" + '}"'.repeat(count),
      (count) => '$"{'.repeat(count),
      (count) => "f(".repeat(count) + "1" + ")".repeat(count),
      (count) => "\n}".repeat(count),
      (count) => ` := 1${" + 1".repeat(count)}`,
      (count) => ` := a${".b".repeat(count)}`,
      (count) => ` := a${"[b]".repeat(count)}`,
      (count) => ` := "${"x".repeat(count * 10)}"`,
      (count) => ` := ${"9".repeat(count)}`,
      (count) => ` := 1e${"9".repeat(count)}`,
      (count) => ` := 0.${"0".repeat(count)}1`,
      (count) => ` := [${"1, ".repeat(count)}]`,
      (count) => ` if x${" else := 1 if y".repeat(count)}`,
      (count) => ` if x${" with input.a as 1".repeat(count)}`,
      (count) => ` if { x ${"{ y } ".repeat(count)}`,
      (count) => `\n# ${"comment ".repeat(count)}\n`,
      (count) => "\n#".repeat(count),
      (count) => "\n".repeat(count),
      (count) => " ".repeat(count),
      (count) => "\nevery x in y {".repeat(count),
      (count) => " not".repeat(count),
      (count) => " -".repeat(count),
      (count) => ";".repeat(count),
      (count) => "\nq if r { s }".repeat(count),
      (count) => "x".repeat(count),
      (count) => "\uD800".repeat(count),
      ...Object.values(largePolicies).map((large) => (count: number) => `\n\n${large(count)}\n\n`),
    ),
    fc.oneof({ weight: 5, arbitrary: fc.integer({ min: 2, max: 40 }) }, fc.integer({ min: 41, max: 2000 })),
  )
  .map(([monster, count]) => monster(count));

function edits(fragments: readonly string[]): fc.Arbitrary<Edit> {
  const other = fc.constantFrom(...fragments);
  return fc.oneof(
    { weight: 4, arbitrary: fc.tuple(place, few).map(([at, length]) => spliceAt(at, length, () => [])) },
    {
      weight: 2,
      arbitrary: fc.tuple(place, few).map(([at, length]) => spliceAt(at, length, (some) => [...some, ...some])),
    },
    {
      weight: 2,
      arbitrary: fc.tuple(place, few).map(([at, length]) => spliceAt(at, length + 1, (some) => some.toReversed())),
    },
    { weight: 5, arbitrary: fc.tuple(place, snippet).map(([at, text]) => spliceAt(at, 0, () => [` ${text} `])) },
    { weight: 5, arbitrary: fc.tuple(place, snippet).map(([at, text]) => spliceAt(at, 1, () => [text])) },
    {
      weight: 3,
      arbitrary: fc.tuple(place, other, place, fc.integer({ min: 1, max: 60 })).map(([at, text, from, length]) =>
        spliceAt(at, 0, () => {
          const parts = pieces(text);
          const start = from % (parts.length + 1);
          return parts.slice(start, start + length);
        }),
      ),
    },
    {
      weight: 2,
      arbitrary: fc.tuple(place, fc.nat({ max: 65_535 })).map(([at, code]) => (text: string) => {
        const index = at % (text.length + 1);
        return text.slice(0, index) + String.fromCharCode(code) + text.slice(index + 1);
      }),
    },
    {
      weight: 2,
      arbitrary: fc.tuple(place, fc.nat({ max: 7 })).map(([at, bit]) => (text: string) => {
        const index = at % (text.length + 1);
        return (
          text.slice(0, index) + String.fromCharCode((text.charCodeAt(index) || 0) ^ (1 << bit)) + text.slice(index + 1)
        );
      }),
    },
    { weight: 1, arbitrary: fc.tuple(place, monsters).map(([at, monster]) => spliceAt(at, 0, () => [monster])) },
    { weight: 1, arbitrary: place.map((at) => (text: string) => text.slice(0, at % (text.length + 1))) },
    {
      weight: 8,
      arbitrary: fc
        .tuple(place, fc.constantFrom(" ", "\n", "\n\n\n", " # c\n", "\n# c\n", "\n\n# c\n\n"))
        .map(([at, space]) => spliceAt(at, 0, () => [space])),
    },
    {
      weight: 4,
      arbitrary: fc.constantFrom<Edit>(
        (text) => text.replaceAll("\n", "\r\n"),
        (text) => text.replaceAll("\n", "\r"),
        (text) => text.replaceAll("\n", " "),
        (text) => text.replaceAll(/[ \n]+/g, "\n"),
        (text) => text.replaceAll(/(?=[,;:\])}])/g, " # c\n"),
        (text) => text.replaceAll(/ (?=\w)/g, "\n# c\n"),
        (text) => text.replaceAll(" ", ""),
        (text) => `\uFEFF${text}`,
        (text) => `#!/usr/bin/env policy\n${text}`,
      ),
    },
  );
}

/** A fragment with some mistakes; one in ten has none. */
export function mutatedTexts(): fc.Arbitrary<string> {
  const fragments = seedTexts().flatMap(fragmentsOf);
  return fc
    .tuple(
      fc.constantFrom(...fragments),
      fc.oneof(
        { weight: 1, arbitrary: fc.constant([]) },
        { weight: 5, arbitrary: fc.tuple(edits(fragments)) },
        { weight: 4, arbitrary: fc.array(edits(fragments), { minLength: 2, maxLength: 5 }) },
      ),
    )
    .map(([fragment, chosen]) => chosen.reduce((text, edit) => edit(text), fragment));
}
