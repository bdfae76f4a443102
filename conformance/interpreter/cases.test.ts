import { readFileSync } from "node:fs";
import { evaluateQuery, type QueryOptions, type QueryResult } from "@penstock/language";
import { expect, test } from "vitest";
import { caseFiles, casesOf } from "../rego/own-cases.ts";
import { parseCase, type RegoCase, runCase } from "../rego/rego-case.ts";
import { corpora } from "../support/corpora.ts";
import { interpretQuery } from "./run.ts";

const suites: readonly (readonly [name: string, cases: readonly RegoCase[]])[] = [
  ["the language's own", caseFiles.flatMap(casesOf)],
  ...corpora("rego-v1-cases.jsonl", "put it there").map((path) => [path, corpusCases(path)] as const),
];

function corpusCases(path: string): readonly RegoCase[] {
  return readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map(parseCase);
}

test.each(suites)(
  "the interpreter passes every case that compiles: %s",
  (_, cases) => {
    let interpreted = 0;
    const evaluate = (options: QueryOptions): QueryResult => {
      const compiled = evaluateQuery(options);
      // Whether a program is right is the compiler's to say.
      if (compiled.outcome === "invalid") return compiled;
      interpreted += 1;
      return interpretQuery(options);
    };
    const failures = cases.flatMap((example) => {
      const verdict = runCase(example, evaluate);
      return verdict.kind === "failed" ? [`${example.category} ${example.note}: ${verdict.reason}`] : [];
    });
    expect(failures).toEqual([]);
    expect(interpreted).toBeGreaterThan(50);
  },
  120_000,
);
