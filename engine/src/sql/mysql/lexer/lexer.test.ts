import { expect, test } from "vitest";
import { defaultSqlMode, type Dialect } from "../dialect.ts";
import { tokenize } from "./lexer.ts";

const mariadb: Dialect = { product: "mariadb", version: 101100, mode: defaultSqlMode };
const mysql: Dialect = { product: "mysql", version: 80036, mode: defaultSqlMode };
const inMode = (mode: Partial<Dialect["mode"]>): Dialect => ({ ...mariadb, mode: { ...defaultSqlMode, ...mode } });

/** `Name:text` of each token; the text only where it differs from the image. */
function shown(text: string, dialect: Dialect): string {
  return tokenize(text, dialect)
    .tokens.map(({ tokenType, image, text: value }) =>
      value === undefined || value === image ? `${tokenType.name} ${image}` : `${tokenType.name} ${image}=${value}`,
    )
    .join(" | ");
}

test.for<readonly [text: string, tokens: string, dialect?: Dialect]>([
  ["`a``b`", "QuotedIdentifier `a``b`=a`b"],
  ['"a\\"b"', 'StringLiteral "a\\"b"=a"b'],
  ['"a"', 'QuotedIdentifier "a"=a', inMode({ ansiQuotes: true })],
  ["'it''s \\n \\% \\q'", "StringLiteral 'it''s \\n \\% \\q'=it's \n \\% q"],
  ["'\\'", "StringLiteral '\\'=\\", inMode({ noBackslashEscapes: true })],
  ["'open", "Unknown 'open"],
  ["_utf8mb4'x' _nothing", "Introducer _utf8mb4=utf8mb4 | StringLiteral 'x'=x | PlainIdentifier _nothing"],
  ["N'x' n.x", "NationalString N'x'=x | PlainIdentifier n | Dot . | PlainIdentifier x"],
  ["x'4D' 0x4D b'01' 0b01", "HexLiteral x'4D'=4D | HexLiteral 0x4D=4D | BitLiteral b'01'=01 | BitLiteral 0b01=01"],
  ["x'4' 0xg 0x", "Unknown x'4 | Unknown ' 0xg 0x"],
  [
    "1.e3 .5 1. 1e3 1e 2nd",
    "FloatLiteral 1.e3 | DecimalLiteral .5 | DecimalLiteral 1. | FloatLiteral 1e3 | PlainIdentifier 1e | PlainIdentifier 2nd",
  ],
  [
    "t.1 t .1 `t`.1",
    "PlainIdentifier t | Dot . | PlainIdentifier 1 | PlainIdentifier t | DecimalLiteral .1 | QuotedIdentifier `t`=t | DecimalLiteral .1",
  ],
  [
    "t.select select.t",
    "PlainIdentifier t | Dot . | PlainIdentifier select | PlainIdentifier select | Dot . | PlainIdentifier t",
  ],
  ["1--1", "IntegerLiteral 1 | Minus - | Minus - | IntegerLiteral 1"],
  ["1 -- 1\n, 2 # 3", "IntegerLiteral 1 | Comma , | IntegerLiteral 2"],
  ["1 --", "IntegerLiteral 1"],
  ["1 /* 2 /* 3 */ 4", "IntegerLiteral 1 | IntegerLiteral 4"],
  ["/*! 1 */ 2", "IntegerLiteral 1 | IntegerLiteral 2"],
  ["/*!50000 1 */ 2", "IntegerLiteral 1 | IntegerLiteral 2"],
  ["/*!500001 1 */ 2", "IntegerLiteral 2"],
  ["/*!80000 1 */ 2", "IntegerLiteral 2"],
  ["/*!80000 1 */ 2", "IntegerLiteral 1 | IntegerLiteral 2", mysql],
  ["/*!80037 1 */ 2", "IntegerLiteral 2", mysql],
  ["/*M!100600 1 */ 2", "IntegerLiteral 1 | IntegerLiteral 2"],
  ["/*M!100600 1 */ 2", "IntegerLiteral 2", mysql],
  ["/*!99999 1 /* 2 */ 3 */ 4", "IntegerLiteral 4"],
  ["/*!50000 1 /* 2 */ 3 */ 4", "IntegerLiteral 1 | IntegerLiteral 3 | IntegerLiteral 4"],
  ["/*!50000 1", "IntegerLiteral 1 | Unknown "],
  ["/* 1", "Unknown /* 1"],
  ["@a @'b c' @`d` @@x @", "AtName @a=a | AtName @'b c'=b c | AtName @`d`=d | AtAt @@ | PlainIdentifier x | AtName @="],
  ["u@10.0.0.1", "PlainIdentifier u | AtName @10.0.0.1=10.0.0.1"],
  [
    "<=> <> != <= := :",
    "OtherComparison <=> | OtherComparison <> | OtherComparison != | OtherComparison <= | Assign := | Colon :",
  ],
  [
    "a->'$' b->>'$'",
    "PlainIdentifier a | Arrow -> | StringLiteral '$'=$ | PlainIdentifier b | DoubleArrow ->> | StringLiteral '$'=$",
    mysql,
  ],
  ["a->1", "PlainIdentifier a | Minus - | OtherComparison > | IntegerLiteral 1"],
  [
    "count(1) count (1)",
    "COUNT count | LeftParen ( | IntegerLiteral 1 | RightParen ) | PlainIdentifier count | LeftParen ( | IntegerLiteral 1 | RightParen )",
  ],
  ["count (1)", "COUNT count | LeftParen ( | IntegerLiteral 1 | RightParen )", inMode({ ignoreSpace: true })],
  ["\\N \\n", "NULL \\N | Unknown \\ | PlainIdentifier n"],
  ["? ?a", "Parameter ? | Unknown ? | PlainIdentifier a"],
  // A no-break space is part of a name, and so are letters whose capitals are ASCII.
  ["a\u00a0b \u017felect", "PlainIdentifier a\u00a0b | PlainIdentifier \u017felect"],
])("%s is cut as the server cuts it", ([text, tokens, dialect = mariadb]) => {
  expect(shown(text, dialect)).toBe(tokens);
});

test("each token says where it stands", () => {
  const text = "select /*!50000 'a' */ `b`";
  const places = tokenize(text, mariadb).tokens.map(({ startOffset, endOffset }) =>
    text.slice(startOffset, endOffset + 1),
  );
  expect(places).toEqual(["select", "'a'", "`b`"]);
});

test("optimizer hints are comments whose places are kept", () => {
  const { tokens, hints } = tokenize("select /*+ MAX_EXECUTION_TIME(1) */ 1", mysql);
  expect(tokens.map(({ image }) => image)).toEqual(["select", "1"]);
  expect(hints).toEqual([{ start: 7, end: 35 }]);
});
