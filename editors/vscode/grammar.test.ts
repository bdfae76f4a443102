import { globSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { builtins, parseModule } from "@penstock/language";
import { describe, expect, test } from "vitest";
import oniguruma from "vscode-oniguruma";
import textmate, { type IGrammar } from "vscode-textmate";

const grammarFile = new URL("syntaxes/policy.tmLanguage.json", import.meta.url);
const wasm = readFileSync(createRequire(import.meta.url).resolve("vscode-oniguruma/release/onig.wasm"));
await oniguruma.loadWASM(new Uint8Array(wasm).buffer);
const registry = new textmate.Registry({
  onigLib: Promise.resolve({
    createOnigScanner: (patterns) => new oniguruma.OnigScanner(patterns),
    createOnigString: (text) => new oniguruma.OnigString(text),
  }),
  loadGrammar: async () => textmate.parseRawGrammar(readFileSync(grammarFile, "utf8"), "policy.tmLanguage.json"),
});
const grammar = (await registry.loadGrammar("source.policy")) as IGrammar;

interface Token {
  readonly text: string;
  /** The innermost scope, without `.policy`. */
  readonly scope: string;
  readonly scopes: readonly string[];
}

function tokens(text: string): Token[] {
  let state = textmate.INITIAL;
  return text.split(/\r?\n/).flatMap((line) => {
    const { tokens: found, ruleStack } = grammar.tokenizeLine(line, state);
    state = ruleStack;
    return found.map(({ startIndex, endIndex, scopes }) => ({
      text: line.slice(startIndex, endIndex).trim(),
      scope: (scopes.at(-1) ?? "").replace(/\.policy$/, ""),
      scopes,
    }));
  });
}

/** Scopes of all tokens that are exactly this. */
function scopesOf(text: string, part: string): string[] {
  return tokens(text)
    .filter((token) => token.text === part)
    .map(({ scope }) => scope);
}

const decision = "keyword.control.decision";

describe("decision words", () => {
  test.each([
    ['deny "x" if true', "deny"],
    ['deny sprintf("%s", [x]) if {', "deny"],
    ['deny $"no {x}" if true', "deny"],
    ["allow if true", "allow"],
    ["mask column with null() if {", "mask"],
    ["mask public.users.ssn with redact()", "mask"],
    ["filter public.orders as row where row.region == 1", "filter"],
    ["limit rows 1000 if true", "limit"],
    ['label column as "pii" if true', "label"],
    ['approve by "dba" for "1h" because "x" if true', "approve"],
    ['notify "security" if true', "notify"],
    ['p if true; deny "x"', "deny"],
  ])("begin the statement %s", (text, word) => {
    expect(scopesOf(text, word)).toEqual([decision]);
  });

  test.each([
    ["deny := 1", "deny", "entity.name.function.rule"],
    ["deny contains x if true", "deny", "entity.name.function.rule"],
    ["deny if true", "deny", "entity.name.function.rule"],
    ["allow := true", "allow", "entity.name.function.rule"],
    ["limit(x) := x", "limit", "entity.name.function.rule"],
    ["default allow := false", "allow", "entity.name.function.rule"],
    ["mask contains x if true", "mask", "entity.name.function.rule"],
    ['p if {\n    deny == "x"\n}', "deny", "variable.other"],
    ['p if {\n    label.within(column.label, "pii")\n}', "label.within", "support.function.builtin"],
    ["p if {\n    limit > 3\n}", "limit", "variable.other"],
    ["p if query.limit > 3", "limit", "variable.other.property"],
  ])("are names in %s", (text, word, scope) => {
    expect(scopesOf(text, word)).toEqual([scope]);
  });
});

describe("what stands in a decision statement", () => {
  test.each([
    ["mask column with partial(0, 4) if true", "column", "variable.language.column"],
    ["mask column with partial(0, 4) if true", "with", "keyword.control"],
    ["mask column with partial(0, 4) if true", "partial", "support.function.mask"],
    ["mask column with null() if true", "null", "support.function.mask"],
    ["mask public.users.ssn with null()", "public.users.ssn", "entity.name.type.relation"],
    ["limit rows 1000", "rows", "keyword.other.clause"],
    ['approve by "dba" for "1h"', "for", "keyword.other.clause"],
    ['deny "x" code "E1" if true', "code", "keyword.other.clause"],
    ['label column as "pii"', "as", "keyword.other.clause"],
    ["filter public.orders as row where row.x == 1", "where", "keyword.other.clause"],
    ['deny "x" if true', "if", "keyword.control"],
    ["mask column with null() if because == 1", "because", "variable.other"],
  ])("%s: %s", (text, part, scope) => {
    expect(scopesOf(text, part)[0]).toBe(scope);
  });
});

describe("strings", () => {
  test.each([
    ['p := "a\\n\\u00e9"', "\\n", "constant.character.escape"],
    ['p := "a\\d"', "\\d", "invalid.illegal.escape"],
    ["p := `a\\d`", "a\\d", "string.quoted.other.raw"],
    ['p := $"a {x.y} b"', "x", "variable.other"],
    ['p := $"a {x.y} b"', "y", "variable.other.property"],
    ['p := $"a \\{x} b"', "\\{", "constant.character.escape"],
    ['p := $"a {concat(", ", {"b"})} c"', "concat", "support.function.builtin"],
    ['p := $"a {{"k": 1}["k"]} c" == q', "q", "variable.other"],
    ["p := $`a\n{x} b`", "x", "variable.other"],
    ['p := "unclosed\nq := 1', "q", "entity.name.function.rule"],
  ])("%s", (text, part, scope) => {
    expect(scopesOf(text, part)).toEqual([scope]);
  });

  test("over several lines, a raw string hides everything", () => {
    const inside = tokens('p := `\ndeny "x" if true\n# no comment\n`\nq := 1');
    expect(inside.filter(({ scopes }) => scopes.includes("string.quoted.other.raw.policy"))).toHaveLength(4);
    expect(inside.find(({ text }) => text === "q")?.scope).toBe("entity.name.function.rule");
  });
});

describe("comments", () => {
  test("of metadata show their keys", () => {
    const text = "# METADATA\n# title: Who\n# custom:\n#   owner: me\np := 1 # title: no";
    expect(scopesOf(text, "METADATA")).toEqual(["keyword.other.documentation"]);
    expect(scopesOf(text, "title")).toEqual(["entity.name.tag.documentation"]);
    expect(scopesOf(text, "p")).toEqual(["entity.name.function.rule"]);
  });

  test("are nothing but comments, and strings are none", () => {
    expect(tokens('# deny "x" if true').every(({ scope }) => scope.includes("comment"))).toBe(true);
    expect(scopesOf('p := "# x"', "# x")).toEqual(["string.quoted.double"]);
  });
});

describe("names", () => {
  test.each([
    ["package acme.rules", "acme.rules", "entity.name.namespace"],
    ["import data.x as y", "y", "entity.name.namespace"],
    ["p if principal.kind == 1", "principal", "variable.language"],
    ["p if principal.kind == 1", "kind", "variable.other.property"],
    ["p if x.principal == 1", "principal", "variable.other.property"],
    ["p if input.in", "in", "variable.other.property"],
    ['p if contains("a", "b")', "contains", "support.function.builtin"],
    ["names contains x if true", "contains", "keyword.control"],
    ["p if helper(1)", "helper", "entity.name.function.call"],
    ["p if data.a.helper(1)", "helper", "entity.name.function.call"],
    ["p := 1.5e3", "1.5e3", "constant.numeric"],
    ["p := null", "null", "constant.language"],
    ["p if not x", "not", "keyword.control"],
    ["p if notable", "notable", "variable.other"],
    ["p := x", ":=", "keyword.operator.assignment"],
    ["p if x != 1", "!=", "keyword.operator.comparison"],
  ])("%s: %s", (text, part, scope) => {
    expect(scopesOf(text, part)).toEqual([scope]);
  });

  test("all builtins and no others are known", () => {
    const wrong = [...builtins.keys()].filter(
      (name) => scopesOf(`p if ${name}(1)`, name)[0] !== "support.function.builtin",
    );
    expect(wrong).toEqual([]);
    expect(scopesOf("p if counts(1)", "counts")).toEqual(["entity.name.function.call"]);
    expect(scopesOf("p if x.count(1)", "count")).toEqual(["entity.name.function.call"]);
  });
});

const packs = globSync(new URL("../../policies/**/*.policy", import.meta.url).pathname);

test.each(packs.map((file) => [file.slice(file.lastIndexOf("/policies/") + 1), file]))(
  "%s is coloured as the parser reads it",
  (_, file) => {
    const text = readFileSync(file, "utf8");
    const module = parseModule({ path: file, text }).tree;
    const all = tokens(text);
    const decisions = all.filter(({ scope }) => scope === decision).map(({ text: word }) => word);
    expect(decisions).toEqual(module?.decisions.map(({ kind }) => kind));
    const rules = new Set(
      all.filter(({ scope }) => scope === "entity.name.function.rule").map(({ text: name }) => name),
    );
    const allowed = new Set(module?.rules.map(({ name }) => name.text).filter((name) => name !== "allow"));
    expect(rules).toEqual(allowed);
    expect(all.filter(({ scope }) => scope.startsWith("invalid"))).toEqual([]);
  },
);
