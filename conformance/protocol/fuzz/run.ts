/** Runs the properties of this folder over as many inputs as asked for. */
import { setTimeout as sleep } from "node:timers/promises";
import fc from "fast-check";
import * as mysql from "../mysql/fuzz/properties.ts";
import * as postgres from "./properties.ts";

/** What each property says, and its share of the inputs. */
const shares = {
  bounded: ["a decoder reads its own message, or says that it cannot", 0.2],
  closed: ["nobody gets in without the password", 0.1],
  transparent: ["a proxy in between changes no answer", 0.2],
  guarded: ["nothing undecided reaches the server", 0.4],
  firm: ["a server that says nonsense ends its session", 0.1],
} as const;

type Properties = Readonly<Record<keyof typeof shares, fc.IRawProperty<unknown>>>;

const protocols: Readonly<Record<Protocol, Properties>> = { postgres, mysql };

export type Protocol = "postgres" | "mysql";
export const allProtocols: readonly Protocol[] = ["postgres", "mysql"];

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

export async function fuzzProtocol(protocol: Protocol, cases: number, seed: number): Promise<FuzzReport> {
  const inputs: Record<string, number> = {};
  let memoryBytes = 0;
  for (const [which, [name, share]] of Object.entries(shares)) {
    const property = protocols[protocol][which as keyof typeof shares];
    inputs[name] = 0;
    const wanted = Math.ceil(cases * share);
    for (let done = 0; done < wanted; done += inputsAtOnce) {
      const options = { seed: seed + done, numRuns: Math.min(inputsAtOnce, wanted - done) };
      // oxlint-disable-next-line no-await-in-loop -- one after the other: they share a processor
      const result = await fc.check(property, options);
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
