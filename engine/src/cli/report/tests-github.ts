import { nothingRan, type TestRun } from "../testing/test-run.ts";
import { reportDiagnostics } from "./diagnostics.ts";
import { failureLines, placeOf } from "./failure-text.ts";
import { workflowCommand } from "./github.ts";

/** One annotation a failure, at the test's condition that did not hold, and a line with the sum. */
export function testsAsAnnotations({ tests, diagnostics, sources, milliseconds }: TestRun): string {
  if (diagnostics.length > 0) return reportDiagnostics("github", { diagnostics }, sources, false);
  if (tests.length === 0) return `::error title=policy test::${nothingRan}`;
  const failures = tests.filter(({ outcome }) => outcome !== "passed");
  return [
    ...failures.map((test) =>
      workflowCommand({
        level: "error",
        ...placeOf(test),
        title: test.name,
        message: [`${test.outcome === "failed" ? "failed" : "error"}:`, ...failureLines(test, sources)].join("\n"),
      }),
    ),
    `${tests.length - failures.length} passed, ${failures.length} failed in ${milliseconds.toFixed(0)} ms`,
  ].join("\n");
}
