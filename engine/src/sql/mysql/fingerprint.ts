import { createHash } from "node:crypto";
import type { Dialect } from "./dialect.ts";
import { tokenize } from "./lexer/lexer.ts";
import * as t from "./lexer/tokens.ts";

/**
 * Digest of a text without its literals, for the audit log only: keywords in any case, spaces and comments make no difference, nor does how
 * many literals a list has.
 */
export function fingerprintMysql(text: string, dialect: Dialect): string {
  const hash = createHash("sha256");
  let previous = "";
  for (const token of tokenize(text, dialect).tokens) {
    const word = literalTokens.has(token.tokenType) ? "?" : (token.text ?? token.image.toUpperCase());
    if (word === "?" && (previous === "?" || previous === "?,")) {
      previous = "?";
      continue;
    }
    if (word === "," && previous === "?") {
      previous = "?,";
      continue;
    }
    hash.update(previous === "?," ? `,\0${word}\0` : `${word}\0`);
    previous = word;
  }
  return hash.digest("hex").slice(0, 16);
}

export const literalTokens: ReadonlySet<unknown> = new Set([
  t.StringLiteral,
  t.NationalString,
  t.IntegerLiteral,
  t.DecimalLiteral,
  t.FloatLiteral,
  t.HexLiteral,
  t.BitLiteral,
]);
