import { printable } from "@penstock/language";
import { nothingRan, type RanTest, type TestRun } from "../testing/test-run.ts";
import { failureLines, placeOf } from "./failure-text.ts";
import { reportDiagnostics } from "./diagnostics.ts";

/** Test Anything Protocol, version 14 (testanything.org). */
export function testsAsTap({ tests, diagnostics, sources }: TestRun): string {
  const lines = ["TAP version 14", `1..${tests.length}${tests.length === 0 ? ` # ${nothingRan}` : ""}`];
  if (diagnostics.length > 0) {
    const comments = reportDiagnostics("pretty", { diagnostics }, sources, false).split("\n");
    return [...lines, ...comments.map((line) => `# ${line}`.trimEnd()), "Bail out! the policies have errors"].join(
      "\n",
    );
  }
  tests.forEach((test, index) => {
    const word = test.outcome === "passed" ? "ok" : "not ok";
    lines.push(`${word} ${index + 1} - ${escapeDescription(`${test.package}.${test.name}`)}`);
    if (test.outcome === "passed")
      lines.push(
        ...test.prints.flatMap((text) =>
          printable(text)
            .split("\n")
            .map((line) => `# ${line}`),
        ),
      );
    else lines.push(...yamlBlock(test, failureLines(test, sources)));
  });
  return lines.join("\n");
}

/** The text begins without spaces, for YAML takes the indentation of a block from its first line. */
function yamlBlock(test: RanTest, text: readonly string[]): string[] {
  const { file, line } = placeOf(test);
  return [
    "  ---",
    `  severity: ${test.outcome === "failed" ? "fail" : "error"}`,
    `  at: '${printable(`${file}:${line}`).replaceAll("'", "''")}'`,
    "  message: |-",
    ...[`${test.outcome}:`, ...text].flatMap((each) => each.split("\n")).map((each) => `    ${each}`.trimEnd()),
    "  ...",
  ];
}

/** `#` would begin a directive. */
function escapeDescription(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("#", "\\#");
}
