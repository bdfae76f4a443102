import { expect, it, test } from "vitest";
import { onlyTellsOfRow, withoutComparedRows } from "./trigger-row.ts";

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

const noFunctions = () => false;

it.each([
  ["select old.ssn", "notice"],
  ["select to_jsonb(old)::text || ' of ' || tg_table_name", "error"],
  ["select pg_notify('changes', to_jsonb(old)::text)", "performed"],
  ["select coalesce(new, old)", "returned"],
] as const)("%s as %s goes where the proxy withholds it, or back into the row", (text, place) => {
  expect(onlyTellsOfRow(text, place, noFunctions)).toBe(true);
});

it.each([
  ["select old.ssn", "elsewhere"],
  ["select coalesce(new, old)", "notice"],
  ["select old.ssn::int", "notice"],
  ["select 1 / old.id", "notice"],
  ["select keeps(old)", "notice"],
  ["select (select old.ssn)", "notice"],
  ["select pg_notify('changes', keeps(old))", "performed"],
  ["select keeps(old)", "performed"],
  ["select old.ssn from customers old", "notice"],
  ["select old", "returned"],
] as const)("%s as %s may do more", (text, place) => {
  expect(onlyTellsOfRow(text, place, noFunctions)).toBe(false);
});

test("functions of users' own may have the names that are known", () => {
  expect(onlyTellsOfRow("select to_jsonb(old)", "notice", (name) => name === "to_jsonb")).toBe(false);
  expect(onlyTellsOfRow("select pg_notify('x', old.id)", "performed", (name) => name === "pg_notify")).toBe(false);
});
