import { expect, test } from "vitest";
import { withoutPostgresLiterals } from "./without-literals.ts";

test.each([
  ["select 'a', 1, 1.5e3, -2, 0x1F, $1", "select ?, ?, ?, -?, ?, $1"],
  [
    "select E'a\\'b', U&'d\\0061t' uescape '!', B'01', X'1f', N'n', $$a$$, $t$a $$ b$t$",
    "select ?, ? uescape ?, ?, ?, ?, ?, ?",
  ],
  ["select 'a'\n  'b' from t", "select ? from t"],
  ["select/* one */id--two\nfrom t", "select id from t"],
  ["select id /* /* nested */ 'x' */ from t", "select id from t"],
  ['select "quoted ""1", t1.c2 from t1', 'select "quoted ""1", t1.c2 from t1'],
  ["select date '2020-01-01'::text, 'é😀' || \"ж\"", 'select date ?::text, ? || "ж"'],
  ["select true, null, a[1:2], x::varchar(10)", "select true, null, a[?:?], x::varchar(?)"],
])("%s becomes %s", (text, expected) => {
  expect(withoutPostgresLiterals(text)).toBe(expected);
});
