import fc from "fast-check";
import { expect, test } from "vitest";
import { allProtocols, fuzzProtocol } from "./run.ts";

/** `npm run conformance:deep` runs many more. */
const cases = 10_000;

test.each(allProtocols)(
  "%s, any bytes, in any pieces, from either side: nothing undecided goes through and nothing else suffers",
  async (protocol) => {
    const { failure } = await fuzzProtocol(protocol, cases, fc.readConfigureGlobal().seed ?? 0);
    expect(failure).toBeUndefined();
  },
  120_000,
);
