import { expect, test } from "vitest";
import { preparePassword, saslprep } from "./saslprep.ts";

// The first five are the examples of RFC 4013, section 3; the others are what PostgreSQL's pg_saslprep does beyond them.
test.each<[string, string, string | undefined]>([
  ["a soft hyphen is dropped", "I\u00adX", "IX"],
  ["ASCII stays", "user", "user"],
  ["case stays", "USER", "USER"],
  ["compatibility characters become plain", "\u00aa", "a"],
  ["a Roman numeral becomes letters", "\u2168", "IX"],
  ["a control character in ASCII stays, as PostgreSQL has it", "a\u0007b", "a\u0007b"],
  ["a control character beside others is prohibited", "\u00e9\u0007", undefined],
  ["right to left must end so", "\u06271", undefined],
  ["right to left that ends so is fine", "\u06271\u0628", "\u06271\u0628"],
  ["right to left mixed with Latin is prohibited", "\u0627a\u0628", undefined],
  ["a no-break space becomes a space", "a\u00a0b", "a b"],
  ["letters are composed", "e\u0301", "\u00e9"],
  ["what only newer Unicode assigns is prohibited", "\u{1f600}", undefined],
  ["what is dropped as a whole is prohibited", "\u00ad", undefined],
  ["a private use character is prohibited", "\ue000", undefined],
])("in SASLprep %s", (_name, input, expected) => {
  expect(saslprep(input)).toBe(expected);
});

test("a prohibited password is used as it is", () => {
  expect(preparePassword("\u{1f600}\u00a0")).toEqual(Buffer.from("\u{1f600}\u00a0"));
});
