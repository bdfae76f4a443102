import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type FileWatch, watchFiles } from "./watch-files.ts";

let folder: string;
let watching: FileWatch | undefined;
let changes: number;
let tell: () => void = () => undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "penstock-watch-"));
  mkdirSync(join(folder, "deep", "deeper"), { recursive: true });
  writeFileSync(join(folder, "deep", "deeper", "a.policy"), "1");
  changes = 0;
});
afterEach(() => {
  watching?.close();
  rmSync(folder, { recursive: true });
});

const neverMs = 3_600_000;
const start = (path: string, pollMs: number) => {
  watching = watchFiles([path], pollMs, () => {
    changes++;
    tell();
  });
};

/** Whether somebody is told of the change in time. */
async function isSeen(change: () => void): Promise<boolean> {
  const told = new Promise<boolean>((resolve) => {
    tell = () => resolve(true);
  });
  change();
  return Promise.race([told, sleep(5000, false)]);
}

test.each([
  ["without polling, as the system tells", neverMs],
  ["by polling", 50],
])("changes of any kind under a folder are seen %s", async (_name, pollMs) => {
  start(folder, pollMs);
  // Recursive watches are set up bit by bit.
  await sleep(200);
  const file = join(folder, "deep", "deeper", "a.policy");
  expect(await isSeen(() => writeFileSync(file, "22"))).toBe(true);
  expect(
    await isSeen(() => {
      writeFileSync(`${file}.new`, "333");
      renameSync(`${file}.new`, file);
    }),
  ).toBe(true);
  expect(await isSeen(() => writeFileSync(join(folder, "b.policy"), "1"))).toBe(true);
  expect(await isSeen(() => unlinkSync(file))).toBe(true);
});

test("a file that is replaced is seen", async () => {
  const file = join(folder, "users.yaml");
  writeFileSync(file, "1");
  start(file, neverMs);
  expect(
    await isSeen(() => {
      writeFileSync(join(folder, "new"), "2");
      renameSync(join(folder, "new"), file);
    }),
  ).toBe(true);
});

test("a link that is turned elsewhere is seen, as mounted configuration changes", async () => {
  for (const version of ["v1", "v2"]) {
    mkdirSync(join(folder, version));
    writeFileSync(join(folder, version, "users.yaml"), version);
  }
  symlinkSync("v1", join(folder, "current"));
  start(join(folder, "current", "users.yaml"), 50);
  expect(
    await isSeen(() => {
      symlinkSync("v2", join(folder, "next"));
      renameSync(join(folder, "next"), join(folder, "current"));
    }),
  ).toBe(true);
});

test("a folder that is replaced is followed", async () => {
  start(folder, neverMs);
  expect(await isSeen(() => renameSync(join(folder, "deep"), join(folder, "old")))).toBe(true);
  mkdirSync(join(folder, "deep", "deeper"), { recursive: true });
  await sleep(200);
  expect(await isSeen(() => writeFileSync(join(folder, "deep", "deeper", "a.policy"), "2"))).toBe(true);
});

test("several writes in a row count once, and nothing is told after closing", async () => {
  start(folder, neverMs);
  await sleep(200);
  expect(
    await isSeen(() => {
      for (let index = 0; index < 20; index++) writeFileSync(join(folder, `${index}.policy`), "x");
    }),
  ).toBe(true);
  await sleep(200);
  expect(changes).toBe(1);
  watching?.close();
  writeFileSync(join(folder, "late.policy"), "x");
  await sleep(200);
  expect(changes).toBe(1);
});

test("a folder that does not exist yet is seen when it comes", async () => {
  const later = join(folder, "later");
  start(later, 50);
  expect(await isSeen(() => mkdirSync(later))).toBe(true);
});
