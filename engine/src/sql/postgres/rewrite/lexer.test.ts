import { describe, expect, test } from "vitest";
import { tokenize } from "./lexer.ts";

const tokensOf = (text: string) => {
  const bytes = Buffer.from(text, "utf8");
  return tokenize(bytes).map(({ kind, start, end }) => `${kind} ${bytes.toString("utf8", start, end)}`);
};

describe("tokens end where PostgreSQL's scanner ends them", () => {
  test.each([
    ["select a.b", ["word select", "word a", "punctuation .", "word b"]],
    ['"a""b".U&"d\\0061t" uescape', ['quoted "a""b"', "punctuation .", 'quoted U&"d\\0061t"', "word uescape"]],
    [
      "'it''s' 'x\\' E'a\\'b' U&'x' b'1' N'n'",
      ["string 'it''s'", "string 'x\\'", "string E'a\\'b'", "string U&'x'", "string b'1'", "string N'n'"],
    ],
    ["'a'\n 'b' 'c'", ["string 'a'\n 'b'", "string 'c'"]],
    ["e'a' -- c\n'\\'b'", ["string e'a' -- c\n'\\'b'"]],
    ["$$ a $x$ $$ $t$ $$ $t$ $1", ["string $$ a $x$ $$", "string $t$ $$ $t$", "parameter $1"]],
    ["a$b$c", ["word a$b$c"]],
    ["a/* x /* y */ ' */b--c\nd", ["word a", "word b", "word d"]],
    ["a*/**/b *-- x\n", ["word a", "operator *", "word b", "operator *"]],
    ["1.5e-3 0x1F 1_000 .5 1", ["number 1.5e-3", "number 0x1F", "number 1_000", "number .5", "number 1"]],
    [
      "a=-1 b<>-1 c@-1",
      [
        "word a",
        "operator =",
        "operator -",
        "number 1",
        "word b",
        "operator <>",
        "operator -",
        "number 1",
        "word c",
        "operator @-",
        "number 1",
      ],
    ],
    ["a::b:=c=>d", ["word a", "punctuation ::", "word b", "punctuation :=", "word c", "operator =>", "word d"]],
    ["é\u00a0x\u{1F600}", ["word é\u00a0x\u{1F600}"]],
    ["", []],
  ])("%j", (text, expected) => {
    expect(tokensOf(text)).toEqual(expected);
  });
});
