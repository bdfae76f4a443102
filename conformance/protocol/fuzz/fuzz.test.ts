import fc from "fast-check";
import { expect, test } from "vitest";
import { fuzzProtocol } from "./run.ts";

/** `npm run conformance:deep` runs many more. */
const cases = 10_000;

test("any bytes, in any pieces, from either side: nothing undecided goes through and nothing else suffers", async () => {
  const { failure } = await fuzzProtocol(cases, fc.readConfigureGlobal().seed ?? 0);
  expect(failure).toBeUndefined();
}, 120_000);
