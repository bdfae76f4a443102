/**
 * `npm run conformance:deep`: the properties of fuzz.test.ts over PENSTOCK_MESSAGES inputs (1,000,000), new ones each time unless PENSTOCK_SEED
 * says which. Ends with 1 where one does not hold.
 */
import { once } from "node:events";
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import type { FuzzReport } from "./run.ts";

const cases = Number(process.env["PENSTOCK_MESSAGES"] ?? 1_000_000);
const seed = Number(process.env["PENSTOCK_SEED"] ?? Date.now() % 0x7fff_ffff);
const threads = Math.min(2, availableParallelism());

const reports = await Promise.all(
  Array.from({ length: threads }, async (_, index): Promise<FuzzReport> => {
    const workerData = { cases: Math.ceil(cases / threads), seed: seed + index };
    const worker = new Worker(new URL("./worker.ts", import.meta.url), { workerData });
    const [report]: FuzzReport[] = await once(worker, "message");
    await worker.terminate();
    return report!;
  }),
);
console.log(`seed ${seed}: protocol inputs, ${threads} threads`);
for (const name of Object.keys(reports[0]?.inputs ?? {})) {
  const total = reports.reduce((sum, { inputs }) => sum + (inputs[name] ?? 0), 0);
  console.log(`  ${String(total).padStart(8)}  ${name}`);
}
for (const { failure } of reports) {
  if (failure === undefined) continue;
  console.log(failure);
  process.exitCode = 1;
}
