/**
 * From text to tokens as the server's own lexer cuts it (manual: Lexical Structure, Comments). Hot: one pass, a jump by character code.
 * What is no token becomes `Unknown`, which no rule takes; what ends inside a quote or comment too.
 */
import type { TokenType } from "chevrotain";
import type { Dialect } from "../dialect.ts";
import { characterSets } from "./character-sets.ts";
import { isAscii, isDigit, isHexDigit, isHostPart, isIdentifierPart, isSpace, unescapeString } from "./characters.ts";
import * as t from "./tokens.ts";
import { functionWords, keywordSynonyms, nonReservedWords, reservedWords } from "./words.ts";

export interface Lexed {
  readonly tokens: readonly t.SqlToken[];
  /** Optimizer hints: where the comments stand that MySQL reads; to MariaDB of these versions they are comments. */
  readonly hints: readonly { readonly start: number; readonly end: number }[];
}

const keywords = new Map<string, TokenType>();
for (const word of [...reservedWords, ...nonReservedWords]) keywords.set(word, t.k[word]);
const functionKeywords = new Map<string, TokenType>();
for (const word of functionWords) functionKeywords.set(word, t.k[word]);
for (const [synonym, word] of keywordSynonyms) {
  const type = t.k[word];
  (functionKeywords.has(word) ? functionKeywords : keywords).set(synonym, type);
}
/** No keyword is longer: a longer word is not looked up. */
const keywordLengthMax = Math.max(...[...keywords.keys(), ...functionKeywords.keys()].map((word) => word.length));

const symbols: Readonly<Record<string, TokenType>> = {
  "(": t.LeftParen,
  ")": t.RightParen,
  "{": t.LeftBrace,
  "}": t.RightBrace,
  ",": t.Comma,
  ";": t.Semicolon,
  "~": t.Tilde,
  "+": t.Plus,
  "*": t.Asterisk,
  "%": t.Percent,
  "^": t.Caret,
};

export function tokenize(text: string, dialect: Dialect): Lexed {
  return new Lexer(text, dialect).run();
}

class Lexer {
  readonly #text: string;
  readonly #dialect: Dialect;
  readonly #tokens: t.SqlToken[] = [];
  readonly #hints: { start: number; end: number }[] = [];
  #at = 0;
  /** Inside a versioned comment whose content is code. */
  #inCode = false;
  /** The last token was a name, and `.` with a name follows: no keyword is looked up after it. */
  #afterDot = false;
  /** Bytes that are no UTF-8 stand in the text, as lone surrogates: see `readStatement` of the proxy. */
  readonly #hasBytes: boolean;

  constructor(text: string, dialect: Dialect) {
    this.#text = text;
    this.#hasBytes = !text.isWellFormed();
    this.#dialect = dialect;
  }

