import { describe, expect, test } from "vitest";
import { compile } from "../compile/compile.ts";

/** What is reported of a body of `deny`, and what is silenced, each by its code and line; the body begins in line 4. */
function check(body: string, lint = true) {
  const text = `package acme\n\ndeny "no" if {\n${body}\n    query.joins > 3\n}\n`;
  const { diagnostics, silenced = [] } = compile({ sources: [{ path: "acme.policy", text }], lint });
  return {
    reported: diagnostics.map(({ code, message, span }) => `${code} ${span.line}: ${message}`),
    silenced: silenced.map(({ code, reason, span }) => `${code} ${span.line}: ${reason}`),
  };
}

describe("a warning is silenced where a comment says why", () => {
  test.each([
    ["in the line above", "    # policy: ignore P402 because it names the column\n    owner := query.text", 5],
    ["behind it", "    owner := query.text # policy: ignore P402 because it names the column", 4],
    [
      "above other comments",
      "    # policy: ignore P402 because it names the column\n\n    # more\n    owner := query.text",
      7,
    ],
  ])("%s", (_, body, line) => {
    expect(check(body)).toEqual({ reported: [], silenced: [`P402 ${line}: it names the column`] });
  });
});

describe("what silences nothing is a warning", () => {
  const unused = "P402 5: variable `owner` is never used";
  test.each([
    ["no code", "because I say so", ["P415 4: no code says what is to be ignored", unused]],
    ["no reason", "P402", ["P415 4: nothing says why `P402` is ignored", unused]],
    ["an empty reason", "P402 because ", ["P415 4: nothing says why `P402` is ignored", unused]],
    ["an unknown code", "P999 because x", ["P415 4: `P999` is no code", unused]],
    ["an error", "P201 because x", ["P415 4: `P201` is an error, which is mended and not ignored", unused]],
    ["another code", "P403 because x", ["P415 4: there is no `P403` in line 5 to be ignored", unused]],
    ["itself", "P415 because x", ["P415 4: a comment that ignores nothing is not ignored", unused]],
  ])("%s", (_, wish, reported) => {
    expect(check(`    # policy: ignore ${wish}\n    owner := query.text`)).toEqual({ reported, silenced: [] });
  });

  test("but for codes that were not looked for", () => {
    expect(check("    # policy: ignore P402 because x\n    query.has_where", false).reported).toEqual([]);
  });
});

test("an error stays an error, and one line has nothing to say about another", () => {
  const ignored = "    query.jions > 3 # policy: ignore P310 because x";
  expect(check(ignored).reported).toEqual([
    expect.stringMatching(/^P310 4/),
    "P415 4: `P310` is an error, which is mended and not ignored",
  ]);
  const twice = "    a := query.text # policy: ignore P402 because x\n    b := query.text";
  expect(check(twice).reported).toEqual(["P402 5: variable `b` is never used"]);
});
