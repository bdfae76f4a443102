/** Runs the properties of this folder over as many inputs as asked for. */
import { setTimeout as sleep } from "node:timers/promises";
import fc from "fast-check";
import { bounded } from "./decoders.ts";
import { closed } from "./login.ts";
import { firm, guarded, transparent } from "./properties.ts";

/** What each property says, and its share of the inputs. */
const properties = {
  "a decoder reads its own message, or says that it cannot": [0.2, bounded],
  "nobody gets in without the password": [0.1, closed],
  "a proxy in between changes no answer": [0.2, transparent],
  "nothing undecided reaches the server": [0.4, guarded],
  "a server that says nonsense ends its session": [0.1, firm],
} as const;

/** Between so many inputs and the next ones timers may run: sessions that have ended are kept by theirs. */
const inputsAtOnce = 2_000;
const pauseMs = 5;

/** Far above what the largest inputs and their answers take: a queue that grows with the number of inputs passes it. */
const memoryBytesMax = 1_000_000_000;

export interface FuzzReport {
  /** By property. */
  readonly inputs: Readonly<Record<string, number>>;
  readonly memoryBytes: number;
  /** With seed and shrunk case. */
  readonly failure: string | undefined;
}

export async function fuzzProtocol(cases: number, seed: number): Promise<FuzzReport> {
  const inputs: Record<string, number> = {};
  let memoryBytes = 0;
  for (const [name, [share, property]] of Object.entries(properties)) {
    inputs[name] = 0;
    const wanted = Math.ceil(cases * share);
    for (let done = 0; done < wanted; done += inputsAtOnce) {
      const options = { seed: seed + done, numRuns: Math.min(inputsAtOnce, wanted - done) };
      // oxlint-disable-next-line no-await-in-loop -- one after the other: they share a processor
      const result = await fc.check<unknown>(property, options);
      inputs[name] += result.numRuns;
      if (result.failed) {
        const { errorInstance } = result;
        const cause = errorInstance instanceof Error ? (errorInstance.stack ?? errorInstance.message) : "";
        return { inputs, memoryBytes, failure: `${name}\n${fc.defaultReportMessage(result)}\n${cause}` };
      }
      const { heapUsed, arrayBuffers } = process.memoryUsage();
      memoryBytes = Math.max(memoryBytes, heapUsed + arrayBuffers);
      // oxlint-disable-next-line no-await-in-loop -- see inputsAtOnce
      await sleep(pauseMs);
    }
  }
  const failure = memoryBytes > memoryBytesMax ? `${memoryBytes} bytes of memory were in use` : undefined;
  return { inputs, memoryBytes, failure };
}
