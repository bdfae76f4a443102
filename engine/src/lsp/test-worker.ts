/** Runs tests apart from the editor service, which goes on answering and can end them. */
import { parentPort, workerData } from "node:worker_threads";
import { compile, type SourceFile, type TestCase, type TestHost } from "@penstock/language";
import { failureLines, placeOf } from "../cli/report/failure-text.ts";
import { Hosts, runTest } from "../cli/testing/run-tests.ts";
import type { TestAnswer, TestOutcome, TestRequest } from "./test-runs.ts";

async function run({ sources, data, file, names }: TestRequest): Promise<TestAnswer> {
  const { program, diagnostics } = compile({ sources, data });
  if (program === undefined) {
    const first = diagnostics.find(({ severity }) => severity === "error");
    return { problem: `the policies have mistakes: ${first?.message ?? ""}` };
  }
  const tests = program.tests.filter(({ name, rule }) => rule.file === file && names.includes(name));
  const hosts = await Hosts.open(program, { catalog: undefined, databaseUrl: undefined }, new Map([[file, tests]]));
  const host = hosts.of(file);
  return tests.map((test) => outcomeOf(test, host, sources));
}

function outcomeOf(test: TestCase, host: TestHost, sources: readonly SourceFile[]): TestOutcome {
  try {
    const ran = runTest(test, host);
    return {
      name: test.name,
      outcome: ran.outcome,
      milliseconds: ran.milliseconds,
      prints: ran.prints,
      line: placeOf(ran).line,
      text: failureLines({ ...ran, prints: [] }, sources).join("\n"),
    };
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return { name: test.name, outcome: "error", milliseconds: 0, prints: [], line: test.rule.line, text };
  }
}

const answer = await run(workerData as TestRequest);
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
parentPort?.postMessage(answer);
