/** The report for people: a line a file, what tests printed, every failure with its values, and the sum. */
import { formatDiagnostics, printable, type SourceFile } from "@penstock/language";
import { nothingRan, type RanTest, type TestRun } from "../testing/test-run.ts";
import { failureLines } from "./failure-text.ts";
import { type Paint, painter } from "./paint.ts";
import { counted } from "./text.ts";

export function prettyTests(run: TestRun, color: boolean): string {
  const { tests, diagnostics, sources, milliseconds } = run;
  if (diagnostics.length > 0) return formatDiagnostics(diagnostics, sources, { color });
  const paint = painter(color);
  if (tests.length === 0) return paint("red", nothingRan);
  const failures = tests.filter(({ outcome }) => outcome !== "passed");
  const printed = tests.filter(({ outcome, prints }) => outcome === "passed" && prints.length > 0);
  return [
    ...fileLines(tests, paint),
    ...printed.flatMap((test) => ["", ...printedBlock(test, paint)]),
    ...failures.flatMap((test) => ["", ...failureBlock(test, sources, paint)]),
    "",
    summary(tests.length - failures.length, failures.length, milliseconds, paint),
  ].join("\n");
}

function fileLines(tests: readonly RanTest[], paint: Paint): string[] {
  const files = [...Map.groupBy(tests, ({ file }) => file)];
  const width = Math.max(...files.map(([file]) => printable(file).length));
  return files.map(([file, own]) => {
    const failed = own.filter(({ outcome }) => outcome !== "passed").length;
    const mark = failed === 0 ? paint("green", "✓") : paint("red", "✗");
    const time = own.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
    const bad = failed === 0 ? "" : `  ${paint("red", `${failed} failed`)}`;
    return `${mark} ${printable(file).padEnd(width)}  ${counted(own.length, "test").padStart(9)}  ${paint("dim", `${time.toFixed(0)} ms`)}${bad}`;
  });
}

function printedBlock({ name, file, line, prints }: RanTest, paint: Paint): string[] {
  return [
    `${paint("cyan", "PRINT")} ${printable(name)}  ${paint("dim", `${printable(file)}:${line}`)}`,
    ...prints.map((text) => `  ${printable(text)}`),
  ];
}

function failureBlock(test: RanTest, sources: readonly SourceFile[], paint: Paint): string[] {
  const word = test.outcome === "failed" ? "FAIL" : "ERROR";
  const [own] = test.failure?.frames ?? [];
  const place = `${printable(test.file)}:${own?.file === test.file ? own.line : test.line}`;
  return [
    `${paint(["red", "bold"], word)} ${paint("bold", printable(test.name))}  ${paint("dim", place)}`,
    ...failureLines(test, sources, paint),
  ];
}

function summary(passed: number, failed: number, milliseconds: number, paint: Paint): string {
  return paint(failed === 0 ? "green" : "red", `${passed} passed, ${failed} failed in ${milliseconds.toFixed(0)} ms`);
}
