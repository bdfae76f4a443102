import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";

const command = new URL("../../bin/policy-proxy.ts", import.meta.url).pathname;
let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "penstock-tail-"));
  file = join(folder, "audit.jsonl");
});
afterEach(() => rmSync(folder, { recursive: true }));

const line = (session: string, statement: number, decision = "allow") =>
  `${JSON.stringify({ event: "statement", time: "2026-01-01T00:00:00.000Z", session, statement, kind: "select", text: `select ${statement}`, decision, reasons: ["no"] })}\n`;
const tail = (...args: string[]) =>
  execFileSync(process.execPath, [command, "audit", "tail", file, ...args], { encoding: "utf8" })
    .trimEnd()
    .split("\n");

test("prints the newest records, of one session, or the denied ones, as text or JSON", () => {
  writeFileSync(file, [line("aa", 1), line("bb", 2, "deny"), "cut off {\n", line("aa", 3), line("aa", 4)].join(""));
  expect(tail("-n", "2").map((each) => each.slice(24, 28))).toEqual(["aa#3", "aa#4"]);
  expect(tail("--session", "b")).toEqual(["2026-01-01 00:00:00.000 bb#2 DENIED ? select: select 2 | no"]);
  expect(tail("--denied")).toHaveLength(1);
  expect(tail("--format", "json", "-n", "1").map((each) => JSON.parse(each).statement)).toEqual([4]);
});

test("follows the file, also when it is replaced", async () => {
  writeFileSync(file, line("aa", 1));
  const child = spawn(process.execPath, [command, "audit", "tail", file, "--follow"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
  const expectOutput = async (text: string) => {
    for (let waitedMs = 0; waitedMs < 10_000 && !output.includes(text); waitedMs += 20) await sleep(20);
    expect(output).toContain(text);
  };
  await expectOutput("aa#1");
  appendFileSync(file, line("aa", 2).slice(0, 20));
  appendFileSync(file, line("aa", 2).slice(20));
  await expectOutput("aa#2");
  renameSync(file, `${file}.1`);
  appendFileSync(`${file}.1`, line("aa", 3));
  writeFileSync(file, line("aa", 4));
  await expectOutput("aa#3");
  await expectOutput("aa#4");
  child.kill();
  await once(child, "exit");
});
