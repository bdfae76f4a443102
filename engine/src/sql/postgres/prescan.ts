import { bracketDepth, type ParseLimits } from "./limits.ts";

export type LimitName = "nul" | "invalid_text" | "statement_bytes" | "tree_depth" | "statements" | "parser_fault";

export interface Refusal {
  readonly limit: LimitName;
  readonly message: string;
}

/**
 * Looks at a text once, before the parser does, and refuses what the parser could not read safely.
 *
 * The depth of the tree is estimated from brackets and from operators between commas: operators chain to the left
 * (`a + b + c` is three levels deep) while list elements and the terms of AND and OR lie side by side. It only has to be an upper
 * bound, up to a constant factor, of what the grammar builds; a statement with thousands of rows or OR terms stays flat.
 * Quotes, dollar quotes and comments are skipped as PostgreSQL's scanner skips them with standard_conforming_strings on; where the
 * two would differ, the text does not parse or the estimate errs upwards.
 */
export function prescan(text: string, limits: ParseLimits): Refusal | undefined {
  // A UTF-16 unit takes at most three bytes: only texts near the limit are measured exactly.
  if (text.length > limits.statementBytesMax || text.length * 3 > limits.statementBytesMax) {
    const bytes = Buffer.byteLength(text, "utf8");
    if (bytes > limits.statementBytesMax) {
      return refuse("statement_bytes", `statement of ${bytes} bytes is over the limit of ${limits.statementBytesMax}`);
    }
  }
  if (text.includes("\0")) return refuse("nul", "statement contains a NUL character");
  if (!text.isWellFormed()) return refuse("invalid_text", "statement is not valid Unicode text");
  const depth = treeDepth(text, limits.treeDepthMax);
  if (depth > limits.treeDepthMax) {
    return refuse("tree_depth", `statement nests or chains too deeply (limit ${limits.treeDepthMax})`);
  }
  return undefined;
}

export function refuse(limit: LimitName, message: string): Refusal {
  return { limit, message };
}

/** Upper bound of the tree's depth, or a number over `max` as soon as that is certain. */
function treeDepth(text: string, max: number): number {
  // What an enclosing bracket had on its path when an inner one opened.
  const outer: { chain: number; joined: number }[] = [];
  let below = 0;
  let chain = 0;
  let joined = 0;
  let deepest = 0;
  const length = text.length;
  let at = 0;
  while (at < length) {
    const code = text.charCodeAt(at);
    if (code <= 32) {
      at++;
    } else if (isWordStart(code)) {
      let end = at + 1;
      while (end < length && isWordPart(text.charCodeAt(end))) end++;
      // E'…' is the one literal in which a backslash escapes a quote.
      if (end === at + 1 && (code | 32) === 101 && text.charCodeAt(end) === 39) {
        at = skipQuoted(text, end, 39, true);
        continue;
      }
      switch (wordEffect(text, at, end)) {
        case "sibling":
          chain = 0;
          break;
        case "chain":
          chain++;
          break;
        case "joined":
          joined++;
          chain = 0;
          break;
        case "none":
          break;
      }
      at = end;
    } else if (code === 39 || code === 34) {
      at = skipQuoted(text, at, code, false);
    } else if (code === 36) {
      at = skipDollarQuote(text, at);
    } else if (code === 45 && text.charCodeAt(at + 1) === 45) {
      const end = endOfLine(text, at);
      at = end;
    } else if (code === 47 && text.charCodeAt(at + 1) === 42) {
      at = skipBlockComment(text, at);
    } else if (code === 40 || code === 91) {
      outer.push({ chain, joined });
      below += chain + joined + bracketDepth;
      chain = 0;
      joined = 0;
      at++;
    } else if (code === 41 || code === 93) {
      const enclosing = outer.pop();
      if (enclosing !== undefined) {
        ({ chain, joined } = enclosing);
        below -= chain + joined + bracketDepth;
        // A postfix bracket (a call, a subscript) lengthens the chain that it stands in.
        chain++;
      }
      at++;
    } else if (code === 44) {
      chain = 0;
      at++;
    } else if (code === 59) {
      if (outer.length === 0) {
        chain = 0;
        joined = 0;
      }
      at++;
    } else {
      if (isOperatorPart(code)) chain++;
      at++;
    }
    const depth = below + chain + joined;
    if (depth > deepest) {
      deepest = depth;
      if (deepest > max) return deepest;
    }
  }
  return deepest;
}

