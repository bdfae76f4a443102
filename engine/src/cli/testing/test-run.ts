/** What a run of tests gives, as plain data: it crosses threads, and every report is made of it. */
import type { Diagnostic, SourceFile, TestResult } from "@penstock/language";

export interface RanTest extends TestResult {
  readonly name: string;
  readonly package: string;
  readonly file: string;
  readonly line: number;
  readonly milliseconds: number;
}

export interface TestRun {
  /** In the order of the files. */
  readonly tests: readonly RanTest[];
  /** Mistakes in the policies: then no test ran. */
  readonly diagnostics: readonly Diagnostic[];
  readonly sources: readonly SourceFile[];
  /** From the first test to the last. */
  readonly milliseconds: number;
}

/** A run in which no test ran proves nothing, so it must not look like success. */
export function hasFailed({ tests, diagnostics }: TestRun): boolean {
  return diagnostics.length > 0 || tests.length === 0 || tests.some(({ outcome }) => outcome !== "passed");
}

export const nothingRan = "no test ran: name a file or folder with `test_` rules, or check --run";
