/** Where the clauses of a statement stand in its tokens: the tree has no ends, and keywords no positions. */
import { Denial } from "../../denial.ts";
import { unclear } from "../../rewriting.ts";
import { isToken, type SourceText } from "./source-text.ts";

/** Tokens from one index up to another. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/**
 * Index of the next of these keywords at the same level of brackets and CASE, or of what ends the level: a closing bracket, a semicolon, the
 * end of the text.
 */
export function nextAtLevel(source: SourceText, start: number, words: readonly string[]): number {
  let depth = 0;
  for (let at = start; at < source.tokens.length; at++) {
    if (opens(source, at)) depth++;
    else if (isToken(source, at, ")") || isToken(source, at, "]") || isKeyword(source, at, "end")) {
      if (depth-- === 0) return at;
    } else if (depth === 0) {
      if (isToken(source, at, ";")) return at;
      if (words.some((word) => isToken(source, at, word)) && !isPartOfExpression(source, at)) return at;
    }
  }
  return source.tokens.length;
}

function opens(source: SourceText, at: number): boolean {
  return isToken(source, at, "(") || isToken(source, at, "[") || isKeyword(source, at, "case");
}

/** `t.case` and `as end` are names. */
function isKeyword(source: SourceText, at: number, word: string): boolean {
  return isToken(source, at, word) && !isToken(source, at - 1, ".") && !isToken(source, at - 1, "as");
}

/** `t.where`, and the FROM of `is distinct from`. */
function isPartOfExpression(source: SourceText, at: number): boolean {
  return isToken(source, at - 1, ".") || (isToken(source, at, "from") && isToken(source, at - 1, "distinct"));
}

/** The condition after WHERE, or undefined; and where it stands or would have to. */
export function whereSpan(source: SourceText, start: number): { condition: Span | undefined; end: number } {
  const where = nextAtLevel(source, start, ["where", "returning"]);
  if (!isToken(source, where, "where")) return { condition: undefined, end: where };
  const end = nextAtLevel(source, where + 1, ["returning"]);
  return { condition: { from: where + 1, to: end }, end };
}

/** The parts between commas at one level. */
export function commaSeparated(source: SourceText, { from, to }: Span): readonly Span[] {
  const parts: Span[] = [];
  let start = from;
  for (;;) {
    const end = Math.min(nextAtLevel(source, start, [","]), to);
    if (end <= start) throw new Denial(unclear);
    parts.push({ from: start, to: end });
    if (end >= to) return parts;
    start = end + 1;
  }
}
