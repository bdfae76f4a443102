/**
 * Every example of the documentation is run. What a fence is for stands behind its language:
 *
 * | fence | must |
 * |---|---|
 * | `rego` | compile without a diagnostic; its `test_` rules pass |
 * | `rego error=CODE` | give exactly this code |
 * | `rego holds` | be true, each line for itself |
 * | `… file=PATH` | stand in this file while the page's `console` fences run |
 * | `console` | print what it shows |
 */
import { globSync, readFileSync } from "node:fs";
import { relative } from "node:path";
import { parseCatalogFixture } from "@penstock/engine";
import { compile, formatDiagnostics, type Program } from "@penstock/language";
import { expect, test } from "vitest";
import { createTestHost } from "../../engine/src/decide/test-host.ts";
import { runConsole } from "./console.ts";
import { type Fence, fencesOf } from "./markdown.ts";
import { vocabularyFile, vocabularyPage } from "./vocabulary.ts";

const root = new URL("../../", import.meta.url).pathname;
const pages = [`${root}README.md`, ...globSync(`${root}docs/**/*.md`)].sort();
const catalog = parseCatalogFixture(
  JSON.parse(readFileSync(`${root}policies/testdata/catalog.json`, "utf8")),
  "policies/testdata/catalog.json",
);

const examples = pages.flatMap((page) =>
  fencesOf(readFileSync(page, "utf8"))
    .filter(({ language, attributes }) => language === "rego" && !attributes.has("file"))
    .map((fence): [name: string, fence: Fence] => [`${relative(root, page)}:${fence.line}`, fence]),
);
const kindOf = ({ attributes }: Fence): string =>
  attributes.has("holds") ? "holds" : attributes.has("error") ? "error" : "compiles";
const ofKind = (kind: string) => examples.filter(([, fence]) => kindOf(fence) === kind);

test.each(ofKind("compiles"))("compiles without a diagnostic, and its tests pass: %s", (name, fence) => {
  runTests(compiled(name, inPackage(fence.text)), fence.text);
});

test.each(ofKind("error"))("is a mistake that gives the code it says: %s", (path, fence) => {
  const { diagnostics } = compile({ sources: [{ path, text: inPackage(fence.text) }] });
  expect(diagnostics.map(({ code }) => code)).toEqual([fence.attributes.get("error")]);
});

test.each(ofKind("holds"))("is true line by line: %s", (name, fence) => {
  for (const line of fence.text.split("\n")) runTests(compiled(name, inPackage(`test_it if {\n${line}\n}`)), line);
});

const consoles = pages
  .map((page) => [relative(root, page), fencesOf(readFileSync(page, "utf8"))] as const)
  .filter(([, fences]) => fences.some(({ language }) => language === "console"));

test.each(consoles)("the commands print what the page shows: %s", (_name, fences) => {
  for (const { command, printed, expected } of runConsole(fences)) expect(printed, command).toMatch(expected);
});

test("the page of the vocabulary says what the checker knows: `node conformance/tools/write-vocabulary.ts`", () => {
  expect(readFileSync(vocabularyFile, "utf8")).toBe(vocabularyPage());
});

function inPackage(text: string): string {
  return /^package /m.test(text) ? text : `package example\n\n${text}`;
}

function compiled(path: string, text: string): Program {
  const sources = [{ path, text }];
  const { program, diagnostics } = compile({ sources });
  expect(formatDiagnostics(diagnostics, sources, { color: false })).toBe("");
  if (program === undefined) throw new Error("no program and no diagnostic");
  return program;
}

function runTests(program: Program, shown: string): void {
  const host = createTestHost(program, catalog);
  for (const each of program.tests) expect(each.run(host), shown).toMatchObject({ outcome: "passed" });
}
