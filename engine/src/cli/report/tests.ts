/** A run of tests, in each format that `policy test` offers. */
import type { TestRun } from "../testing/test-run.ts";
import { testsAsAnnotations } from "./tests-github.ts";
import { testsAsJunit } from "./tests-junit.ts";
import { testsAsJson } from "./tests-json.ts";
import { prettyTests } from "./tests-pretty.ts";
import { testsAsTap } from "./tests-tap.ts";

export const testFormats = ["pretty", "json", "junit", "tap", "github"] as const;
export type TestFormat = (typeof testFormats)[number];

/** The report's text, without a final line break. */
export function reportTests(format: TestFormat, run: TestRun, color: boolean): string {
  switch (format) {
    case "pretty":
      return prettyTests(run, color);
    case "json":
      return testsAsJson(run);
    case "junit":
      return testsAsJunit(run);
    case "tap":
      return testsAsTap(run);
    case "github":
      return testsAsAnnotations(run);
  }
}