type WordEffect = "none" | "sibling" | "chain" | "joined";

function wordEffect(text: string, start: number, end: number): WordEffect {
  const length = end - start;
  if (length < 2 || length > 9) return "none";
  const first = text.charCodeAt(start) | 32;
  switch (first) {
    case 97: // and
      return is(text, start, end, "and") ? "sibling" : "none";
    case 111: // or
      return is(text, start, end, "or") ? "sibling" : "none";
    case 110: // not
      return is(text, start, end, "not") ? "chain" : "none";
    case 99: // case, collate
      return is(text, start, end, "case") || is(text, start, end, "collate") ? "joined" : "none";
    case 122: // at time zone
      return is(text, start, end, "zone") ? "chain" : "none";
    case 117:
      return is(text, start, end, "union") ? "joined" : "none";
    case 105:
      return is(text, start, end, "intersect") ? "joined" : "none";
    case 101:
      return is(text, start, end, "except") ? "joined" : "none";
    case 106:
      return is(text, start, end, "join") ? "joined" : "none";
    default:
      return "none";
  }
}

function is(text: string, start: number, end: number, word: string): boolean {
  if (end - start !== word.length) return false;
  for (let index = 0; index < word.length; index++) {
    if ((text.charCodeAt(start + index) | 32) !== word.charCodeAt(index)) return false;
  }
  return true;
}

function isWordStart(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === 95 || code >= 128;
}

function isWordPart(code: number): boolean {
  return isWordStart(code) || (code >= 48 && code <= 57) || code === 36;
}

function isOperatorPart(code: number): boolean {
  switch (code) {
    case 33: // !
    case 35: // #
    case 37: // %
    case 38: // &
    case 42: // *
    case 43: // +
    case 45: // -
    case 47: // /
    case 58: // :
    case 60: // <
    case 61: // =
    case 62: // >
    case 63: // ?
    case 64: // @
    case 94: // ^
    case 96: // `
    case 124: // |
    case 126: // ~
      return true;
    default:
      return false;
  }
}

function skipQuoted(text: string, open: number, quote: number, escapes: boolean): number {
  const length = text.length;
  for (let at = open + 1; at < length; at++) {
    const code = text.charCodeAt(at);
    if (code === quote) {
      if (text.charCodeAt(at + 1) !== quote) return at + 1;
      at++;
    } else if (escapes && code === 92) {
      at++;
    }
  }
  return length;
}

function endOfLine(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 10 || code === 13) return at;
  }
  return text.length;
}

function skipBlockComment(text: string, open: number): number {
  let nested = 1;
  let at = open + 2;
  while (at < text.length && nested > 0) {
    const code = text.charCodeAt(at);
    if (code === 42 && text.charCodeAt(at + 1) === 47) {
      nested--;
      at += 2;
    } else if (code === 47 && text.charCodeAt(at + 1) === 42) {
      nested++;
      at += 2;
    } else {
      at++;
    }
  }
  return at;
}

/** `$tag$ … $tag$`; a `$1` or a lone dollar is one character. */
function skipDollarQuote(text: string, open: number): number {
  let end = open + 1;
  const first = text.charCodeAt(end);
  if (first !== 36) {
    if (!isWordStart(first)) return open + 1;
    while (end < text.length && text.charCodeAt(end) !== 36) {
      if (!isWordPart(text.charCodeAt(end))) return open + 1;
      end++;
    }
    if (end >= text.length) return open + 1;
  }
  const tag = text.slice(open, end + 1);
  const close = text.indexOf(tag, end + 1);
  return close < 0 ? text.length : close + tag.length;
}
