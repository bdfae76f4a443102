/**
 * `npm run conformance:deep`: the comparison of agreement.test.ts over PENSTOCK_PROGRAMS generated programs (10,000). Ends with 1 where
 * the compiler and the interpreter disagree.
 */
import { checkAgreement, describeTally } from "./agreement.ts";

const { tally, failure } = checkAgreement(Number(process.env["PENSTOCK_PROGRAMS"] ?? 10_000));
console.log(describeTally(tally));
if (failure !== undefined) {
  console.log(failure);
  process.exitCode = 1;
}
