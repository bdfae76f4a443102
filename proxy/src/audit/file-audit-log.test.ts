import { execFileSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import {
  appendFileSync,
  closeSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { AuditLog } from "./audit-log.ts";
import { isOfChain, sealKey } from "./chain.ts";
import { type AuditEvent, FileAuditLog, type FileAuditLogOptions } from "./file-audit-log.ts";
import { verifyAuditFiles } from "./verify.ts";

let folder: string;
let path: string;
let events: AuditEvent[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "penstock-audit-"));
  path = join(folder, "audit.jsonl");
  events = [];
});
afterEach(() => rmSync(folder, { recursive: true }));

const open = (options: Partial<FileAuditLogOptions> = {}) =>
  new FileAuditLog({
    path,
    strict: false,
    report: (event) => event.kind !== "closed" && events.push(event),
    ...options,
  });
const flushed = (log: AuditLog) => new Promise<Error | undefined>((resolve) => log.flushed(resolve));
/** Without those of the chain, which verify.test.ts is about. */
const lines = (file = path) =>
  readFileSync(file, "utf8")
    .split("\n")
    .slice(0, -1)
    .filter((line) => !isOfChain(line));

describe.each([false, true])("with strict %s, the audit log", (strict) => {
  test("has written every line, in order, when it calls back", async () => {
    const log = open({ strict });
    const expected: string[] = [];
    for (let turn = 0; turn < 20; turn++) {
      for (let index = 0; index <= turn; index++) {
        const line = `{"turn":${turn},"index":${index}}`;
        expected.push(line);
        log.append(line);
      }
      expect(await flushed(log)).toBeUndefined();
      expect(lines()).toEqual(expected);
    }
    await log.close();
  });

  test("calls back after it has returned, and for each caller", async () => {
    const log = open({ strict });
    const calls: number[] = [];
    log.append("{}");
    const all = Promise.all(
      [1, 2, 3].map(
        (call) =>
          new Promise<void>((resolve) => {
            log.flushed(() => {
              calls.push(call);
              resolve();
            });
          }),
      ),
    );
    expect(calls).toEqual([]);
    await all;
    expect(calls).toEqual([1, 2, 3]);
    await log.close();
  });

  test("writes lines that are larger than its buffer, and characters of any length", async () => {
    const log = open({ strict });
    const large = JSON.stringify({ text: "ж€😀".repeat(200_000) });
    log.append("{}");
    log.append(large);
    log.append(JSON.stringify({ text: "é".repeat(100_000) }));
    for (let index = 0; index < 10_000; index++) log.append(`{"index":${index},"pad":"${"x".repeat(100)}"}`);
    expect(await flushed(log)).toBeUndefined();
    const written = lines();
    expect(written).toHaveLength(10_003);
    expect(written[1]).toBe(large);
    await log.close();
  });

  test("keeps what is in the file and writes all before it closes", async () => {
    writeFileSync(path, '{"old":1}\n', { mode: 0o600 });
    const log = open({ strict });
    log.append('{"new":1}');
    await log.close();
    expect(lines()).toEqual(['{"old":1}', '{"new":1}']);
    expect(events).toEqual([]);
  });

  test("fails the callbacks after it was closed", async () => {
    const log = open({ strict });
    await log.close();
    log.append("{}");
    expect(await flushed(log)).toBeInstanceOf(Error);
    expect(readFileSync(path, "utf8")).toBe("");
  });

  test("goes on in a new file after rotation", async () => {
    const log = open({ strict });
    log.append('{"n":1}');
    renameSync(path, `${path}.1`);
    log.append('{"n":2}');
    log.reopen();
    log.append('{"n":3}');
    expect(await flushed(log)).toBeUndefined();
    expect(lines(`${path}.1`)).toEqual(['{"n":1}', '{"n":2}']);
    expect(lines()).toEqual(['{"n":3}']);
    await log.close();
  });

  test("has synced every line when many callers wait at once", async () => {
    const log = open({ strict });
    const results: Promise<Error | undefined>[] = [];
    for (let index = 0; index < 300; index++) {
      log.append(`{"n":${index}}`);
      results.push(flushed(log));
      if (index % 7 === 0) await new Promise(setImmediate);
    }
    expect((await Promise.all(results)).filter((error) => error !== undefined)).toEqual([]);
    expect(lines()).toHaveLength(300);
    await log.close();
  });
});

test("in strict mode a caller alone does not wait for a group as large as the one before", async () => {
  const log = open({ strict: true });
  const all = Array.from({ length: 50 }, (_, index) => {
    log.append(`{"n":${index}}`);
    return flushed(log);
  });
  expect((await Promise.all(all)).filter((error) => error !== undefined)).toEqual([]);
  log.append('{"n":50}');
  expect(await flushed(log)).toBeUndefined();
  expect(lines()).toHaveLength(51);
  await log.close();
});

test("in strict mode closing waits for those who wait for more", async () => {
  const log = open({ strict: true });
  const calls: (Error | undefined)[] = [];
  for (let round = 0; round < 2; round++) {
    for (let index = 0; index <= 1 - round; index++) {
      log.append(`{"n":${round}}`);
      log.flushed((error) => calls.push(error));
    }
    if (round === 0) await flushed(log);
  }
  await log.close();
  expect(calls).toEqual([undefined, undefined, undefined]);
  expect(lines()).toHaveLength(3);
});

