import * as fc from "fast-check";
import { RE2JS } from "re2js";
import { describe, expect, test, vi } from "vitest";
import { linearRegExp } from "./linear-regexp.ts";
import { compilePattern } from "./regex-engine.ts";
import { call, cases, fails, testContext } from "./testing.ts";

cases([
  ["regex.match", ["(?i)(^|_)e_?mail($|_)", "Customer_EMail"], true],
  ["regex.match", ["(?i)(^|_)e_?mail($|_)", "emails"], false],
  ["regex.match", ["^\\pL+\\z", "åäö"], true],
  ["regex.match", ["(a)\\1", "aa"], fails("builtin", "error parsing regexp")],
  ["regex.match", ["a(?=b)", "ab"], fails("builtin")],
  ["regex.match", ["[", "ab"], fails("builtin")],
  ["regex.match", [1, "ab"], fails("type")],
  ["regex.is_valid", ["["], false],
  ["regex.is_valid", ["(?P<name>a)"], true],
  ["regex.is_valid", [1], false],
  ["regex.find_n", ["a.", "abacad", 2], ["ab", "ac"]],
  ["regex.find_n", ["a", "b", -1], []],
  ["regex.find_n", ["a", "aaa", 0], []],
  ["regex.find_n", ["x*", "axxb", -1], ["", "xx", ""]],
  [
    "regex.find_all_string_submatch_n",
    ["(a)|(b)", "ab", -1],
    [
      ["a", "a", ""],
      ["b", "", "b"],
    ],
  ],
  ["regex.find_n", ["é.", "aé😀b", -1], ["é😀"]],
  ["regex.split", ["[,;] *", "a, b;c"], ["a", "b", "c"]],
  ["regex.split", ["x", ""], [""]],
  ["regex.split", ["", "ab"], ["a", "b"]],
  ["regex.split", ["b*", "abba"], ["a", "a"]],
  ["regex.replace", ["-wy-wxxy-", "w(x*)y", "[$1]"], "-[]-[xx]-"],
  ["regex.replace", ["ab", "(?P<first>.)(.)", "${2}${first}$$"], "ba$"],
  ["regex.replace", ["ab", "a", "$1x"], "b"],
  ["regex.replace", ["abc", "x*", "-"], "-a-b-c-"],
  ["regex.template_match", ["urn:foo:{.*}", "urn:foo:bar", "{", "}"], true],
  ["regex.template_match", ["urn.foo:{[a-z]{2}}", "urnxfoo:ab", "{", "}"], false],
  ["regex.template_match", ["a{", "a", "{", "}"], fails("builtin")],
  ["regex.template_match", ["a", "a", "{{", "}"], fails("builtin")],
  ["regex.globs_match", ["a.a.[0-9]+z", ".b.b2359825792*594823z"], true],
  ["regex.globs_match", ["[a-z]+", "[0-9]*"], false],
  ["regex.globs_match", ["pqrs]", "[a-b]+"], fails("builtin")],
]);

describe("time", () => {
  test.each(["(a+)+$", "(a|aa)+$", "^(([a-z])+.)+[A-Z]([a-z])+$", "a*a*a*a*a*b", "(?i)(x+x+)+y"])(
    "`%s` over 20,000 characters that almost match ends at once",
    (pattern) => {
      const started = performance.now();
      call("regex.match", [pattern, `${"a".repeat(20_000)}!`]);
      expect(performance.now() - started).toBeLessThan(1_000);
    },
  );
});

test("finding all matches stops where searches add up", () => {
  expect(() => call("regex.find_n", ["a.*b|a", "a".repeat(300_000), -1])).toThrow(
    "more than 300 ms to find all matches",
  );
});

test("what others do meanwhile on a busy machine does not count", () => {
  let now = 0;
  vi.spyOn(Date, "now").mockImplementation(() => (now += 50));
  try {
    expect(call("regex.find_n", ["a", "a".repeat(100), -1])).toHaveLength(100);
  } finally {
    vi.restoreAllMocks();
  }
});

const free = testContext();

