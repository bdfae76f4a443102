import { type Token, tokenize } from "./rewrite/lexer.ts";

/**
 * A statement that the parser has accepted, with `?` in place of each literal; what is between its words and holds more than spaces, comments
 * that is, becomes a space.
 */
export function withoutPostgresLiterals(text: string): string {
  const bytes = Buffer.from(text, "utf8");
  const parts: string[] = [];
  let before: Token | undefined;
  for (const token of tokenize(bytes)) {
    const { kind, start, end } = token;
    const between = bytes.toString("utf8", before?.end ?? 0, start);
    // Two strings with a line between them are one.
    if (kind === "string" && before?.kind === "string") {
      before = token;
      continue;
    }
    parts.push(/^\s*$/.test(between) ? between : " ");
    parts.push(kind === "string" || kind === "number" ? "?" : bytes.toString("utf8", start, end));
    before = token;
  }
  return parts.join("").trim();
}
