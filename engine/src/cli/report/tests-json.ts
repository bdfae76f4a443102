import type { TestRun } from "../testing/test-run.ts";

export function testsAsJson({ tests, diagnostics, milliseconds }: TestRun): string {
  const failed = tests.filter(({ outcome }) => outcome !== "passed").length;
  const summary = { passed: tests.length - failed, failed, milliseconds };
  return JSON.stringify({ summary, tests, ...(diagnostics.length === 0 ? {} : { diagnostics }) }, undefined, 2);
}
