import { describe, expect, test } from "vitest";
import { parseModule } from "./parse.ts";
import { parseStatements } from "./statements.ts";

const text = `# About it.
package acme

import data.directory

default limit_of := 1

is_agent if {
    principal.kind == "agent"
}

deny \`of two
lines\` if is_agent

f(x, [y, _]) := x + y if y > 1 else := 2

names contains $"a {
query.kind}" if true
`;

function parsed(source: string, previous?: string) {
  const before = previous === undefined ? undefined : parseStatements({ path: "a.policy", text: previous });
  return parseStatements({ path: "a.policy", text: source }, before);
}

describe("a file without mistakes", () => {
  test.each([
    ["as it is", text],
    ["with CRLF", text.replaceAll("\n", "\r\n")],
    ["with bodies that are not indented", text.replaceAll(/^ {4}/gm, "")],
    ["with two statements on a line", `${text}a := 1; b := 2\n`],
    ["with an expression that goes on in the first column", `${text}a := 1 +\nb\n`],
    ["with options in the first column", `${text}deny "x"\ncode "y"\nif true\n`],
    ["with a byte order mark", `\uFEFF${text}`],
  ])("has the tree that it has as a whole, %s", (_, source) => {
    const whole = parseModule({ path: "a.policy", text: source });
    expect(whole.diagnostics).toEqual([]);
    expect(parsed(source).module).toEqual(whole.tree);
    expect(parsed(source).diagnostics).toEqual([]);
  });

  test.each([
    ["lines before it", `# More.\n\n${text}`],
    ["lines in between", text.replace("is_agent if", "\n\n# here\nis_agent if")],
    ["another statement", text.replace("default limit_of := 1\n", "")],
  ])("has it too after a change of %s", (_, source) => {
    expect(parsed(source, text).module).toEqual(parseModule({ path: "a.policy", text: source }).tree);
  });

  test("does not parse again what is the same", () => {
    const before = parseStatements({ path: "a.policy", text });
    const after = parseStatements({ path: "a.policy", text: `${text}\nlast := 1\n` }, before);
    expect(after.module.rules[1]).toBe(before.module.rules[1]);
  });
});

describe("a file with a mistake", () => {
  test.each([
    ["a condition", text.replace('== "agent"', "==")],
    ["a brace", text.replace('"agent"\n}', '"agent"\n')],
    ["a quote", text.replace('"agent"', '"agent')],
    ["a second package", `${text}\npackage other\n`],
    ["no package", text.replace("package acme", "")],
    ["brackets without end", `${text}a := ${"[".repeat(200)}\n`],
  ])("says what is wrong as for the whole, and keeps the other statements: %s", (_, source) => {
    const found = parsed(source);
    expect(found.diagnostics).toEqual(parseModule({ path: "a.policy", text: source }).diagnostics);
    expect(found.diagnostics).not.toEqual([]);
    expect(found.module.rules.map(({ name }) => name.text)).toEqual(expect.arrayContaining(["limit_of", "f", "names"]));
  });

  test.each([
    ["broken if {", "broken", undefined, false],
    ["broken(a, [b, c], {d}) if {", "broken", 3, false],
    ["broken contains x if {", "broken", undefined, true],
    ["default broken :=", "broken", undefined, false],
  ])("knows the rule that `%s` begins", (statement, name, args, isSet) => {
    const rule = parsed(`package a\n\n${statement}\n\nnext := 1\n`).module.rules[0];
    expect(rule?.name.text).toBe(name);
    expect(rule?.args?.length).toBe(args);
    expect(rule?.member !== undefined).toBe(isSet);
  });

  test.each([
    ["a statement that was whole", "> 1 else := 2", "> else := 2"],
    ["two of them", "if is_agent\n\nf(", "if {\n\nf((x, "],
    ["the package", "package acme", "package"],
    ["a string without an end", '== "agent"', '== "agent'],
    ["an unindented block", "    principal.kind ==", "principal.kind = ="],
  ])("says the same where only %s is read anew", (_, whole, broken) => {
    const source = text.replace(whole, broken);
    const expected = parseModule({ path: "a.policy", text: source }).diagnostics;
    expect(expected).not.toEqual([]);
    expect(parsed(source, text).diagnostics).toEqual(expected);
  });

  test("takes no decision statement for a rule", () => {
    expect(parsed('package a\n\ndeny "x" if {\n\nmask column with\n').module.rules).toEqual([]);
  });
});
