/** Runs tests apart from the editor service, which goes on answering and can end them. */
import { parentPort, workerData } from "node:worker_threads";
import { compile, type SourceFile, type TestCase, type TestHost } from "@penstock/language";
import { catalogFor, readCatalog } from "../cli/program-files.ts";
import { createTestHost } from "../decide/test-host.ts";
import type { TestAnswer, TestOutcome, TestRequest } from "./test-runs.ts";

function run({ sources, data, file, names }: TestRequest): TestAnswer {
  const { program, diagnostics } = compile({ sources, data });
  if (program === undefined) {
    const first = diagnostics.find(({ severity }) => severity === "error");
    return { problem: `the policies have mistakes: ${first?.message ?? ""}` };
  }
  const source: SourceFile = sources.find(({ path }) => path === file) ?? { path: file, text: "" };
  const catalog = catalogFor(source);
  const host = catalog === undefined ? hostWithoutCatalog : createTestHost(program, readCatalog(catalog));
  return program.tests
    .filter(({ name, rule }) => rule.file === file && names.includes(name))
    .map((test) => outcomeOf(test, host));
}

const hostWithoutCatalog: TestHost = {
  decide: () => {
    throw new Error("decide(sql) needs a catalog: add testdata/catalog.json beside the test or above");
  },
};

function outcomeOf(test: TestCase, host: TestHost): TestOutcome {
  const started = performance.now();
  try {
    const { outcome, failure, prints } = test.run(host);
    const variables = Object.entries(failure?.variables ?? {}).map(([name, value]) => `  ${name} = ${value}`);
    return {
      name: test.name,
      outcome,
      milliseconds: performance.now() - started,
      prints,
      line: failure?.line ?? test.rule.line,
      text: [failure?.message ?? [], failure?.expression ?? [], variables].flat().join("\n"),
    };
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return { name: test.name, outcome: "error", milliseconds: 0, prints: [], line: test.rule.line, text };
  }
}

// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
parentPort?.postMessage(run(workerData as TestRequest));
