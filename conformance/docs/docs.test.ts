/**
 * Every example of the documentation is run. What a fence is for stands behind its language:
 *
 * | fence | must |
 * |---|---|
 * | `rego` | compile without a diagnostic; its `test_` rules pass |
 * | `rego error=CODE` | give exactly this code |
 * | `rego plain` | be Rego without decisions, as `policy build --target rego` prints it |
 * | `rego holds` | be true, each line for itself |
 * | `… file=PATH` | stand in this file while the page's `console` fences run |
 * | `console` | print what it shows |
 */
import { globSync, readFileSync } from "node:fs";
import { relative } from "node:path";
import { parseCatalogFixture } from "@penstock/engine";
import { compile, emptyObject, evaluateQuery, formatDiagnostics } from "@penstock/language";
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
  ["holds", "error", "plain"].find((kind) => attributes.has(kind)) ?? "compiles";
const ofKind = (kind: string) => examples.filter(([, fence]) => kindOf(fence) === kind);

test.each(ofKind("compiles"))("compiles without a diagnostic, and its tests pass: %s", (path, fence) => {
  expect(problemsOf(path, fence.text)).toEqual([]);
});

test.each(ofKind("plain"))("is plain Rego: %s", (path, fence) => {
  const sources = [{ path, text: inPackage(fence.text) }];
  const result = evaluateQuery({ sources, query: "data.example", data: emptyObject, input: undefined, strict: true });
  expect(result.outcome).toBe("values");
});

test.each(ofKind("error"))("is a mistake that gives the code it says: %s", (path, fence) => {
  const { diagnostics } = compile({ sources: [{ path, text: inPackage(fence.text) }] });
  expect(diagnostics.map(({ code }) => code)).toEqual([fence.attributes.get("error")]);
});

test.each(ofKind("holds"))("is true line by line: %s", (path, fence) => {
  const lines = fence.text.split("\n");
  expect(lines.flatMap((line) => problemsOf(path, `test_it if {\n${line}\n}`))).toEqual([]);
});

const consoles = pages
  .map((page) => [relative(root, page), fencesOf(readFileSync(page, "utf8"))] as const)
  .filter(([, fences]) => fences.some(({ language }) => language === "console"));

test.each(consoles)("the commands print what the page shows: %s", (_name, fences) => {
  const wrong = runConsole(fences).filter(({ printed, expected }) => !expected.test(printed));
  expect(wrong.map(({ command, printed }) => `${command}\n${printed}`)).toEqual([]);
});

test("the page of the vocabulary says what the checker knows: `node conformance/tools/write-vocabulary.ts`", () => {
  expect(readFileSync(vocabularyFile, "utf8")).toBe(vocabularyPage());
});

function inPackage(text: string): string {
  return /^package /m.test(text) ? text : `package example\n\n${text}`;
}

/** Diagnostics, as they are shown, and tests that do not pass. */
function problemsOf(path: string, snippet: string): unknown[] {
  const sources = [{ path, text: inPackage(snippet) }];
  const { program, diagnostics } = compile({ sources });
  if (program === undefined || diagnostics.length > 0) return [formatDiagnostics(diagnostics, sources)];
  const host = createTestHost(program, catalog);
  return program.tests.map((each) => each.run(host)).filter(({ outcome }) => outcome !== "passed");
}
