/**
 * A text with its plain literals taken out, so that texts which differ in them alone can share what was found out about one of them.
 * Hot: runs for every text that was not seen before, so it reads the characters once and knows only what most statements consist of.
 * Whatever could be read in another way (comments, dollar quotes, escape and Unicode strings, backslashes, anything but printable
 * ASCII) has no shape. Rules: PostgreSQL's documentation, "Lexical Structure".
 */
export interface LiteralShape {
  /** The text with a mark in place of each literal; texts of one shape consist of the same tokens in the same order, literals apart. */
  readonly shape: string;
  /** Start and end of each literal in the text, in turns; strings with their quotes. */
  readonly bounds: readonly number[];
}

const numberMark = "\u0001";
const stringMark = "\u0002";
/** A longer text is read faster than its literals are worth. */
const charactersMax = 4_000;
/** Nine digits are an `Integer` of the parse tree, whatever they are. */
const digitsMax = 9;

/** Classes of ASCII characters. */
const other = 0;
const letter = 1;
const digit = 2;
const refused = 3;
const classes = new Uint8Array(128).fill(refused);
for (let code = 0x20; code < 0x7f; code++) classes[code] = other;
for (const space of "\t\n\r\f") classes[space.charCodeAt(0)] = other;
for (const from of ["a", "A"]) {
  for (let offset = 0; offset < 26; offset++) classes[from.charCodeAt(0) + offset] = letter;
}
classes["_".charCodeAt(0)] = letter;
for (let offset = 0; offset < 10; offset++) classes["0".charCodeAt(0) + offset] = digit;
classes["\\".charCodeAt(0)] = refused;

const quote = 0x27;
const doubleQuote = 0x22;
const dollar = 0x24;
const ampersand = 0x26;
const asterisk = 0x2a;
const minus = 0x2d;
const dot = 0x2e;
const slash = 0x2f;

export function literalShape(text: string): LiteralShape | undefined {
  const { length } = text;
  if (length > charactersMax) return undefined;
  const bounds: number[] = [];
  let shape = "";
  let copied = 0;
  let at = 0;
  while (at < length) {
    const code = text.charCodeAt(at);
    const kind = code < 128 ? classes[code] : refused;
    if (kind === refused) return undefined;
    if (kind === letter) {
      at = wordEnd(text, at + 1);
      // `E'…'`, `X'…'`, `U&"…"` and their like.
      const next = text.charCodeAt(at);
      if (next === quote || next === doubleQuote || next === ampersand) return undefined;
    } else if (kind === digit) {
      const end = digitsEnd(text, at + 1);
      const next = text.charCodeAt(end);
      if (next === dot || (next < 128 && classes[next] === letter) || end - at > digitsMax) {
        at = numberEnd(text, end);
      } else {
        shape += text.slice(copied, at) + numberMark;
        bounds.push(at, end);
        at = copied = end;
      }
    } else if (code === quote) {
      const end = quotedEnd(text, at, quote);
      if (end < 0) return undefined;
      shape += text.slice(copied, at) + stringMark;
      bounds.push(at, end);
      at = copied = end;
    } else if (code === doubleQuote) {
      at = quotedEnd(text, at, doubleQuote);
      if (at < 0) return undefined;
    } else if (code === dollar) {
      // A parameter; everything else that begins so is a quote.
      const end = digitsEnd(text, at + 1);
      if (end === at + 1) return undefined;
      at = numberEnd(text, end);
    } else if (code === dot) {
      at = numberEnd(text, at + 1);
    } else {
      const next = text.charCodeAt(at + 1);
      if ((code === minus && next === minus) || (code === slash && next === asterisk)) return undefined;
      at++;
    }
  }
  return { shape: shape + text.slice(copied), bounds };
}

function wordEnd(text: string, from: number): number {
  let at = from;
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    const kind = code < 128 ? classes[code] : refused;
    if (kind !== letter && kind !== digit && code !== dollar) break;
  }
  return at;
}

function digitsEnd(text: string, from: number): number {
  let at = from;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code >= 128 || classes[code] !== digit) break;
    at++;
  }
  return at;
}

/** Fractions, exponents, digits of other bases, and what PostgreSQL calls trailing junk. */
function numberEnd(text: string, from: number): number {
  let at = from;
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    const kind = code < 128 ? classes[code] : refused;
    if (kind !== letter && kind !== digit && code !== dot) break;
  }
  return at;
}

/** After the closing quote, a doubled one standing for itself; negative for what has none or holds what is refused. */
function quotedEnd(text: string, start: number, mark: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === mark) {
      if (text.charCodeAt(at + 1) !== mark) return at + 1;
      at++;
    } else if (code >= 128 || classes[code] === refused) return -1;
  }
  return -1;
}
