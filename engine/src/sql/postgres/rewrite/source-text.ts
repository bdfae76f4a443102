import { type Token, tokenize } from "./lexer.ts";

/** A text as bytes and tokens: the tree's positions are where tokens start. */
export interface SourceText {
  readonly bytes: Buffer;
  readonly tokens: readonly Token[];
  /** Index of the token that starts at a byte. */
  readonly indexAt: ReadonlyMap<number, number>;
}

export function sourceText(text: string): SourceText {
  const bytes = Buffer.from(text, "utf8");
  const tokens = tokenize(bytes);
  return { bytes, tokens, indexAt: new Map(tokens.map((token, index) => [token.start, index])) };
}

/** A token as written. */
function written(source: SourceText, token: Token): string {
  return source.bytes.toString("utf8", token.start, token.end);
}

/** Whether the token at an index is this keyword or character; keywords in lower case. */
export function isToken(source: SourceText, index: number, what: string): boolean {
  const token = source.tokens[index];
  if (token === undefined || token.end - token.start !== what.length) return false;
  return token.kind !== "quoted" && token.kind !== "string" && written(source, token).toLowerCase() === what;
}

/** Index after a dotted name that starts at a token; `a.*` is left after `a`. Undefined where there is none. */
export function endOfName(source: SourceText, index: number): number | undefined {
  let next = endOfPart(source, index);
  while (next !== undefined && isToken(source, next, ".")) {
    const end = endOfPart(source, next + 1);
    if (end === undefined) return next;
    next = end;
  }
  return next;
}

function endOfPart(source: SourceText, index: number): number | undefined {
  const token = source.tokens[index];
  if (token?.kind === "word") return index + 1;
  if (token?.kind !== "quoted") return undefined;
  const takesEscape = isToken(source, index + 1, "uescape") && source.tokens[index + 2]?.kind === "string";
  return takesEscape ? index + 3 : index + 1;
}

/** Index after the parenthesis that closes the one at `index`. */
export function endOfParentheses(source: SourceText, index: number): number | undefined {
  if (!isToken(source, index, "(")) return undefined;
  let depth = 0;
  for (let at = index; at < source.tokens.length; at++) {
    if (isToken(source, at, "(")) depth++;
    else if (isToken(source, at, ")") && --depth === 0) return at + 1;
  }
  return undefined;
}
