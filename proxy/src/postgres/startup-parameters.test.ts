import * as fc from "fast-check";
import { expect, test } from "vitest";
import { isUtf8, readOptions, readStartupParameters, writeOptions } from "./startup-parameters.ts";

test.each([
  ["-c a=b", [["a", "b"]]],
  [
    "-ca=b --c-d=e=f",
    [
      ["a", "b"],
      ["c-d", "e=f"],
    ],
  ],
  [String.raw`-c a=b\ c\\d`, [["a", String.raw`b c\d`]]],
  ["", []],
  ["-c", undefined],
  ["-c a", undefined],
  ["a=b", undefined],
  ["-f postgresql.conf", undefined],
])("options %j are read as %j", (text, expected) => {
  expect(readOptions(text)).toEqual(expected);
});

test("options that are written are read again", () => {
  const pair = fc.tuple(
    fc.stringMatching(/^[a-z_]+$/),
    fc.string({ unit: fc.constantFrom("a", " ", "\\", "=", "-", "\t", ",") }),
  );
  fc.assert(
    fc.property(fc.array(pair), (pairs) => {
      expect(readOptions(writeOptions(pairs))).toEqual(pairs);
    }),
  );
});

test.each([
  [
    { user: "u", database: "d", DateStyle: "ISO" },
    { user: "u", database: "d" },
  ],
  [{ user: "u" }, { user: "u", database: "u" }],
  [{ user: "u", replication: "false", application_name: "x" }, { applicationName: "x" }],
])("parameters %j are accepted", (raw, expected) => {
  expect(readStartupParameters(new Map(Object.entries(raw)))).toMatchObject({
    kind: "parameters",
    parameters: expected,
  });
});

test.each([
  [{ database: "d" }, "28000"],
  [{ user: "u", replication: "true" }, "0A000"],
  [{ user: "u", replication: "database" }, "0A000"],
  [{ user: "u", role: "admin" }, "42501"],
  [{ user: "u", options: "-c role=admin" }, "42501"],
  [{ user: "u", client_encoding: "LATIN1" }, "22023"],
  [{ user: "u", options: "--client-encoding=SJIS" }, "22023"],
])("parameters %j are refused with %s", (raw, sqlstate) => {
  expect(readStartupParameters(new Map(Object.entries(raw)))).toMatchObject({ kind: "refused", sqlstate });
});

test.each(["UTF8", "utf-8", "Unicode", "SQL_ASCII"])("%s is UTF-8", (encoding) => {
  expect(isUtf8(encoding)).toBe(true);
});
