/**
 * Where the tokens of a text begin and end, in UTF-8 bytes. The parse tree says where things begin, never where they end, and the
 * parser's own scanner costs more than the parser. Follows PostgreSQL's scan.l under standard_conforming_strings = on, for texts that
 * the parser has accepted; `conformance/rewrite` compares it with that scanner over whole corpora.
 */
export interface Token {
  readonly kind: "word" | "quoted" | "string" | "number" | "parameter" | "operator" | "punctuation";
  readonly start: number;
  readonly end: number;
}

const code = (character: string): number => character.charCodeAt(0);
const quote = code("'");
const doubleQuote = code('"');
const dollar = code("$");
const backslash = code("\\");
const newline = code("\n");
const carriageReturn = code("\r");
const minus = code("-");
const plus = code("+");
const slash = code("/");
const star = code("*");
const dot = code(".");
const colon = code(":");
const equals = code("=");
const underscore = code("_");

const isSpace = table((byte) => " \t\n\r\f\v".includes(String.fromCharCode(byte)));
const isDigit = table((byte) => byte >= code("0") && byte <= code("9"));
const startsWord = table((byte) => /[A-Za-z_]/.test(String.fromCharCode(byte)) || byte >= 0x80);
const isOperator = table((byte) => "~!@#^&|`?+-*/%<>=".includes(String.fromCharCode(byte)));
/** A longer operator may end in + or - only with one of these in it. */
const keepsSign = table((byte) => "~!@#^&|`?%".includes(String.fromCharCode(byte)));

function table(belongs: (byte: number) => boolean): readonly boolean[] {
  return Array.from({ length: 256 }, (_, byte) => byte !== 0 && belongs(byte));
}

export function tokenize(text: Uint8Array): Token[] {
  const tokens: Token[] = [];
  let at = skipBlank(text, 0);
  while (at < text.length) {
    const token = tokenAt(text, at);
    tokens.push(token);
    at = skipBlank(text, token.end);
  }
  return tokens;
}

function tokenAt(text: Uint8Array, start: number): Token {
  const first = text[start] ?? 0;
  const second = text[start + 1] ?? 0;
  if (first === quote) return { kind: "string", start, end: endOfString(text, start, false) };
  if (first === doubleQuote) return { kind: "quoted", start, end: endOfQuoted(text, start, doubleQuote) };
  if (startsWord[first] === true) return wordOrPrefixed(text, start);
  if (isDigit[first] === true || (first === dot && isDigit[second] === true)) {
    return { kind: "number", start, end: endOfNumber(text, start) };
  }
  if (first === dollar) {
    if (isDigit[second] === true) {
      let end = start + 2;
      while (isDigit[text[end] ?? 0] === true) end++;
      return { kind: "parameter", start, end };
    }
    const end = endOfDollarQuote(text, start);
    if (end !== undefined) return { kind: "string", start, end };
  }
  if (isOperator[first] === true) return { kind: "operator", start, end: endOfOperator(text, start) };
  const isPair = first === colon && (second === colon || second === equals);
  return { kind: "punctuation", start, end: start + (isPair || (first === dot && second === dot) ? 2 : 1) };
}

/** Letters before a quote say how to read what is in it: E, B, X, N, U&. */
function wordOrPrefixed(text: Uint8Array, start: number): Token {
  const letter = String.fromCharCode(text[start] ?? 0).toLowerCase();
  const next = text[start + 1] ?? 0;
  if (next === quote && "ebxn".includes(letter)) {
    return { kind: "string", start, end: endOfString(text, start + 1, letter === "e") };
  }
  if (letter === "u" && next === code("&")) {
    const opening = text[start + 2] ?? 0;
    if (opening === quote) return { kind: "string", start, end: endOfString(text, start + 2, false) };
    if (opening === doubleQuote) return { kind: "quoted", start, end: endOfQuoted(text, start + 2, doubleQuote) };
  }
  let end = start + 1;
  while (isWordByte(text[end] ?? 0)) end++;
  return { kind: "word", start, end };
}

function isWordByte(byte: number): boolean {
  return startsWord[byte] === true || isDigit[byte] === true || byte === dollar;
}

/** A doubled quote does not end it. */
function endOfQuoted(text: Uint8Array, opening: number, mark: number): number {
  for (let at = opening + 1; at < text.length; at++) {
    if (text[at] !== mark) continue;
    if (text[at + 1] === mark) at++;
    else return at + 1;
  }
  return text.length;
}

