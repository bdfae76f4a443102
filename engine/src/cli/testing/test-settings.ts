import { InvalidArgumentError } from "commander";
import type { CoverageFormat } from "../report/coverage.ts";
import type { TestFormat } from "../report/tests.ts";
import type { Threshold } from "./coverage.ts";

/** What `policy test` was called with. */
export interface TestSettings {
  readonly paths: readonly string[];
  readonly run?: string | undefined;
  readonly catalog?: string | undefined;
  readonly format: TestFormat;
  readonly coverage: boolean;
  readonly threshold?: Threshold | undefined;
  readonly coverageFormat: CoverageFormat;
  readonly coverageOutput?: string | undefined;
  /** Threads; `undefined` leaves it to the run. */
  readonly jobs?: number | undefined;
  readonly databaseUrl?: string | undefined;
}

/** `80`, or `rules=100,lines=90`. */
export function parseThreshold(text: string): Threshold {
  const both = percentage(text);
  if (both !== undefined) return { rules: both, lines: both };
  const threshold = { rules: 0, lines: 0 };
  for (const part of text.split(",")) {
    const [what = "", value = ""] = part.split("=");
    const wanted = percentage(value);
    if ((what !== "rules" && what !== "lines") || wanted === undefined) {
      throw new InvalidArgumentError("write a percentage, such as 90, or rules=100,lines=90");
    }
    threshold[what] = wanted;
  }
  return threshold;
}

function percentage(text: string): number | undefined {
  const value = text.trim() === "" ? Number.NaN : Number(text);
  return value >= 0 && value <= 100 ? value : undefined;
}

export function parseJobs(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= 64) return value;
  throw new InvalidArgumentError("write a whole number from 1 to 64");
}
