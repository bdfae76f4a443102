import { readFileSync } from "node:fs";
import { evaluateQuery } from "@penstock/language";
import { describe, expect, test } from "vitest";
import { corpora } from "../support/corpora.ts";
import { caseFiles, casesOf } from "./own-cases.ts";
import { type Evaluate, parseCase, runCase } from "./rego-case.ts";
import { reportFailures, type Outcome } from "./report.ts";

/** How many of the corpus's cases need what a policy has not: tokens, certificates, GraphQL, schemas, the network. */
const unsupportedMax = 166;

/** Types are no part of these cases, and must not refuse one that gives something. */
const withTypes: Evaluate = (options) => evaluateQuery({ ...options, types: true });

/** What the checker refuses, rightly, since it can never be true or is no pattern: these cases show that it is not. */
const refusedOfOurs = new Set(["every over a domain that is undefined or no collection"]);
const refusedOfCorpus: readonly string[] = [
  "aggregates/member non-collection string",
  "every/non-iter domain: bool",
  "every/non-iter domain: built-in call",
  "every/non-iter domain: null",
  "every/non-iter domain: string",
  "regex.replace: bad regex pattern: Syntax error",
  "regexmatch/regex.match bad RE",
];

function refusedByTypes(corpus: string): string[] {
  return readFileSync(corpus, "utf8")
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map(parseCase)
    .filter((example) => runCase(example, withTypes).kind === "failed")
    .map(({ note }) => note)
    .sort();
}

describe.each(caseFiles)("%s", (file) => {
  test.each(casesOf(file))("$note", (example) => {
    expect(runCase(example)).toEqual({ kind: "passed" });
    const verdict = runCase(example, withTypes);
    expect(verdict.kind).toBe(refusedOfOurs.has(example.note) ? "failed" : "passed");
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
    expect(refusedByTypes(corpus)).toEqual(refusedOfCorpus);
    const unsupported = outcomes.filter(({ verdict }) => verdict.kind === "unsupported");
    expect(unsupported.length).toBeLessThanOrEqual(unsupportedMax);
    expect(outcomes.length - unsupported.length).toBeGreaterThanOrEqual(861);
  },
  120_000,
);
