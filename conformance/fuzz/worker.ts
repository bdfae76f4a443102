/** One thread of fuzz.ts. */
import { parentPort, workerData } from "node:worker_threads";
import fc from "fast-check";
import { type FuzzJob, type FuzzReport, headWords } from "./fuzz.ts";
import { mutatedTexts } from "./mutations.ts";
import { type Fate, fateOf } from "./survives.ts";

const { cases, seed, current } = workerData as FuzzJob;
const head = new Int32Array(current, 0, headWords);
const shown = Buffer.from(current, headWords * 4);
const fates: Record<Fate, number> = { "does not parse": 0, "does not compile": 0, compiles: 0 };
let slowestMs = 0;

const property = fc.property(mutatedTexts(), (text) => {
  Atomics.store(head, 1, shown.write(text, "utf16le") / 2);
  Atomics.add(head, 0, 1);
  const start = process.threadCpuUsage();
  fates[fateOf(text)] += 1;
  const { user, system } = process.threadCpuUsage(start);
  slowestMs = Math.max(slowestMs, (user + system) / 1000);
});
const result = fc.check(property, { seed, numRuns: cases });
const { errorInstance } = result;
const cause = errorInstance instanceof Error ? (errorInstance.stack ?? errorInstance.message) : String(errorInstance);
const failure = result.failed ? `${fc.defaultReportMessage(result)}\n${cause}` : undefined;
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- to a thread, not to a window
parentPort?.postMessage({ fates, slowestMs, failure } satisfies FuzzReport);
