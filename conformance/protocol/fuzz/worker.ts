/** One thread of deep.ts. */
import { parentPort, workerData } from "node:worker_threads";
import { fuzzProtocol, type Protocol } from "./run.ts";

const { protocol, cases, seed } = workerData as {
  readonly protocol: Protocol;
  readonly cases: number;
  readonly seed: number;
};
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- to a thread, not to a window
parentPort?.postMessage(await fuzzProtocol(protocol, cases, seed));
