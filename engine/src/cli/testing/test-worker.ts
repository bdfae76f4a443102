/** The thread of run-in-workers.ts. */
import { parentPort, workerData } from "node:worker_threads";
import { UsageError } from "../exit-codes.ts";
import { loadTests } from "./loaded-tests.ts";
import { Hosts, runTest } from "./run-tests.ts";
import type { RanTest } from "./test-run.ts";
import type { TestSettings } from "./test-settings.ts";

/** The next file, `undefined` where none is left. */
export interface ToWorker {
  readonly file: string | undefined;
}

export type FromWorker =
  | { readonly kind: "ready" }
  | { readonly kind: "ran"; readonly test: RanTest }
  | { readonly kind: "misuse"; readonly message: string }
  | { readonly kind: "done"; readonly counts: readonly number[] };

const port = parentPort;
if (port !== null) {
  const settings = workerData as TestSettings;
  const send = (message: FromWorker): void => port.postMessage(message);
  try {
    const { program, files } = loadTests(settings);
    if (program === undefined) throw new Error("the policies changed while their tests ran");
    const hosts = await Hosts.open(program, settings, files);
    port.on("message", ({ file }: ToWorker) => {
      try {
        if (file === undefined) {
          send({ kind: "done", counts: program.coverage?.counts ?? [] });
          return;
        }
        for (const test of files.get(file) ?? []) send({ kind: "ran", test: runTest(test, hosts.of(file)) });
        send({ kind: "ready" });
      } catch (error) {
        if (!(error instanceof UsageError)) throw error;
        send({ kind: "misuse", message: error.message });
      }
    });
    send({ kind: "ready" });
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    send({ kind: "misuse", message: error.message });
  }
}
