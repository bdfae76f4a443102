import { expect, test } from "vitest";
import { checkAgreement, describeTally } from "./agreement.ts";

/** `npm run conformance:deep` compares many more. */
const runs = 400;

test("compiled policies and the interpreter give the same answers to generated programs", () => {
  const { tally, failure } = checkAgreement(runs);
  console.log(describeTally(tally));
  expect(failure).toBeUndefined();
  expect(tally.programs).toBe(runs);
  // Each program was computed by generated code, and again by the interpreter.
  const refused = [...tally.invalid.values()].reduce((sum, times) => sum + times, 0);
  expect(tally.compiledCalls).toBe(runs - refused);
  expect(tally.interpretedCalls).toBeGreaterThan(runs * 0.5);
  expect(tally.trivial + refused).toBeLessThanOrEqual(runs * 0.05);
}, 120_000);
