/** Runs mutated policies in worker threads and watches them, so that a case which never ends is reported like one that throws. */
import { Worker } from "node:worker_threads";
import type { Fate } from "./survives.ts";

export interface FuzzReport {
  readonly fates: Readonly<Record<Fate, number>>;
  /** Of processor: what a busy machine cannot change. */
  readonly slowestMs: number;
  /** With seed and shrunk case. */
  readonly failure: string | undefined;
}

export interface FuzzJob {
  readonly cases: number;
  readonly seed: number;
  /** The number of the case that runs, the length of its text, and the text in UTF-16. */
  readonly current: SharedArrayBuffer;
}

export const headWords = 2;
const textCharsMax = 4_000_000;
/** Longest that one case may take: hundreds of times what the slowest takes on two busy cores. */
const caseMsMax = 30_000;
const lookMs = 500;

export async function fuzz(cases: number, seed: number, workers: number): Promise<FuzzReport> {
  const share = Math.ceil(cases / workers);
  const reports = await Promise.all(Array.from({ length: workers }, (_, index) => run(share, seed + index)));
  const sum = (fate: Fate): number => reports.reduce((total, { fates }) => total + fates[fate], 0);
  return {
    fates: {
      "does not parse": sum("does not parse"),
      "does not compile": sum("does not compile"),
      compiles: sum("compiles"),
    },
    slowestMs: Math.max(...reports.map(({ slowestMs }) => slowestMs)),
    failure: reports.find(({ failure }) => failure !== undefined)?.failure,
  };
}

async function run(cases: number, seed: number): Promise<FuzzReport> {
  const current = new SharedArrayBuffer(headWords * 4 + textCharsMax * 2);
  const worker = new Worker(new URL("./worker.ts", import.meta.url), {
    workerData: { cases, seed, current } satisfies FuzzJob,
  });
  let watch: NodeJS.Timeout | undefined;
  try {
    return await new Promise<FuzzReport>((resolve, reject) => {
      const head = new Int32Array(current, 0, headWords);
      let last = 0;
      let since = Date.now();
      watch = setInterval(() => {
        const now = Atomics.load(head, 0);
        if (now !== last) [last, since] = [now, Date.now()];
        else if (Date.now() - since > caseMsMax) {
          const text = Buffer.from(current, headWords * 4, Atomics.load(head, 1) * 2).toString("utf16le");
          reject(new Error(`seed ${seed}: case ${now} has not ended after ${caseMsMax} ms:\n${JSON.stringify(text)}`));
        }
      }, lookMs);
      worker.once("message", resolve);
      worker.once("error", reject);
      worker.once("exit", () => reject(new Error(`seed ${seed}: the worker ended before its report`)));
    });
  } finally {
    clearInterval(watch);
    await worker.terminate();
  }
}

export function describeFuzz({ fates, slowestMs }: FuzzReport): string {
  const total = Object.values(fates).reduce((sum, number) => sum + number, 0);
  const each = Object.entries(fates).map(
    ([fate, number]) => `${number} ${fate === "compiles" ? "compile" : fate.replace("does", "do")}`,
  );
  return `${total} mutated policies: ${each.join(", ")}; the slowest took ${Math.round(slowestMs)} ms of processor`;
}
