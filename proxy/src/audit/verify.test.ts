import { createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import {
  appendFileSync,
  copyFileSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { endedFiles } from "./ended-files.ts";
import { sealKey, sealStart } from "./chain.ts";
import { type AuditEvent, FileAuditLog, type FileAuditLogOptions } from "./file-audit-log.ts";
import { trustedKeys, type Verification, verifyAuditFiles } from "./verify.ts";

let folder: string;
let path: string;
let events: AuditEvent[];
const { privateKey, publicKey } = generateKeyPairSync("ed25519");

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "penstock-verify-"));
  path = join(folder, "audit.jsonl");
  events = [];
});
afterEach(() => rmSync(folder, { recursive: true }));

const open = (options: Partial<FileAuditLogOptions> = {}) =>
  new FileAuditLog({
    path,
    strict: false,
    key: sealKey(privateKey),
    report: (event) => event.kind !== "closed" && events.push(event),
    ...options,
  });
const record = (number: number) => `{"event":"statement","time":"2026-01-01T00:00:00.000Z","statement":${number}}`;
const all = () => [...endedFiles(path), path];
const verify = (files: readonly string[] = all(), key: KeyObject = publicKey, kept: readonly string[] = []) =>
  verifyAuditFiles(files, trustedKeys([key]), kept);
const said = (findings: Verification["problems"]) => findings.map(({ line, message }) => `${line ?? ""}: ${message}`);
const linesOf = (file = path) => readFileSync(file, "utf8").split("\n").slice(0, -1);
const writeLines = (lines: readonly string[], file = path) =>
  writeFileSync(file, lines.map((line) => `${line}\n`).join(""));

/** A log that was started `parts` times, with `records` records each time. */
async function writeLog(records: number, parts = 1, options: Partial<FileAuditLogOptions> = {}): Promise<void> {
  for (let part = 0; part < parts; part++) {
    const log = open(options);
    for (let index = 0; index < records; index++) {
      log.append(record(part * records + index));
      if (index % 20 === 19) await new Promise<unknown>((resolve) => log.flushed(resolve));
    }
    await log.close();
  }
}

describe("a log that nobody has touched", () => {
  test("holds, over several starts", async () => {
    await writeLog(10, 3);
    const { files, problems, notes } = verify();
    expect([problems, notes]).toEqual([[], []]);
    expect(files).toMatchObject([{ lines: 34, seals: 3, segment: { segment: 1 }, lastSeal: { lines: 33 } }]);
  });

  test("holds with a seal for every thousand lines, at most", async () => {
    const log = open();
    for (let index = 0; index < 5000; index++) {
      log.append(record(index));
      if (index % 100 === 0) await new Promise<unknown>((resolve) => log.flushed(resolve));
    }
    await log.close();
    const { files, problems } = verify();
    expect(problems).toEqual([]);
    expect(files[0]?.seals).toBeGreaterThanOrEqual(5);
  });

  test("holds over files, whoever moves them, and each seal is kept by the next", async () => {
    await writeLog(400, 3, { segmentBytes: 10_000 });
    const moved = open();
    renameSync(path, join(folder, "moved"));
    moved.reopen();
    moved.append(record(0));
    await moved.close();
    const files = [join(folder, "moved"), ...all()];
    const { files: checked, problems, notes } = verify(files);
    expect([problems, notes]).toEqual([[], []]);
    expect(checked.map(({ segment }) => segment?.segment)).toEqual(Array.from(files, (_, index) => index + 1));
    const ended = events.flatMap((event) => (event.kind === "ended" ? [event.seal] : []));
    expect(ended).toHaveLength(files.length - 1);
    expect(verify(files, publicKey, ended).problems).toEqual([]);
  });

  test("holds when the path is opened again and nobody has moved the file", async () => {
    const log = open();
    log.append(record(0));
    log.reopen();
    log.append(record(1));
    await log.close();
    expect(verify()).toMatchObject({ problems: [], notes: [], files: [{ segment: { segment: 1 } }] });
  });

  test("holds while it is written, and says how much is not sealed yet", async () => {
    const log = open();
    log.append(record(0));
    await new Promise<unknown>((resolve) => log.flushed(resolve));
    expect(verify().problems).toEqual([]);
    expect(said(verify().notes)).toEqual(["2: no seal vouches for what is behind line 1 yet: 1 lines"]);
    await log.close();
  });

  test("goes on behind a log that is older than chains", async () => {
    writeLines([record(1), record(2)]);
    await writeLog(2);
    expect(verify().problems).toEqual([]);
    expect(said(verify().notes)).toEqual(["3: nothing vouches for the 2 lines before: they are older than the chain"]);
  });

  test("needs no key", async () => {
    await writeLog(3, 2, { key: undefined });
    expect(verifyAuditFiles(all(), new Map()).problems).toEqual([]);
    expect(said(verify().problems)).toEqual(["5: the seal is not signed", "9: the seal is not signed"]);
  });
});

