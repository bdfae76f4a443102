/**
 * `npm run conformance:deep`: the properties of fuzz.test.ts over PENSTOCK_MESSAGES inputs (1,000,000) for each protocol, new ones each time
 * unless PENSTOCK_SEED says which. Ends with 1 where one does not hold.
 */
import { once } from "node:events";
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { allProtocols, type FuzzReport, type Protocol } from "./run.ts";

const cases = Number(process.env["PENSTOCK_MESSAGES"] ?? 1_000_000);
const seed = Number(process.env["PENSTOCK_SEED"] ?? Date.now() % 0x7fff_ffff);
const threads = Math.min(2, availableParallelism());

for (const protocol of allProtocols) {
  // oxlint-disable-next-line no-await-in-loop -- its threads take all processors
  report(protocol, await Promise.all(Array.from({ length: threads }, (_, index) => inThread(protocol, seed + index))));
}

async function inThread(protocol: Protocol, from: number): Promise<FuzzReport> {
  const workerData = { protocol, cases: Math.ceil(cases / threads), seed: from };
  const worker = new Worker(new URL("./worker.ts", import.meta.url), { workerData });
  const [found]: FuzzReport[] = await once(worker, "message");
  await worker.terminate();
  return found!;
}

function report(protocol: Protocol, reports: readonly FuzzReport[]): void {
  console.log(`seed ${seed}: inputs of ${protocol}, ${threads} threads`);
  for (const name of Object.keys(reports[0]?.inputs ?? {})) {
    const total = reports.reduce((sum, { inputs }) => sum + (inputs[name] ?? 0), 0);
    console.log(`  ${String(total).padStart(8)}  ${name}`);
  }
  for (const { failure } of reports) {
    if (failure === undefined) continue;
    console.log(failure);
    process.exitCode = 1;
  }
}
