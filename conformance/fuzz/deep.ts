/**
 * `npm run conformance:deep`: the property of fuzz.test.ts over PENSTOCK_MUTATIONS texts (100,000), new ones each time unless PENSTOCK_SEED
 * says which. Ends with 1 where one is not survived.
 */
import { availableParallelism } from "node:os";
import { describeFuzz, fuzz } from "./fuzz.ts";

const cases = Number(process.env["PENSTOCK_MUTATIONS"] ?? 100_000);
const seed = Number(process.env["PENSTOCK_SEED"] ?? Date.now() % 0x7fff_ffff);
const report = await fuzz(cases, seed, Math.min(2, availableParallelism()));
console.log(`seed ${seed}: ${describeFuzz(report)}`);
if (report.failure !== undefined) {
  console.log(report.failure);
  process.exitCode = 1;
}