describe("after a crash", () => {
  /** Bytes that a killed proxy leaves: no seal at the end. */
  const crash = async (cut: number) => {
    await writeLog(3);
    appendFileSync(path, `${record(4)}\n${record(5)}\n`.slice(0, -cut));
  };

  test.each([
    ["whole lines", 0, [], []],
    ["a cut line", 20, ["repaired"], ["7: it was cut before the proxy was started again: by the crash"]],
  ])("%s are sealed as they are found, and said to be so", async (_, cut, reported, told) => {
    await crash(cut === 0 ? -1000 : cut);
    await writeLog(1);
    expect(events.map(({ kind }) => kind)).toEqual(["exposed", ...reported].slice(1));
    expect(verify().problems).toEqual([]);
    expect(said(verify().notes).map((note) => note.replace(/, or by somebody.*/, ""))).toEqual([
      "8: the 2 lines before were sealed only when the proxy was started again, after a crash or a full disk: as they were found",
      ...told,
    ]);
  });

  test("what spans more time than the proxy leaves unsealed is told to have lost its seals", async () => {
    const at = (second: number) => record(second).replace("00:00.000Z", `00:${String(second).padStart(2, "0")}.000Z`);
    await writeLog(3);
    appendFileSync(path, `${at(1)}\n${at(12)}\n`);
    await writeLog(1);
    expect(said(verify().problems)).toEqual([
      expect.stringMatching(/^8: the 2 lines before .*They are of 11 seconds, .*: seals were cut$/),
    ]);
  });

  test("a cut line that nobody has gone on with is no sign of tampering", async () => {
    await crash(20);
    expect(verify().problems).toEqual([]);
    expect(said(verify().notes)[0]).toContain("a crash has cut it");
  });

  test("between two files, the chain goes on", async () => {
    await writeLog(100, 1, { segmentBytes: 2000 });
    renameSync(path, join(folder, "lost"));
    await writeLog(1);
    expect(said(verify().problems)).toEqual([]);
    expect(linesOf()[0]).toContain(`"segment":${endedFiles(path).length + 1}`);
  });
});

