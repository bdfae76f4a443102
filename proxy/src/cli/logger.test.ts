import { expect, test } from "vitest";
import { createLogger, type LogOptions } from "./logger.ts";

function capture(options: Partial<LogOptions>, isTTY = false) {
  const lines: string[] = [];
  const log = createLogger({ level: "info", format: "auto", ...options }, { isTTY, write: (text) => lines.push(text) });
  return { log, lines };
}

test.each([
  ["auto", true, /^\d\d:\d\d:\d\d warn {2}hello {2}user=ana {2}n=3\n$/],
  ["pretty", false, /^\d\d:\d\d:\d\d warn {2}hello {2}user=ana {2}n=3\n$/],
  ["auto", false, /^\{"level":"warn","time":"\d{4}-.*Z","user":"ana","n":3,"msg":"hello"\}\n$/],
  ["json", true, /^\{"level":"warn",.*\}\n$/],
] as const)("in format %s, with a terminal: %s, a message is one line", (format, isTTY, expected) => {
  const { log, lines } = capture({ format }, isTTY);
  log.warn({ user: "ana", n: 3 }, "hello");
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(expected);
});

test.each(["json", "pretty"] as const)("in format %s, a client cannot add lines or drive the terminal", (format) => {
  const { log, lines } = capture({ format });
  log.warn({ user: "eve\n00:00:00 info  all is well\u001b[2J\u009b2J\u2028\u202e" }, "a login failed");
  expect(lines.join("").trimEnd().split("\n")).toHaveLength(1);
  // oxlint-disable-next-line no-control-regex
  expect(lines.join("").trimEnd()).not.toMatch(/[\x00-\x1f\x7f-\x9f\u2028\u202e]/);
});

test("a report stands below its message, line by line", () => {
  const { log, lines } = capture({ format: "pretty" });
  log.error({ report: "error[P201]: unknown name\n  --> a.policy:1:1" }, "refused");
  expect(lines.join("").split("\n").slice(1)).toEqual(["  error[P201]: unknown name", "    --> a.policy:1:1", ""]);
});

test("messages below the level are not printed", () => {
  const { log, lines } = capture({ level: "warn" });
  log.info("no");
  log.warn("yes");
  expect(lines).toHaveLength(1);
});
