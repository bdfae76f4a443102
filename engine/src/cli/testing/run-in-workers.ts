/** Test files in parallel: each thread compiles the policies for itself and takes one file after another. */
import { Worker } from "node:worker_threads";
import { UsageError } from "../exit-codes.ts";
import { addCounts } from "./coverage.ts";
import type { FromWorker, ToWorker } from "./test-worker.ts";
import type { RanTest } from "./test-run.ts";
import type { TestSettings } from "./test-settings.ts";

/**
 * Threads end with the process, so Ctrl-C leaves none behind.
 * @param ran is told of each test, in the order in which they end
 * @returns the counts of coverage of all threads together
 */
export async function runInWorkers(
  settings: TestSettings,
  files: readonly string[],
  workers: number,
  ran: (test: RanTest) => void,
): Promise<number[]> {
  const left = [...files];
  const counts: number[] = [];
  await Promise.all(Array.from({ length: workers }, () => runWorker(settings, left, counts, ran)));
  return counts;
}

function runWorker(
  settings: TestSettings,
  left: string[],
  counts: number[],
  ran: (test: RanTest) => void,
): Promise<void> {
  const thread = new Worker(new URL("./test-worker.ts", import.meta.url), { workerData: settings });
  return new Promise<void>((resolve, reject) => {
    const send = (message: ToWorker): void => thread.postMessage(message);
    thread.on("message", (message: FromWorker) => {
      switch (message.kind) {
        case "ready":
          return send({ file: left.shift() });
        case "ran":
          return ran(message.test);
        case "misuse":
          return reject(new UsageError(message.message));
        case "done":
          addCounts(counts, message.counts);
          return resolve();
      }
    });
    thread.on("error", reject);
    thread.on("exit", (code) => reject(new Error(`a thread of tests ended with code ${code}`)));
  }).finally(() => thread.terminate());
}
