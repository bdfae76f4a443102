import { expect, test } from "vitest";
import { isExposedKey } from "./exposed-key.ts";

const self = { uid: 10_001, gid: 10_001 };

test.each([
  ["our own, for us alone", { mode: 0o100600, uid: 10_001, gid: 10_001 }, false],
  ["our own, for our group", { mode: 0o100640, uid: 10_001, gid: 10_001 }, true],
  ["root's, for our group", { mode: 0o100440, uid: 0, gid: 10_001 }, false],
  ["root's, for our group to write", { mode: 0o100660, uid: 0, gid: 10_001 }, true],
  ["root's, for another group", { mode: 0o100440, uid: 0, gid: 100 }, true],
  ["root's, for everybody", { mode: 0o100444, uid: 0, gid: 10_001 }, true],
  ["somebody's, for our group", { mode: 0o100440, uid: 1000, gid: 10_001 }, true],
])("a key file that is %s", (_whose, stats, isExposed) => {
  expect(isExposedKey(stats, self)).toBe(isExposed);
});

test("a proxy that is root has keys of its own only", () => {
  expect(isExposedKey({ mode: 0o100440, uid: 0, gid: 0 }, { uid: 0, gid: 0 })).toBe(true);
});
