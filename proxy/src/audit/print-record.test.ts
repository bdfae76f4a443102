import { expect, test } from "vitest";
import { parseRecord, printRecord } from "./print-record.ts";

const print = (fields: object, full = false) => {
  const record = parseRecord(JSON.stringify({ time: "2026-11-22T21:40:05.123Z", session: "0123456789", ...fields }));
  return record === undefined ? undefined : printRecord(record, full);
};
const start = "2026-11-22 21:40:05.123 01234567";
const principal = { id: "bot", kind: "agent", on_behalf_of: "ana" };

test.each<[string, object, string]>([
  [
    "an allowed statement",
    {
      event: "statement",
      statement: 3,
      principal,
      kind: "select",
      text: "select\n  1",
      decision: "allow",
      rules: [],
      masked: [],
    },
    `${start}#3 allowed bot for ana select: select 1`,
  ],
  [
    "a masked and filtered statement",
    {
      event: "statement",
      statement: 3,
      principal: { id: "ana" },
      kind: "select",
      text: "select ssn from c",
      decision: "allow",
      rules: ["pii:3"],
      masked: ["public.c.ssn"],
      filtered: ["public.c"],
    },
    `${start}#3 allowed ana select: select ssn from c | masked public.c.ssn | filtered public.c | rules pii:3`,
  ],
  [
    "a denied statement",
    {
      event: "statement",
      statement: 4,
      principal: { id: "ana" },
      kind: "truncate",
      text: "truncate c",
      decision: "deny",
      reasons: ["no"],
      rules: ["g:1"],
    },
    `${start}#4 DENIED ana truncate: truncate c | no | rules g:1`,
  ],
  [
    "a result",
    { event: "result", statement: 3, rows: 2, duration_us: 1500, sqlstate: "00000" },
    `${start}#3 2 rows in 1.5 ms`,
  ],
  [
    "an error",
    { event: "result", statement: 3, rows: 0, duration_us: 100, sqlstate: "22012" },
    `${start}#3 0 rows in 0.1 ms, error 22012`,
  ],
  ["a login", { event: "connect", principal, target: "shop" }, `${start} bot for ana connected to shop`],
  ["a refused login", { event: "refused", user: "eve", reason: "password" }, `${start} REFUSED user eve: password`],
  ["an alert", { event: "alert", statement: 1, principal, message: "leak" }, `${start}#1 ALERT bot for ana: leak`],
  [
    "a change by a person",
    { event: "change", session: "", by: "bob", action: "reload_config", sections: ["limits", "targets.shop"] },
    "2026-11-22 21:40:05.123 bob by the HTTP API: reload_config (limits, targets.shop)",
  ],
  [
    "a change by a signal",
    { event: "change", session: "", by: "", signal: "SIGHUP", action: "reload_config", sections: ["users"] },
    "2026-11-22 21:40:05.123 SIGHUP: reload_config (users)",
  ],
  [
    "a gap",
    { event: "audit_gap", session: "", lines_lost: 3, lines_late: 7 },
    "2026-11-22 21:40:05.123 GAP: 3 lines could not be written, 7 only now",
  ],
])("%s is one line", (_name, fields, expected) => {
  expect(print(fields)).toBe(expected);
});

test("terminal escapes in a statement are shown, not obeyed", () => {
  const line = print({ event: "statement", kind: "select", text: "select '\u001b[2J\u009b\u202e'", decision: "allow" });
  expect(line).toContain("select '\\u001b[2J\\u009b\\u202e'");
});

test("a long statement is cut unless all of it is wanted", () => {
  const fields = { event: "statement", kind: "select", text: `select ${"1,".repeat(1000)}1`, decision: "allow" };
  expect(print(fields)!.length).toBeLessThan(300);
  expect(print(fields, true)!.length).toBeGreaterThan(2000);
});

test.each(["", "{", "[]", '{"event":1}', '{"event":"statement","time":"2026'])(
  "what is no record (%s) is not printed",
  (line) => {
    expect(parseRecord(line)).toBeUndefined();
  },
);