test("all matches are those that Go's rules give", () => {
  const piece = fc.constantFrom("a", "b*", "(a)?", "[^b]", "x*", "^", "$", "(b|)", "\\b", ".", "😀", "é?");
  const pattern = fc.array(piece, { minLength: 1, maxLength: 4 }).map((pieces) => pieces.join(""));
  const text = fc.string({ unit: fc.constantFrom("a", "b", "x", " ", "é", "😀"), maxLength: 8 });
  fc.assert(
    fc.property(pattern, text, fc.integer({ min: -1, max: 3 }), (source, candidate, count) => {
      const expected: readonly (readonly number[])[] | null =
        count === 0 ? [] : RE2JS.compile(source).re2().findAllSubmatchIndex(candidate, count);
      expect(compilePattern(source, free).matches(candidate, count, free)).toEqual(expected ?? []);
    }),
    { numRuns: 1_000 },
  );
});

describe("patterns that V8 tests", () => {
  test.each([
    "(?i)(^|_)e_?mail($|_)",
    "(?i)^(ssn|social_security(_number)?|tax_id)$",
    "^[0-9]{3}-[0-9]{2}-[0-9]{4}$",
    "^pii\\.",
    "^[a-z]+@",
    "(?s)^(?:[^.]*)$",
    "^[a-z_]+(_id|_key)$",
  ])("`%s` is linear in V8", (pattern) => {
    expect(linearRegExp(pattern)).toBeInstanceOf(RegExp);
  });

  test.each([
    ["a repetition that begins anywhere", "[a-z]+@"],
    ["two repetitions in a row", "^a*a*b"],
    ["a nested repetition", "^(a+)+$"],
    ["a repeated group", "^(ab)*$"],
    ["many ways", "^(a?){20}a{20}"],
    ["classes that differ", "(?i)\\w"],
    ["Unicode classes", "\\pL"],
    ["multi-line anchors", "(?m)^a"],
  ])("%s is left to RE2: `%s`", (_, pattern) => {
    expect(linearRegExp(pattern)).toBeUndefined();
  });

  test("give the same answer as RE2", () => {
    const atom = fc.constantFrom(
      "a",
      "b",
      "_",
      "k",
      "S",
      ".",
      "[ab]",
      "[^a]",
      "[a-k_]",
      "\\.",
      "\\d",
      "\\s",
      "\\w",
      "-",
      "[^\\]]",
      "/",
      "é",
      "[-a]",
    );
    const piece = fc.oneof(
      { weight: 4, arbitrary: atom },
      fc.tuple(atom, fc.constantFrom("?", "*", "+", "{2}", "{1,2}", "{1,}")).map((parts) => parts.join("")),
      fc.array(atom, { maxLength: 3 }).map((atoms) => `(${atoms.join("|")})`),
      fc.constantFrom("^", "$", "(^|_)", "(ab|$)", "(?:a?b){2}"),
    );
    const pattern = fc.tuple(
      fc.constantFrom("", "(?i)", "(?s)", "(?is)"),
      fc.constantFrom("", "^"),
      fc.array(piece, { maxLength: 5 }),
    );
    const text = fc.string({
      unit: fc.constantFrom(
        "a",
        "b",
        "_",
        "k",
        "K",
        "s",
        ".",
        "1",
        " ",
        "\n",
        "\r",
        "-",
        "é",
        "É",
        "ſ",
        "\u212a",
        "/",
        "😀",
        "\u2028",
      ),
      maxLength: 8,
    });
    let tested = 0;
    fc.assert(
      fc.property(pattern, fc.array(text, { minLength: 5, maxLength: 5 }), ([flags, anchor, pieces], texts) => {
        const source = flags + anchor + pieces.join("");
        const fast = linearRegExp(source);
        if (fast === undefined) return;
        const slow = RE2JS.compile(source);
        for (const candidate of texts) {
          tested += 1;
          expect([source, candidate, fast.test(candidate)]).toEqual([source, candidate, slow.test(candidate)]);
        }
      }),
      { numRuns: 3_000 },
    );
    expect(tested).toBeGreaterThan(1_000);
  });
});
