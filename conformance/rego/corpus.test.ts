import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { parseCase, runCase } from "./rego-case.ts";
import { reportFailures, type Outcome } from "./report.ts";

const corpus = fileURLToPath(new URL("../../../shared/corpora/rego-v1-cases.jsonl", import.meta.url));
const present = existsSync(corpus);

/** How many of the corpus's cases need what a policy has not: tokens, certificates, GraphQL, schemas, the network. */
const unsupportedMax = 166;

test.skipIf(!present)(
  `OPA's conformance cases give what OPA gives${present ? "" : " (skipped: ../shared/corpora is not beside this repository)"}`,
  () => {
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
