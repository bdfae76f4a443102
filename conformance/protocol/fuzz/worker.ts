/** One thread of deep.ts. */
import { parentPort, workerData } from "node:worker_threads";
import { fuzzProtocol } from "./run.ts";

const { cases, seed } = workerData as { readonly cases: number; readonly seed: number };
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- to a thread, not to a window
parentPort?.postMessage(await fuzzProtocol(cases, seed));
