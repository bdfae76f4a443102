import { expect, test } from "vitest";
import { NameTable, type Version } from "./names.ts";

function version(key: string, group: number): Version {
  return { key, group, committed: false, undone: false, closed: false, previous: undefined };
}

test("a name means what was sent last, and again what it meant before when that fails", () => {
  const table = new NameTable<Version>();
  const [first, second, third] = [version("s", 1), version("s", 2), version("s", 3)];
  table.put(first);
  table.commit(first);
  table.put(second);
  table.put(third);
  expect(table.get("s")).toBe(third);
  table.undo(second);
  expect(table.get("s")).toBe(third);
  table.undo(third);
  expect(table.get("s")).toBe(first);
});

test("a name that was closed means nothing, unless the closing was skipped", () => {
  const table = new NameTable<Version>();
  const first = version("s", 1);
  table.put(first);
  table.commit(first);
  const closing = table.close("s", 2);
  expect(table.get("s")).toBeUndefined();
  expect(table.isUncertain("s", 2)).toBe(false);
  expect(table.isUncertain("s", 3)).toBe(true);
  if (closing !== undefined) table.undo(closing);
  expect(table.get("s")).toBe(first);
});
