import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { corpora } from "../support/corpora.ts";
import { caseFiles, casesOf } from "./own-cases.ts";
import { parseCase, runCase } from "./rego-case.ts";
import { reportFailures, type Outcome } from "./report.ts";

/** How many of the corpus's cases need what a policy has not: tokens, certificates, GraphQL, schemas, the network. */
const unsupportedMax = 166;

describe.each(caseFiles)("%s", (file) => {
  test.each(casesOf(file))("$note", (example) => {
    expect(runCase(example)).toEqual({ kind: "passed" });
  });
});

test.each(corpora("rego-v1-cases.jsonl", "npm run conformance:rego -- FILE.jsonl"))(
  "OPA's conformance cases give what OPA gives: %s",
  (corpus) => {
    const outcomes: Outcome[] = readFileSync(corpus, "utf8")
      .split("\n")
      .filter((line) => line.trim() !== "")
      .map((line, index) => {
        const { category, note } = parseCase(line);
        return { line: index + 1, category, note, verdict: runCase(parseCase(line)) };
      });
    expect(reportFailures(outcomes)).toBe("");
    const unsupported = outcomes.filter(({ verdict }) => verdict.kind === "unsupported");
    expect(unsupported.length).toBeLessThanOrEqual(unsupportedMax);
    expect(outcomes.length - unsupported.length).toBeGreaterThanOrEqual(861);
  },
  120_000,
);