/** A string goes on in another after blanks with a line break, read in the same way. */
function endOfString(text: Uint8Array, opening: number, escapes: boolean): number {
  let end = escapes ? endOfEscaped(text, opening) : endOfQuoted(text, opening, quote);
  for (;;) {
    const next = continuation(text, end);
    if (next === undefined) return end;
    end = escapes ? endOfEscaped(text, next) : endOfQuoted(text, next, quote);
  }
}

function endOfEscaped(text: Uint8Array, opening: number): number {
  for (let at = opening + 1; at < text.length; at++) {
    if (text[at] === backslash) at++;
    else if (text[at] === quote) {
      if (text[at + 1] === quote) at++;
      else return at + 1;
    }
  }
  return text.length;
}

function continuation(text: Uint8Array, from: number): number | undefined {
  let sawLineBreak = false;
  for (let at = from; at < text.length; at++) {
    const byte = text[at] ?? 0;
    if (byte === newline || byte === carriageReturn) sawLineBreak = true;
    else if (byte === minus && text[at + 1] === minus) at = endOfLine(text, at) - 1;
    else if (isSpace[byte] !== true) return byte === quote && sawLineBreak ? at : undefined;
  }
  return undefined;
}

function endOfLine(text: Uint8Array, from: number): number {
  let at = from;
  while (at < text.length && text[at] !== newline && text[at] !== carriageReturn) at++;
  return at;
}

function endOfDollarQuote(text: Uint8Array, start: number): number | undefined {
  let at = start + 1;
  if (startsWord[text[at] ?? 0] === true) {
    while (startsWord[text[at] ?? 0] === true || isDigit[text[at] ?? 0] === true) at++;
  }
  if (text[at] !== dollar) return undefined;
  const tag = Buffer.from(text.buffer, text.byteOffset + start, at + 1 - start);
  const closing = Buffer.from(text.buffer, text.byteOffset, text.byteLength).indexOf(tag, at + 1);
  return closing < 0 ? text.length : closing + tag.length;
}

/** Whole and fractional digits, other bases, underscores, an exponent. Letters that cannot belong would have been refused. */
function endOfNumber(text: Uint8Array, start: number): number {
  let at = start;
  let isDecimal = true;
  if (text[start] === code("0") && /[xXoObB]/.test(String.fromCharCode(text[start + 1] ?? 0))) {
    isDecimal = false;
    at += 2;
  }
  for (; at < text.length; at++) {
    const byte = text[at] ?? 0;
    if (isDigit[byte] === true || byte === underscore) continue;
    if (!isDecimal && /[0-9a-fA-F]/.test(String.fromCharCode(byte))) continue;
    if (isDecimal && byte === dot && text[at + 1] !== dot) continue;
    if (isDecimal && (byte === code("e") || byte === code("E"))) {
      const sign = text[at + 1] === minus || text[at + 1] === plus ? 1 : 0;
      if (isDigit[text[at + 1 + sign] ?? 0] === true) {
        at += sign;
        continue;
      }
    }
    break;
  }
  return at;
}

/** As many operator characters as there are, up to a comment; then the rule about a sign at the end. */
function endOfOperator(text: Uint8Array, start: number): number {
  let end = start;
  let keeps = false;
  while (isOperator[text[end] ?? 0] === true && !startsComment(text, end)) {
    if (keepsSign[text[end] ?? 0] === true) keeps = true;
    end++;
  }
  if (keeps) return end;
  while (end > start + 1 && (text[end - 1] === minus || text[end - 1] === plus)) end--;
  return end === start ? start + 1 : end;
}

function startsComment(text: Uint8Array, at: number): boolean {
  return (text[at] === minus && text[at + 1] === minus) || (text[at] === slash && text[at + 1] === star);
}

/** Blanks and comments; block comments nest. */
function skipBlank(text: Uint8Array, from: number): number {
  let at = from;
  while (at < text.length) {
    if (isSpace[text[at] ?? 0] === true) at++;
    else if (text[at] === minus && text[at + 1] === minus) at = endOfLine(text, at);
    else if (text[at] === slash && text[at + 1] === star) at = endOfBlockComment(text, at);
    else break;
  }
  return at;
}

function endOfBlockComment(text: Uint8Array, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    if (text[at] === slash && text[at + 1] === star) {
      depth++;
      at++;
    } else if (text[at] === star && text[at + 1] === slash) {
      depth--;
      at++;
      if (depth === 0) return at + 1;
    }
  }
  return text.length;
}