test("the file can be read by its owner only", async () => {
  await open().close();
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test("a file that others may read is reported", async () => {
  writeFileSync(path, "", { mode: 0o644 });
  await open().close();
  expect(events).toEqual([{ kind: "exposed", path, mode: 0o644 }]);
});

test("a last line that a crash has cut is ended and reported", async () => {
  writeFileSync(path, '{"n":1}\n{"n":2,"te', { mode: 0o600 });
  const log = open();
  log.append('{"n":3}');
  await log.close();
  expect(lines()).toEqual(['{"n":1}', '{"n":2,"te', '{"n":3}']);
  expect(events).toEqual([{ kind: "repaired", path }]);
});

test("a full disk fails every callback, and is reported once", async () => {
  const log = open({ path: "/dev/full" });
  for (let turn = 0; turn < 3; turn++) {
    log.append("{}");
    expect(await flushed(log)).toMatchObject({ code: "ENOSPC" });
  }
  expect(events).toMatchObject([{ kind: "failed", error: { code: "ENOSPC" } }]);
  await log.close();
  expect(events.slice(1)).toEqual([{ kind: "lost", lines: 3 }]);
});

/** A pipe fails with EPIPE while nobody reads it: a disk that comes and goes. */
async function withPipe(work: (log: FileAuditLog, read: () => Promise<string[]>) => Promise<void>): Promise<void> {
  const pipe = join(folder, "pipe");
  execFileSync("mkfifo", [pipe]);
  let reader: number | undefined = openSync(pipe, "r+");
  const log = open({ path: pipe });
  closeSync(reader);
  reader = undefined;
  await work(log, async () => {
    reader = openSync(pipe, "r+");
    while (log.hasFailed) await new Promise((resolve) => setTimeout(resolve, 10));
    const bytes = Buffer.alloc(100_000);
    return bytes.toString("utf8", 0, readSync(reader, bytes)).split("\n").slice(0, -1);
  });
  await log.close();
  if (reader !== undefined) closeSync(reader);
}

test("lines that could not be written are, when writing works again, before all others, with nobody asking", async () => {
  await withPipe(async (log, read) => {
    for (const line of ['{"n":1}', '{"n":2}']) {
      log.append(line);
      expect(await flushed(log)).toMatchObject({ code: "EPIPE" });
    }
    expect(log.hasFailed).toBe(true);
    const written = await read();
    expect(written.slice(0, 2)).toEqual(['{"n":1}', '{"n":2}']);
    log.append('{"n":3}');
    expect(await flushed(log)).toBeUndefined();
    expect(JSON.parse(written[2] ?? "")).toMatchObject({ event: "audit_gap", lines_lost: 0, lines_late: 2 });
    expect(events).toMatchObject([{ kind: "failed" }, { kind: "recovered", linesLate: 2, linesLost: 0 }]);
  });
});

test("of lines that cannot be written, memory holds so many and no more, and the rest is counted", async () => {
  await withPipe(async (log) => {
    const line = JSON.stringify({ pad: "x".repeat(1_000_000) });
    for (let turn = 0; turn < 12; turn++) {
      log.append(line);
      expect(await flushed(log)).toMatchObject({ code: "EPIPE" });
    }
    expect(log.waitingBytes).toBe(8 * (line.length + 1));
  });
  expect(events.at(-1)).toEqual({ kind: "lost", lines: 12 });
});

test("after a failed sync what may have got lost is written again, byte by byte the same, and statements run again", async () => {
  let isFailing = false;
  let synced = 0;
  const key = sealKey(generateKeyPairSync("ed25519").privateKey);
  // The system drops pages that it could not write, and says so once: https://wiki.postgresql.org/wiki/Fsync_Errors.
  const fdatasync: typeof options.fdatasync = (_, callback) => {
    if (!isFailing) {
      synced = statSync(path).size;
      setImmediate(callback, null);
      return;
    }
    writeFileSync(path, readFileSync(path).fill(0, synced));
    setImmediate(callback, Object.assign(new Error("EIO: i/o error, fdatasync"), { code: "EIO" }));
  };
  const options: Partial<FileAuditLogOptions> = { strict: true, fdatasync, key };
  const log = open(options);
  log.append('{"n":1}');
  expect(await flushed(log)).toBeUndefined();
  isFailing = true;
  for (const line of ['{"n":2}', '{"n":3}']) {
    log.append(line);
    expect(await flushed(log)).toMatchObject({ code: "EIO" });
  }
  expect(log.hasFailed).toBe(true);
  isFailing = false;
  log.append('{"n":4}');
  expect(await flushed(log)).toBeUndefined();
  expect(log.hasFailed).toBe(false);
  expect(lines()).toEqual(['{"n":1}', '{"n":2}', '{"n":3}', '{"n":4}']);
  await log.close();
  expect(verifyAuditFiles([path], new Map())).toMatchObject({ problems: [], notes: [] });
  expect(events).toMatchObject([{ kind: "failed" }, { kind: "recovered" }]);
});

test("strict mode refuses what cannot be synced", () => {
  expect(() => open({ path: "/dev/null", strict: true })).toThrow("strict mode needs a regular file");
});

test("a path that cannot be opened throws what the system says", () => {
  expect(() => open({ path: join(folder, "missing", "audit.jsonl") })).toThrow("ENOENT");
  appendFileSync(path, "");
  expect(() => open({ path: join(path, "x") })).toThrow("ENOTDIR");
});
