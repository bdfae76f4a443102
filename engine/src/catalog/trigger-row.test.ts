import { expect, it, test } from "vitest";
import { withoutComparedRows } from "./trigger-row.ts";

it.each([
  ["select new.x is distinct from old.x", "select true"],
  ["select NEW.x IS NOT DISTINCT FROM OLD.x and new.y > 1", "select true and new.y > 1"],
  ["select (old.* is distinct from new.*)", "select (true)"],
  ["select old.x <> new.x or (not new.y = old.y)", "select true or (not true)"],
  ["select old is distinct from new", "select true"],
])("%s becomes %s: a column that stays as it is compares in one way", (text, expected) => {
  expect(withoutComparedRows(text)).toBe(expected);
});

it.each([
  "select new.x is distinct from old.y",
  "select new.x = old.x || 'a'",
  "select 'a' || new.x = old.x",
  "select new.x is distinct from new.x",
  "select new.x = old.x::text",
  "select f(new.x) = f(old.x)",
  "select new.x > old.x",
  `select new."X" = old."x"`,
  "select count(*) from people new join people old on old.ssn = new.ssn",
  "select count(*) from people as old, people as new where old.ssn = new.ssn",
  "select count(*) from old, new where old.ssn = new.ssn",
  "select count(*) from people old (id, ssn), lateral (select 1) new where (old.ssn = new.ssn)",
  "select count(*) from people, new, old where old.ssn = new.ssn",
  "update people new set id = 1 from people old where old.ssn = new.ssn",
  "select (select true from old where old.x = new.x)",
])("%s stays as it is", (text) => {
  expect(withoutComparedRows(text)).toBe(text);
});

test("what is no comparison of rows is copied byte for byte", () => {
  const text = "select 'é', old.x, /* old.x = new.x */ 'old.x = new.x'";
  expect(withoutComparedRows(text)).toBe(text);
});
