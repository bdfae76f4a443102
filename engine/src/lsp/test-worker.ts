/** Runs tests apart from the editor service, which goes on answering and can end them. */
import { parentPort, workerData } from "node:worker_threads";
import { compile, type SourceFile, type TestCase, type TestHost } from "@penstock/language";
import { catalogFor, readCatalog } from "../cli/program-files.ts";
import { failureLines, placeOf } from "../cli/report/failure-text.ts";
import { createTestHost } from "../decide/test-host.ts";
import type { TestAnswer, TestOutcome, TestRequest } from "./test-runs.ts";

function run({ sources, data, file, names }: TestRequest): TestAnswer {
  const { program, diagnostics } = compile({ sources, data });
  if (program === undefined) {
    const first = diagnostics.find(({ severity }) => severity === "error");
    return { problem: `the policies have mistakes: ${first?.message ?? ""}` };
  }
  const catalog = catalogFor(file);
  const host = catalog === undefined ? hostWithoutCatalog : createTestHost(program, readCatalog(catalog));
  return program.tests
    .filter(({ name, rule }) => rule.file === file && names.includes(name))
    .map((test) => outcomeOf(test, host, sources));
}

const hostWithoutCatalog: TestHost = { decide: refuse, rows: refuse };

function refuse(): never {
  throw new Error("decide(sql) and rows(sql) need a catalog: add testdata/catalog.json beside the test or above");
}

function outcomeOf(test: TestCase, host: TestHost, sources: readonly SourceFile[]): TestOutcome {
  const started = performance.now();
  try {
    const result = test.run(host);
    const milliseconds = performance.now() - started;
    const ran = { name: test.name, ...test.rule, ...result, milliseconds };
    return {
      name: test.name,
      outcome: result.outcome,
      milliseconds,
      prints: result.prints,
      line: placeOf(ran).line,
      text: failureLines({ ...ran, prints: [] }, sources).join("\n"),
    };
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return { name: test.name, outcome: "error", milliseconds: 0, prints: [], line: test.rule.line, text };
  }
}

// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
parentPort?.postMessage(run(workerData as TestRequest));
