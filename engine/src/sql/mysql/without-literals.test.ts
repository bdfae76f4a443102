import { expect, test } from "vitest";
import { defaultSqlMode, type Dialect, parseSqlMode } from "./dialect.ts";
import { withoutMysqlLiterals } from "./without-literals.ts";

const dialect: Dialect = { product: "mariadb", version: 101_100, mode: defaultSqlMode };

test.each([
  [
    "select 'a', \"b\", 1, 1.5e3, -2, 0x1F, x'1f', b'01', N'n', _utf8mb4'x'",
    "select ?, ?, ?, ?, -?, ?, ?, ?, ?, _utf8mb4?",
  ],
  ["select 'it''s', 'a\\'b', \"a\"\"b\"", "select ?, ?, ?"],
  ["select/* one */id -- two\nfrom t # three", "select id from t"],
  ["select `quoted 1`, t1.c2 from t1", "select `quoted 1`, t1.c2 from t1"],
  ["select 'é😀', `ж` from t where a=1", "select ?, `ж` from t where a=?"],
  ["select @a, ?, null, true", "select @a, ?, null, true"],
])("%s becomes %s", (text, expected) => {
  expect(withoutMysqlLiterals(text, dialect)).toBe(expected);
});

test("what is a string goes by the session's mode", () => {
  const ansi: Dialect = { ...dialect, mode: parseSqlMode("ANSI_QUOTES") ?? defaultSqlMode };
  expect(withoutMysqlLiterals("select \"column\" from t where a = 'x'", ansi)).toBe(
    'select "column" from t where a = ?',
  );
});

test("what cannot be cut into words is refused", () => {
  expect(() => withoutMysqlLiterals("select 'never ended", dialect)).toThrow("a word that is none");
});
