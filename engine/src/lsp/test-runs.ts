/** Tests that the editor asked for, and how they ended. */
import { Worker } from "node:worker_threads";
import type { SourceFile } from "@penstock/language";
import type { CancellationToken } from "vscode-languageserver/node";

/** What a worker needs to run tests of a file. */
export interface TestRequest {
  readonly sources: readonly SourceFile[];
  /** `data.*` as JSON. */
  readonly data: unknown;
  readonly file: string;
  readonly names: readonly string[];
}

export interface TestOutcome {
  readonly name: string;
  readonly outcome: "passed" | "failed" | "error";
  readonly milliseconds: number;
  /** What `print` wrote. */
  readonly prints: readonly string[];
  /** Where it failed, from 1; of the test where it passed. */
  readonly line: number;
  /** What failed, with values. */
  readonly text: string;
}

export type TestAnswer = readonly TestOutcome[] | { readonly problem: string };

/** In one line. */
export function summaryOf(outcomes: readonly TestOutcome[]): string {
  const failed = outcomes.filter(({ outcome }) => outcome !== "passed");
  if (outcomes.length === 0) return "no test ran";
  const names = failed.length === 0 ? "" : `: ${failed.map(({ name }) => name).join(", ")}`;
  return `${outcomes.length - failed.length} passed, ${failed.length} failed${names}`;
}

/** A policy can compute for long; an editor's user has gone by then. */
const runMs = 60_000;
const runMemoryMb = 512;

/** Never throws: what keeps tests from running is a problem. */
export async function runTests(request: TestRequest, token: CancellationToken): Promise<TestAnswer> {
  const worker = new Worker(new URL("./test-worker.ts", import.meta.url), {
    workerData: request,
    resourceLimits: { maxOldGenerationSizeMb: runMemoryMb },
    // Standard output is the protocol's.
    stdout: true,
    stderr: true,
  });
  let end: (answer: TestAnswer) => void = () => undefined;
  const answer = new Promise<TestAnswer>((resolve) => (end = resolve));
  const timer = setTimeout(() => end({ problem: `they did not end within ${runMs / 1_000} s` }), runMs);
  const cancelled = token.onCancellationRequested(() => end({ problem: "they were stopped" }));
  worker.once("message", (message: TestAnswer) => end(message));
  worker.once("error", (error) => end({ problem: error.message }));
  worker.once("exit", (code) => end({ problem: `they ended with exit code ${code}` }));
  try {
    return await answer;
  } finally {
    clearTimeout(timer);
    cancelled.dispose();
    await worker.terminate();
  }
}
