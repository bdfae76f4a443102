import type { Dialect } from "./dialect.ts";
import { literalTokens } from "./fingerprint.ts";
import { tokenize } from "./lexer/lexer.ts";
import * as t from "./lexer/tokens.ts";

/**
 * A statement that the parser has accepted, with `?` in place of each literal; what is between its words and holds more than spaces, comments
 * that is, becomes a space.
 * @throws where the text cannot be cut into words
 */
export function withoutMysqlLiterals(text: string, dialect: Dialect): string {
  const parts: string[] = [];
  let kept = 0;
  for (const { tokenType, image, startOffset } of tokenize(text, dialect).tokens) {
    if (tokenType === t.Unknown) throw new Error("a word that is none");
    const between = text.slice(kept, startOffset);
    parts.push(/^\s*$/.test(between) ? between : " ");
    parts.push(literalTokens.has(tokenType) ? "?" : image);
    kept = startOffset + image.length;
  }
  return parts.join("").trim();
}
