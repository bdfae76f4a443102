import fc from "fast-check";
import { expect, test } from "vitest";
import { describeFuzz, fuzz } from "./fuzz.ts";

/** `npm run conformance:deep` runs many more. */
const cases = 2000;

test("any text is formatted and compiled, or refused with a reason", async () => {
  const report = await fuzz(cases, fc.readConfigureGlobal().seed ?? 0, 1);
  console.log(describeFuzz(report));
  expect(report.failure).toBeUndefined();
  // Mutated neither too little nor too much: each stage had its share.
  for (const number of Object.values(report.fates)) expect(number).toBeGreaterThan(cases * 0.05);
}, 240_000);
