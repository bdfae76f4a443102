import * as fc from "fast-check";
import { expect, test } from "vitest";
import { escapeForTerminal, escapeJsonLine } from "./escape.ts";

// oxlint-disable-next-line no-control-regex
const dangerous = /[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/;
const anyText = fc.string({ unit: "binary", maxLength: 40 });

test("a JSON line means the same after escaping and holds no dangerous character", () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const line = escapeJsonLine(JSON.stringify({ text }));
      expect(line).not.toMatch(dangerous);
      expect(JSON.parse(line)).toEqual({ text });
    }),
  );
});

test.each([
  ["a terminal escape", "a\u001b[2Jb", "a\\u001b[2Jb"],
  ["a one-byte terminal escape", "a\u009b2Jb", "a\\u009b2Jb"],
  ["a line break", "a\r\nb\tc", "a\\r\\nb\\tc"],
  ["a line separator", "a\u2028b", "a\\u2028b"],
  ["a change of direction", "a\u202eb", "a\\u202eb"],
  ["half a surrogate pair", "a\ud83d", "a\\ud83d"],
  ["an emoji, which stays", "a😀é", "a😀é"],
  ["nothing", "select 1", "select 1"],
])("text for the terminal with %s", (_name, text, expected) => {
  expect(escapeForTerminal(text)).toBe(expected);
});
