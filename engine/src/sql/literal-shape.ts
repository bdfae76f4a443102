/**
 * A text with its plain literals taken out, so that texts which differ in them alone can share what was found out about one of them.
 * Hot: runs for every text that was not seen before, so it reads the characters once and knows only what most statements consist of.
 * Whatever could be read in another way (comments, dollar quotes, escape and Unicode strings, backslashes, anything but printable
 * ASCII) has no shape. Rules: PostgreSQL's documentation, "Lexical Structure".
 *
 * MySQL's texts are read with the same eyes. What they take for something else, a backtick, a comment after `#`, cannot mislead: a literal is
 * taken for free only where the parser found one of that value at that place, and a text that differs from it in that alone is read alike up to
 * there and behind it.
 */
import type { LiteralReader, LiteralShape } from "./sql-dialect.ts";

export const plainLiterals: LiteralReader = {
  shape: literalShape,
  value: (literal) => (literal.startsWith("'") ? literal.slice(1, -1).replaceAll("''", "'") : String(Number(literal))),
};

const numberMark = "\u0001";
const stringMark = "\u0002";
/** A longer text is read faster than its literals are worth. */
const charactersMax = 4_000;
/** Nine digits are an `Integer` of the parse tree, whatever they are. */
const digitsMax = 9;

/** Classes of characters, as bits; zero for those that a text with a shape does not hold outside of what these classes cover. */
const letters = 1;
const digits = 2;
const dollars = 4;
const dots = 8;
const others = 16;
const classes = new Uint8Array(128);
for (let code = 0x20; code < 0x7f; code++) classes[code] = classOf(String.fromCharCode(code));
for (const space of "\t\n\r\f") classes[space.charCodeAt(0)] = others;

function classOf(character: string): number {
  if (/[A-Za-z_]/.test(character)) return letters;
  if (/[0-9]/.test(character)) return digits;
  if (character === "$") return dollars;
  if (character === ".") return dots;
  return character === "\\" ? 0 : others;
}

/** What a word consists of after its first letter. */
const wordClasses = letters | digits | dollars;
/** Fractions, exponents, digits of other bases, and what PostgreSQL calls trailing junk. */
const numberClasses = letters | digits | dots;

const quote = 0x27;
const doubleQuote = 0x22;
const ampersand = 0x26;
const asterisk = 0x2a;
const minus = 0x2d;
const slash = 0x2f;

function literalShape(text: string): LiteralShape | undefined {
  const { length } = text;
  if (length > charactersMax) return undefined;
  const bounds: number[] = [];
  let shape = "";
  let copied = 0;
  let at = 0;
  while (at < length) {
    const kind = classAt(text, at);
    if (kind === 0) return undefined;
    if (kind === letters) {
      at = runEnd(text, at + 1, wordClasses);
      // `E'…'`, `X'…'`, `U&"…"` and their like.
      const next = text.charCodeAt(at);
      if (next === quote || next === doubleQuote || next === ampersand) return undefined;
    } else if (kind === digits) {
      const end = runEnd(text, at + 1, digits);
      if (end - at > digitsMax || (classAt(text, end) & numberClasses) !== 0) {
        at = runEnd(text, end, numberClasses);
      } else {
        shape += text.slice(copied, at) + numberMark;
        bounds.push(at, end);
        at = copied = end;
      }
    } else if (kind === dollars) {
      // A parameter; everything else that begins so is a quote.
      if (classAt(text, at + 1) !== digits) return undefined;
      at = runEnd(text, at + 1, numberClasses);
    } else if (kind === dots) {
      at = runEnd(text, at + 1, numberClasses);
    } else {
      const code = text.charCodeAt(at);
      const next = text.charCodeAt(at + 1);
      if (code === quote || code === doubleQuote) {
        const end = quotedEnd(text, at, code);
        if (end < 0) return undefined;
        if (code === quote) {
          shape += text.slice(copied, at) + stringMark;
          bounds.push(at, end);
          copied = end;
        }
        at = end;
      } else {
        if ((code === minus && next === minus) || (code === slash && next === asterisk)) return undefined;
        at++;
      }
    }
  }
  return { shape: shape + text.slice(copied), bounds };
}

/** Zero for what no shape holds, and behind the end. */
function classAt(text: string, at: number): number {
  const code = text.charCodeAt(at);
  return code < 128 ? (classes[code] ?? 0) : 0;
}

/** Where the characters of some classes end. */
function runEnd(text: string, from: number, wanted: number): number {
  let at = from;
  while ((classAt(text, at) & wanted) !== 0) at++;
  return at;
}

/** After the closing quote, a doubled one standing for itself; negative for what has none or holds what is refused. */
function quotedEnd(text: string, start: number, mark: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === mark) {
      if (text.charCodeAt(at + 1) !== mark) return at + 1;
      at++;
    } else if (classAt(text, at) === 0) return -1;
  }
  return -1;
}
