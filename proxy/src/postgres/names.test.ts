import { expect, test } from "vitest";
import { NameTable } from "./names.ts";

test("a name means what was sent last, and again what it meant before when that fails", () => {
  const table = new NameTable<string>();
  table.commit(table.put("s", 1, "first"));
  const second = table.put("s", 2, "second");
  const third = table.put("s", 3, "third");
  expect(table.get("s")).toBe("third");
  table.undo(second);
  expect(table.get("s")).toBe("third");
  table.undo(third);
  expect(table.get("s")).toBe("first");
});

test("a name that was closed means nothing, unless the closing was skipped", () => {
  const table = new NameTable<string>();
  table.commit(table.put("s", 1, "first"));
  const closing = table.close("s", 2);
  expect(table.get("s")).toBeUndefined();
  expect(table.isUncertain("s", 2)).toBe(false);
  expect(table.isUncertain("s", 3)).toBe(true);
  if (closing !== undefined) table.undo(closing);
  expect(table.get("s")).toBe("first");
});