describe("what was done to a log is found", () => {
  // Line 1 begins the segment, 12, 23 and 34 are seals.
  beforeEach(() => writeLog(10, 3));

  test.each<[string, (lines: string[]) => void, string]>([
    ["a changed line", (lines) => (lines[3] = record(99)), "12: lines 1 to 11 are not what was sealed"],
    ["a moved line", (lines) => lines.splice(5, 0, ...lines.splice(2, 1)), "12: lines 1 to 11 are not what was sealed"],
    ["a cut line", (lines) => lines.splice(2, 1), "11: there are 1 fewer lines before this seal"],
    ["a line put in", (lines) => lines.splice(2, 0, record(99)), "13: there are 1 more lines before this seal"],
    ["a line put in for another", (lines) => lines.splice(2, 2, record(99), record(100)), "12: lines 1 to 11 are not"],
    ["a cut seal", (lines) => lines.splice(11, 1), "22: there are 1 fewer lines before this seal"],
    ["a cut beginning", (lines) => lines.splice(0, 1), "11: a seal in a file that does not begin as one of a chain"],
    [
      "a seal of another place",
      (lines) => (lines[22] = lines[11] ?? ""),
      "23: there are 11 more lines before this seal",
    ],
    [
      "another segment in the middle",
      (lines) => lines.splice(12, 0, lines[0] ?? ""),
      "13: a segment begins in the middle",
    ],
    [
      "a time that was changed",
      (lines) => (lines[11] = (lines[11] ?? "").replace(/T\d\d/, "T99")),
      "12: the seal's signature is wrong",
    ],
  ])("%s", (_, change, expected) => {
    const lines = linesOf();
    change(lines);
    writeLines(lines);
    expect(said(verify().problems)[0]).toContain(expected);
  });

  test("only where it was done", () => {
    const lines = linesOf();
    lines[13] = record(99);
    writeLines(lines);
    expect(said(verify().problems)).toEqual([
      "23: lines 12 to 22 are not what was sealed: something was changed, or moved, there",
    ]);
    expect(verify().files).toMatchObject([{ seals: 3 }]);
  });

  test("whatever byte is another, and whatever piece is cut, before the last seal", () => {
    const bytes = readFileSync(path);
    fc.assert(
      fc.property(fc.nat(bytes.length - 2), fc.integer({ min: 1, max: 255 }), fc.nat(3), (at, flip, cut) => {
        const changed = Buffer.from(bytes);
        if (cut === 0) changed[at] = (changed[at] ?? 0) ^ flip;
        const kept = cut === 0 ? changed : Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + cut)]);
        writeFileSync(path, kept);
        const last = bytes.lastIndexOf(`\n${sealStart}`);
        const { problems, files } = verify();
        // The last seal itself may be cut away: then its lines are said to have none.
        const isTold = problems.length > 0 || (at + cut >= last && (files[0]?.seals ?? 0) < 3);
        expect(isTold).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  test("seals that were made anew with another key", async () => {
    const forged = generateKeyPairSync("ed25519");
    rmSync(path);
    await writeLog(10, 1, { key: sealKey(forged.privateKey) });
    expect(said(verify().problems)).toEqual([
      expect.stringMatching(/^12: the seal is signed with the key \S+, which was not given/),
    ]);
    expect(verify(all(), createPublicKey(forged.privateKey)).problems).toEqual([]);
  });

  test("an end that was cut, by a seal that was kept elsewhere", () => {
    const lines = linesOf();
    const kept = lines.filter((line) => line.startsWith(sealStart)).slice(-1);
    writeLines(lines.slice(0, 23));
    expect(verify().problems).toEqual([]);
    expect(said(verify(all(), publicKey, kept).problems)).toEqual([
      expect.stringContaining("the seal of segment 1 behind line 33"),
    ]);
    writeLines(lines);
    expect(verify(all(), publicKey, kept).problems).toEqual([]);
  });
});

describe("what was done to files is found", () => {
  beforeEach(() => writeLog(200, 1, { segmentBytes: 5000 }));
  const ended = (index: number) => endedFiles(path)[index] ?? "";

  test("one that is missing in the middle", () => {
    rmSync(ended(1));
    expect(said(verify().problems)).toEqual([
      expect.stringMatching(/^1: segment 2, between this file and .*, is missing$/),
    ]);
  });

  test("those that are missing at the beginning are only noted: they may be too old", () => {
    rmSync(ended(0));
    expect(verify().problems).toEqual([]);
    expect(said(verify().notes)).toEqual([": it is segment 2: those before it are not here"]);
  });

  test("one that was cut at its end", () => {
    const lines = linesOf(ended(1));
    writeLines(lines.slice(0, -1), ended(1));
    expect(said(verify().problems)).toEqual([
      expect.stringMatching(/was cut: its last line is not the seal that a file ends with$/),
    ]);
  });

  test("one with more behind its end", () => {
    appendFileSync(ended(1), `${record(1)}\n`);
    expect(said(verify().problems)).toEqual([
      expect.stringContaining("1 lines were put in behind the end of the file"),
    ]);
  });

  test("one of another log, and one that is there twice", async () => {
    copyFileSync(ended(0), join(folder, "copy"));
    expect(said(verify([...all(), join(folder, "copy")]).problems)).toEqual([
      expect.stringMatching(/is segment 1 as well$/),
    ]);
    const other = join(folder, "other.jsonl");
    await writeLog(200, 1, { path: other, segmentBytes: 5000 });
    copyFileSync(endedFiles(other)[1] ?? "", ended(1));
    expect(said(verify().problems)).toContainEqual(expect.stringContaining("it is of another log than"));
  });

  test("nothing that vouches for a file", () => {
    writeLines([record(1)]);
    expect(said(verify([path]).problems)).toEqual([": nothing vouches for it: no line of it begins a chain"]);
  });
});

test("files that ended long ago are removed where so much was asked for, and no others", async () => {
  await writeLog(200, 1, { segmentBytes: 5000 });
  const files = endedFiles(path);
  const longAgo = Date.now() / 1000 - 8 * 24 * 60 * 60;
  for (const file of files.slice(0, 2)) utimesSync(file, longAgo, longAgo);
  writeFileSync(join(folder, "audit-notes.jsonl"), "");
  utimesSync(join(folder, "audit-notes.jsonl"), longAgo, longAgo);
  await open({ keepDays: 9 }).close();
  expect(endedFiles(path)).toEqual(files);
  await open({ keepDays: 7 }).close();
  expect(endedFiles(path)).toEqual(files.slice(2));
  expect(readFileSync(join(folder, "audit-notes.jsonl"), "utf8")).toBe("");
  expect(verify().problems).toEqual([]);
});
