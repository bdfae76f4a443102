import { existsSync, readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { evaluateQuery, type QueryOptions, type QueryResult, toValue } from "@penstock/language";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { caseOf, parseCase, type RegoCase, runCase } from "../rego/rego-case.ts";
import { interpretQuery } from "./run.ts";

const folder = new URL("../../language/cases/", import.meta.url);
const corpus = fileURLToPath(new URL("../../../shared/corpora/rego-v1-cases.jsonl", import.meta.url));

/** The language's own cases, and OPA's where they are at hand. */
function allCases(): readonly RegoCase[] {
  const own = readdirSync(folder).flatMap((file) => {
    const list: unknown = parse(readFileSync(new URL(file, folder), "utf8"), { intAsBigInt: true });
    return Array.isArray(list) ? list.map((plain: unknown) => caseOf(toValue(plain))) : [];
  });
  if (!existsSync(corpus)) return own;
  const lines = readFileSync(corpus, "utf8").split("\n");
  return [...own, ...lines.filter((line) => line.trim() !== "").map(parseCase)];
}

test("the interpreter passes every case that compiles", () => {
  let interpreted = 0;
  const evaluate = (options: QueryOptions): QueryResult => {
    const compiled = evaluateQuery(options);
    // Whether a program is right is the compiler's to say.
    if (compiled.outcome === "invalid") return compiled;
    interpreted += 1;
    return interpretQuery(options);
  };
  const failures = allCases().flatMap((example) => {
    const verdict = runCase(example, evaluate);
    return verdict.kind === "failed" ? [`${example.category} ${example.note}: ${verdict.reason}`] : [];
  });
  expect(failures).toEqual([]);
  expect(interpreted).toBeGreaterThan(50);
}, 120_000);
