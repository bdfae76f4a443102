/** What is left of the audit log's last line after a crash, wherever it was cut. */
import { generateKeyPairSync } from "node:crypto";
import { appendFileSync, copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { sealKey, sealStart } from "./chain.ts";
import { endedFiles } from "./ended-files.ts";
import { FileAuditLog, type FileAuditLogOptions } from "./file-audit-log.ts";
import { trustedKeys, verifyAuditFiles } from "./verify.ts";

let folder: string;
let path: string;
const { privateKey, publicKey } = generateKeyPairSync("ed25519");
const keys = trustedKeys([publicKey]);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "penstock-torn-"));
  path = join(folder, "audit.jsonl");
});
afterEach(() => rmSync(folder, { recursive: true }));

const record = (number: number) => `{"event":"statement","time":"2026-01-01T00:00:00.000Z","statement":${number}}`;

async function write(numbers: readonly number[], options: Partial<FileAuditLogOptions> = {}): Promise<void> {
  const log = new FileAuditLog({
    path,
    strict: false,
    key: sealKey(privateKey),
    report: () => undefined,
    ...options,
  });
  for (const number of numbers) log.append(record(number));
  await log.close();
}

const verify = () => verifyAuditFiles([...endedFiles(path), path], keys);
const lastLine = (bytes: Buffer) => bytes.lastIndexOf("\n", bytes.length - 2) + 1;

/** With the last line cut at each of its bytes, and its line break, the proxy goes on. @param check the number of bytes that are left of the line */
async function atEachCut(check: (left: number) => void, options: Partial<FileAuditLogOptions>): Promise<void> {
  const whole = readFileSync(path);
  const start = lastLine(whole);
  // Strict mode waits for the disk, and cuts no other way.
  for (let end = start; end < whole.length; end += options.strict === true ? 11 : 1) {
    writeFileSync(path, whole.subarray(0, end));
    expect(verify().problems).toEqual([]);
    await write([100], options);
    expect(verify().problems, `cut at ${end - start}`).toEqual([]);
    check(end - start);
  }
}

describe.each([false, true])(
  "with strict %s, the chain goes on, and verify tells of a crash and of no tampering, behind",
  (strict) => {
    const crash = async () => {
      await write([1, 2]);
      appendFileSync(path, `${record(3)}\n${record(4)}\n`);
    };

    test("a record that was cut at any byte", async () => {
      await crash();
      await atEachCut(
        (left) => {
          const { notes } = verify();
          const told = notes.filter(({ line, message }) => line === 6 && message.startsWith("it was cut before"));
          // With all but the line break the record is whole.
          expect(told).toHaveLength(left > 0 && left < record(4).length ? 1 : 0);
          expect(readFileSync(path, "utf8")).toContain(`\n${record(4).slice(0, left)}\n`.replace("\n\n", "\n"));
        },
        { strict },
      );
    });

    test("a seal that was cut at any byte", async () => {
      await write([1, 2]);
      const seal = readFileSync(path, "utf8").trimEnd().split("\n").at(-1) ?? "";
      expect(seal.startsWith(sealStart)).toBe(true);
      await atEachCut(
        (left) => {
          const { notes, files } = verify();
          const told = notes.filter(({ line, message }) => line === 4 && message.startsWith("it was cut before"));
          expect(told).toHaveLength(left > 0 && left < seal.length ? 1 : 0);
          // The one that vouches for what was found, or the whole one, and that of the end.
          expect(files[0]?.seals).toBe(2);
        },
        { strict },
      );
    });

    test("the line that a file begins with, cut at any byte: nothing stands behind it", async () => {
      await write([1, 2]);
      writeFileSync(path, `${readFileSync(path, "utf8").split("\n")[0]}\n`);
      const [first = ""] = readFileSync(path, "utf8").split("\n");
      for (let end = 1; end < first.length; end += strict ? 11 : 1) {
        writeFileSync(path, first.slice(0, end));
        expect(verify().problems).toEqual([]);
        await write([1], { strict });
        expect(verify()).toMatchObject({ problems: [], notes: [] });
      }
    });
  },
);

test("a crash while files are changed, at any byte of the seal that ends one, is none of tampering", async () => {
  await write(
    Array.from({ length: 100 }, (_, index) => index),
    { segmentBytes: 2000 },
  );
  const [ended = ""] = endedFiles(path);
  const keep = join(folder, "keep");
  copyFileSync(ended, keep);
  const whole = readFileSync(keep);
  for (let end = lastLine(whole); end <= whole.length; end++) {
    for (const file of endedFiles(path)) rmSync(file);
    rmSync(path, { force: true });
    writeFileSync(ended, whole.subarray(0, end));
    await write([1]);
    const { problems, files } = verify();
    expect(problems, `cut at ${end - lastLine(whole)}`).toEqual([]);
    expect(files.map(({ segment }) => segment?.segment)).toEqual([1, 2]);
  }
});

describe("who cuts the last line on purpose", () => {
  test("cannot change what is before what is left of a seal", async () => {
    await write([1, 2]);
    const text = readFileSync(path, "utf8");
    // Up to its hash, without its signature.
    writeFileSync(path, text.slice(0, text.indexOf('"hash":"') + 20).replace('"statement":2', '"statement":9'));
    await write([3]);
    expect(verify().problems).toMatchObject([{ line: 4, message: expect.stringContaining("and not by a crash") }]);
  });

  test("cannot cut records with it", async () => {
    await write([1, 2]);
    const text = readFileSync(path, "utf8");
    writeFileSync(path, text.slice(0, text.indexOf('"hash":"')).replace(`${record(2)}\n`, ""));
    await write([3]);
    expect(verify().problems).toMatchObject([{ line: 3, message: expect.stringContaining("and not by a crash") }]);
  });

  test("cannot cut a line while the proxy runs, or one that was sealed before it was started again", async () => {
    await write([1, 2]);
    await write([3, 4]);
    const text = readFileSync(path, "utf8");
    writeFileSync(path, text.replace(record(2), record(2).slice(0, 20)));
    expect(verify().problems).toHaveLength(1);
    writeFileSync(path, text);
    const log = new FileAuditLog({ path, strict: false, key: sealKey(privateKey), report: () => undefined });
    log.append(record(5));
    await new Promise<unknown>((resolve) => log.flushed(resolve));
    writeFileSync(path, readFileSync(path).subarray(0, -20));
    await log.close();
    expect(verify().problems).toMatchObject([{ message: "it was cut while the proxy was running" }]);
  });

  test("is found by the last seal of a proxy that was stopped, where it was kept", async () => {
    let kept = "";
    await write([1, 2], { report: (event) => event.kind === "closed" && (kept = event.seal) });
    writeFileSync(path, readFileSync(path).subarray(0, -100));
    await write([3]);
    expect(verify().problems).toEqual([]);
    expect(verifyAuditFiles([path], keys, [kept]).problems).toMatchObject([
      { message: expect.stringContaining("which was kept elsewhere, is not in the log") },
    ]);
  });
});

test("a seal that cannot be read is tampering where no crash has been", async () => {
  await write([1, 2]);
  await write([3, 4]);
  const lines = readFileSync(path, "utf8").split("\n");
  lines[3] = (lines[3] ?? "").slice(0, 30);
  writeFileSync(path, lines.join("\n"));
  expect(verify().problems.map(({ line, message }) => `${line} ${message}`)).toContain("4 a seal that cannot be read");
});