  run(): Lexed {
    while (this.#at < this.#text.length) this.#next();
    // A comment of code that is never closed is an error to the server.
    if (this.#inCode) this.#push(t.Unknown, this.#text.length);
    return { tokens: this.#tokens, hints: this.#hints };
  }

  #code(offset = 0): number {
    // NaN past the end compares false with everything.
    return this.#text.charCodeAt(this.#at + offset);
  }

  #push(type: TokenType, end: number, text?: string): void {
    const start = this.#at;
    this.#at = end;
    const image = this.#text.slice(start, end);
    const isWrong = this.#hasBytes && type !== t.StringLiteral && !image.isWellFormed();
    const tokenType = isWrong ? t.Unknown : type;
    this.#tokens.push({
      image,
      startOffset: start,
      endOffset: end - 1,
      tokenTypeIdx: tokenType.tokenTypeIdx as number,
      tokenType,
      text,
    });
  }

  #next(): void {
    const code = this.#code();
    if (isSpace(code)) {
      this.#at++;
      return;
    }
    const afterDot = this.#afterDot;
    this.#afterDot = false;
    if (isIdentifierPart(code)) {
      if (afterDot) this.#identifierAfterDot();
      else if (isDigit(code)) this.#numberOrIdentifier();
      else this.#word();
      return;
    }
    const next = this.#code(1);
    switch (code) {
      case 0x22: // "
        if (this.#dialect.mode.ansiQuotes) this.#quotedIdentifier();
        else this.#string(t.StringLiteral, this.#at);
        return;
      case 0x27: // '
        this.#string(t.StringLiteral, this.#at);
        return;
      case 0x60: // `
        this.#quotedIdentifier();
        return;
      case 0x23: // #
        this.#skipLine();
        return;
      case 0x2d: // -
        // The server wants a space or control character after `--`: `1--1` is arithmetic.
        if (next === 0x2d && !(this.#code(2) > 0x20 && this.#code(2) !== 0x7f)) this.#skipLine();
        else if (next === 0x3e && this.#dialect.product === "mysql") this.#arrow();
        else this.#push(t.Minus, this.#at + 1);
        return;
      case 0x2f: // /
        if (next === 0x2a) this.#comment();
        else this.#push(t.Slash, this.#at + 1);
        return;
      case 0x2a: // *
        if (next === 0x2f && this.#inCode) {
          this.#inCode = false;
          this.#at += 2;
        } else this.#push(t.Asterisk, this.#at + 1);
        return;
      case 0x2e: // .
        this.#dot(next);
        return;
      case 0x40: // @
        this.#atSign(next);
        return;
      case 0x3a: // :
        this.#push(next === 0x3d ? t.Assign : t.Colon, this.#at + (next === 0x3d ? 2 : 1));
        return;
      case 0x3f: // ?
        this.#push(isIdentifierPart(next) ? t.Unknown : t.Parameter, this.#at + 1);
        return;
      case 0x7c: // |
        this.#push(next === code ? t.DoubleBar : t.Bar, this.#at + (next === code ? 2 : 1));
        return;
      case 0x26: // &
        this.#push(next === code ? t.DoubleAmpersand : t.Ampersand, this.#at + (next === code ? 2 : 1));
        return;
      case 0x5c: // \N is NULL.
        if (next === 0x4e) this.#push(t.k.NULL, this.#at + 2);
        else this.#push(t.Unknown, this.#at + 1);
        return;
      case 0x21: // !
      case 0x3c: // <
      case 0x3d: // =
      case 0x3e: // >
        this.#comparison(code, next);
        return;
      default:
        this.#push(symbols[this.#text.charAt(this.#at)] ?? t.Unknown, this.#at + 1);
    }
  }

  #comparison(code: number, next: number): void {
    const one = this.#at + 1;
    if (code === 0x3c) {
      if (next === 0x3d) return this.#push(t.OtherComparison, this.#code(2) === 0x3e ? one + 2 : one + 1); // <=> <=
      if (next === 0x3e) return this.#push(t.OtherComparison, one + 1); // <>
      if (next === 0x3c) return this.#push(t.Shift, one + 1); // <<
      return this.#push(t.OtherComparison, one);
    }
    if (code === 0x3e) {
      if (next === 0x3d) return this.#push(t.OtherComparison, one + 1); // >=
      if (next === 0x3e) return this.#push(t.Shift, one + 1); // >>
      return this.#push(t.OtherComparison, one);
    }
    if (code === 0x21)
      return this.#push(next === 0x3d ? t.OtherComparison : t.Exclamation, next === 0x3d ? one + 1 : one);
    return this.#push(t.Equal, one);
  }

  #arrow(): void {
    const isDouble = this.#code(2) === 0x3e;
    this.#push(isDouble ? t.DoubleArrow : t.Arrow, this.#at + (isDouble ? 3 : 2));
  }

  #dot(next: number): void {
    const last = this.#tokens.at(-1);
    // After a bare name that the dot touches, what follows is a name, digits too: `t.1`. Else `.1` is a number.
    const touchesName = last !== undefined && last.endOffset === this.#at - 1 && isBareName(last);
    if (isDigit(next) && !touchesName) return this.#number(this.#at);
    if (next === 0x2e) return this.#push(t.DotDot, this.#at + 2);
    this.#push(t.Dot, this.#at + 1);
    this.#afterDot = isIdentifierPart(next);
  }

  #atSign(next: number): void {
    if (next === 0x40) return this.#push(t.AtAt, this.#at + 2);
    if (next === 0x27 || next === 0x22 || next === 0x60) {
      const close = this.#closingQuote(this.#at + 1, next === 0x60 || (next === 0x22 && this.#dialect.mode.ansiQuotes));
      if (close < 0) return this.#push(t.Unknown, this.#text.length);
      return this.#push(t.AtName, close + 1, this.#unquote(this.#at + 1, close));
    }
    let end = this.#at + 1;
    while (isHostPart(this.#text.charCodeAt(end))) end++;
    return this.#push(t.AtName, end, this.#text.slice(this.#at + 1, end));
  }

  /** Digits, then perhaps a fraction and an exponent; a name where letters follow the digits. */
  #numberOrIdentifier(): void {
    const start = this.#at;
    if (this.#code() === 0x30 && (this.#code(1) === 0x78 || this.#code(1) === 0x62)) {
      const isHex = this.#code(1) === 0x78;
      let end = start + 2;
      while (isHex ? isHexDigit(this.#text.charCodeAt(end)) : (this.#text.charCodeAt(end) | 1) === 0x31) end++;
      if (end > start + 2 && !isIdentifierPart(this.#text.charCodeAt(end))) {
        return this.#push(isHex ? t.HexLiteral : t.BitLiteral, end, this.#text.slice(start + 2, end));
      }
      return this.#identifierAfterDot();
    }
    let end = start;
    while (isDigit(this.#text.charCodeAt(end))) end++;
    const code = this.#text.charCodeAt(end);
    if (!isIdentifierPart(code)) {
      if (code === 0x2e && this.#text.charCodeAt(end + 1) !== 0x2e) return this.#number(end);
      return this.#push(t.IntegerLiteral, end, this.#text.slice(start, end));
    }
    if ((code | 0x20) === 0x65) {
      const exponent = this.#exponentEnd(end);
      if (exponent > 0) return this.#push(t.FloatLiteral, exponent, this.#text.slice(start, exponent));
    }
    return this.#identifierAfterDot();
  }

  /** A number whose decimal point stands at `point`. */
  #number(point: number): void {
    let end = point + 1;
    while (isDigit(this.#text.charCodeAt(end))) end++;
    if ((this.#text.charCodeAt(end) | 0x20) !== 0x65) {
      return this.#push(t.DecimalLiteral, end, this.#text.slice(this.#at, end));
    }
    const exponent = this.#exponentEnd(end);
    if (exponent < 0) return this.#push(t.Unknown, end + 1);
    return this.#push(t.FloatLiteral, exponent, this.#text.slice(this.#at, exponent));
  }

  /** Where an exponent that begins with the `e` at `letter` ends; -1 where it has no digits. */
  #exponentEnd(letter: number): number {
    const sign = this.#text.charCodeAt(letter + 1);
    const digits = sign === 0x2b || sign === 0x2d ? letter + 2 : letter + 1;
    let end = digits;
    while (isDigit(this.#text.charCodeAt(end))) end++;
    return end === digits ? -1 : end;
  }

  #identifierAfterDot(): void {
    const end = this.#wordEnd(this.#at);
    const word = this.#text.slice(this.#at, end);
    this.#push(this.#qualifiedFunction(word, end) ?? t.PlainIdentifier, end, word);
  }

  /** `mariadb_schema.SUBSTRING(x FROM 2)`: MariaDB reads these functions after a dot as it does without. */
  #qualifiedFunction(word: string, end: number): TokenType | undefined {
    if (this.#dialect.product !== "mariadb" || this.#text.charCodeAt(end) !== 0x28) return undefined;
    const upper = word.toUpperCase();
    return qualifiedFunctions.has(upper) ? (functionKeywords.get(upper) ?? keywords.get(upper)) : undefined;
  }

  #wordEnd(from: number): number {
    let end = from;
    while (isIdentifierPart(this.#text.charCodeAt(end))) end++;
    return end;
  }

  #word(): void {
    const start = this.#at;
    const quote = this.#code(1);
    if (quote === 0x27) {
      const letter = this.#code() | 0x20;
      if (letter === 0x6e) return this.#string(t.NationalString, start + 1);
      if (letter === 0x78 || letter === 0x62) return this.#binary(letter === 0x78);
    }
    const end = this.#wordEnd(start);
    const word = this.#text.slice(start, end);
    const isQualifier = this.#text.charCodeAt(end) === 0x2e && isIdentifierPart(this.#text.charCodeAt(end + 1));
    if (!isQualifier && word.length <= keywordLengthMax) {
      const keyword = this.#keyword(word.toUpperCase(), end);
      // Letters beyond ASCII can have capitals within: `ſelect` is a name.
      if (keyword !== undefined && isAscii(word)) return this.#push(keyword, end, word);
    }
    if (this.#code() === 0x5f && characterSets.has(word.slice(1).toLowerCase())) {
      return this.#push(t.Introducer, end, word.slice(1).toLowerCase());
    }
    return this.#push(t.PlainIdentifier, end, word);
  }

  #keyword(upper: string, end: number): TokenType | undefined {
    const keyword = keywords.get(upper);
    if (keyword !== undefined) return keyword;
    const functionKeyword = functionKeywords.get(upper);
    if (functionKeyword === undefined) return undefined;
    let bracket = end;
    if (this.#dialect.mode.ignoreSpace) while (isSpace(this.#text.charCodeAt(bracket))) bracket++;
    return this.#text.charCodeAt(bracket) === 0x28 ? functionKeyword : undefined;
  }

  /** `x'4D'` and `b'01'`: nothing but digits, and of hexadecimal ones an even number. */
  #binary(isHex: boolean): void {
    const start = this.#at + 2;
    let end = start;
    while (isHex ? isHexDigit(this.#text.charCodeAt(end)) : (this.#text.charCodeAt(end) | 1) === 0x31) end++;
    const isClosed = this.#text.charCodeAt(end) === 0x27 && (!isHex || (end - start) % 2 === 0);
    if (!isClosed) return this.#push(t.Unknown, end);
    return this.#push(isHex ? t.HexLiteral : t.BitLiteral, end + 1, this.#text.slice(start, end));
  }

  #string(type: TokenType, quoteAt: number): void {
    const close = this.#closingQuote(quoteAt, false);
    if (close < 0) return this.#push(t.Unknown, this.#text.length);
    return this.#push(type, close + 1, this.#unquote(quoteAt, close));
  }

  #quotedIdentifier(): void {
    const close = this.#closingQuote(this.#at, true);
    if (close < 0) return this.#push(t.Unknown, this.#text.length);
    const quote = this.#text.charAt(this.#at);
    const inside = this.#text.slice(this.#at + 1, close);
    return this.#push(t.QuotedIdentifier, close + 1, inside.replaceAll(quote + quote, quote));
  }

  /** Where the quote at `open` is closed; -1 where it is not. */
  #closingQuote(open: number, isIdentifier: boolean): number {
    const quote = this.#text.charCodeAt(open);
    const escapes = !isIdentifier && !this.#dialect.mode.noBackslashEscapes;
    for (let at = open + 1; at < this.#text.length; at++) {
      const code = this.#text.charCodeAt(at);
      if (code === 0x5c && escapes) at++;
      else if (code === quote) {
        if (this.#text.charCodeAt(at + 1) !== quote) return at;
        at++;
      }
    }
    return -1;
  }

  #unquote(open: number, close: number): string {
    const inside = this.#text.slice(open + 1, close);
    const quote = this.#text.charAt(open);
    const isIdentifier = quote === "`" || (quote === '"' && this.#dialect.mode.ansiQuotes);
    return isIdentifier
      ? inside.replaceAll(quote + quote, quote)
      : unescapeString(inside, quote, !this.#dialect.mode.noBackslashEscapes);
  }

  #skipLine(): void {
    const end = this.#text.indexOf("\n", this.#at);
    this.#at = end < 0 ? this.#text.length : end;
  }

  /** A comment at `/*`: skipped, or where it is versioned for this server, its content read as code. */
  #comment(): void {
    const start = this.#at;
    const isMariadb = this.#code(2) === 0x4d && this.#code(3) === 0x21 && this.#dialect.product === "mariadb";
    if (this.#code(2) === 0x21 || isMariadb) {
      const digitsAt = start + (isMariadb ? 4 : 3);
      const digits = /^\d{5}\d?/.exec(this.#text.slice(digitsAt, digitsAt + 6))?.[0] ?? "";
      if (digits === "" || this.#runsVersion(globalThis.Number(digits), isMariadb)) {
        this.#at = digitsAt + digits.length;
        this.#inCode = true;
        return;
      }
      this.#skipComment(start + 2, true);
      return;
    }
    this.#skipComment(start + 2, false);
    if (this.#text.charCodeAt(start + 2) === 0x2b && this.#dialect.product === "mysql")
      this.#hints.push({ start, end: this.#at });
  }

  /** MariaDB leaves out what is meant for MySQL 5.7 and later: its versions begin with 10. */
  #runsVersion(version: number, isMariadbComment: boolean): boolean {
    if (version > this.#dialect.version) return false;
    if (this.#dialect.product === "mysql" || isMariadbComment) return true;
    return version < 50_700 || version > 99_999;
  }

  /** Moves behind the end of a comment, in which one more may be nested where that is allowed. */
  #skipComment(from: number, mayNest: boolean): void {
    let at = from;
    for (;;) {
      const close = this.#text.indexOf("*/", at);
      if (close < 0) return this.#push(t.Unknown, this.#text.length);
      const nested = mayNest ? this.#text.indexOf("/*", at) : -1;
      if (nested < 0 || nested > close) {
        this.#at = close + 2;
        return undefined;
      }
      const inner = this.#text.indexOf("*/", nested + 2);
      if (inner < 0) return this.#push(t.Unknown, this.#text.length);
      at = inner + 2;
    }
  }
}

/** Functions that keep their own grammar after a schema's name. */
const qualifiedFunctions: ReadonlySet<string> = new Set(["SUBSTRING", "SUBSTR", "TRIM", "REPLACE"]);

function isBareName(token: t.SqlToken): boolean {
  return token.tokenType === t.PlainIdentifier;
}
