import { printable, type SourceFile } from "@penstock/language";
import type { RanTest, TestRun } from "../testing/test-run.ts";
import { failureLines, placeOf } from "./failure-text.ts";
import { repositoryPath } from "./repository-path.ts";

/**
 * JUnit's XML as CI services read it: a suite a file, `classname` the package. Mistakes in policies are a suite of their own, so that they
 * show where failures show.
 */
export function testsAsJunit({ tests, diagnostics, sources, milliseconds }: TestRun): string {
  const suites = [...Map.groupBy(tests, ({ file }) => file)].map(([file, own]) => suite(file, own, sources));
  if (diagnostics.length > 0) {
    const cases = diagnostics.map(({ code, message, span, help }) => {
      const text = `${message}${help === undefined ? "" : `\n${help}`}`;
      const attributes = `name="${attribute(`${span.file}:${span.line}`)}" classname="policy check"`;
      return `    <testcase ${attributes} time="0"><error message="${attribute(`${code}: ${message}`)}">${xml(text)}</error></testcase>`;
    });
    suites.push(
      `  <testsuite name="policy check" tests="${cases.length}" failures="0" errors="${cases.length}" time="0">\n${cases.join("\n")}\n  </testsuite>`,
    );
  }
  const totals = counts(tests, diagnostics.length);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="policy test" ${totals} time="${seconds(milliseconds)}">`,
    ...suites,
    "</testsuites>",
  ].join("\n");
}

function suite(file: string, tests: readonly RanTest[], sources: readonly SourceFile[]): string {
  const time = tests.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  return [
    `  <testsuite name="${attribute(repositoryPath(file))}" ${counts(tests, 0)} time="${seconds(time)}">`,
    ...tests.map((test) => testCase(test, sources)),
    "  </testsuite>",
  ].join("\n");
}

function testCase(test: RanTest, sources: readonly SourceFile[]): string {
  const { file, line } = placeOf(test);
  const attributes = [
    `name="${attribute(test.name)}"`,
    `classname="${attribute(test.package)}"`,
    `file="${attribute(repositoryPath(file))}"`,
    `line="${line}"`,
    `time="${seconds(test.milliseconds)}"`,
  ].join(" ");
  const inside = [
    ...(test.outcome === "passed" ? [] : [failureElement(test, sources)]),
    ...(test.prints.length === 0 ? [] : [`      <system-out>${xml(test.prints.join("\n"))}</system-out>`]),
  ];
  if (inside.length === 0) return `    <testcase ${attributes}/>`;
  return [`    <testcase ${attributes}>`, ...inside, "    </testcase>"].join("\n");
}

function failureElement(test: RanTest, sources: readonly SourceFile[]): string {
  const name = test.outcome === "failed" ? "failure" : "error";
  const frame = test.failure?.frames.at(-1);
  const message = test.failure?.message ?? `${frame?.file}:${frame?.line}: ${frame?.expression.split("\n")[0]}`;
  return `      <${name} message="${attribute(message)}">${xml(failureLines({ ...test, prints: [] }, sources).join("\n"))}</${name}>`;
}

function counts(tests: readonly RanTest[], mistakes: number): string {
  const of = (outcome: RanTest["outcome"]): number => tests.filter((test) => test.outcome === outcome).length;
  return `tests="${tests.length + mistakes}" failures="${of("failed")}" errors="${of("error") + mistakes}"`;
}

function seconds(milliseconds: number): string {
  return (milliseconds / 1000).toFixed(3);
}

/** XML 1.0 has no form for most control characters, so they show as `printable` shows them. */
function xml(text: string): string {
  return printable(text.toWellFormed())
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

/** In an attribute a line break would be read as a space. */
function attribute(text: string): string {
  return xml(text).replaceAll("\n", "&#10;");
}
