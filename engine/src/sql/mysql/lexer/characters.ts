/** Classes of characters as the server's lexer has them under utf8mb4, where everything beyond ASCII is part of a name. */

/** Space, tab, line feed, vertical tab, form feed, carriage return. A no-break space is part of a name. */
export function isSpace(code: number): boolean {
  return code === 0x20 || (code >= 0x09 && code <= 0x0d);
}

export function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

export function isHexDigit(code: number): boolean {
  return isDigit(code) || ((code | 0x20) >= 0x61 && (code | 0x20) <= 0x66);
}

export function isIdentifierPart(code: number): boolean {
  return (
    ((code | 0x20) >= 0x61 && (code | 0x20) <= 0x7a) || isDigit(code) || code === 0x5f || code === 0x24 || code >= 0x80
  );
}

/** What may stand in `@name` without quotes: a dot too, but nothing beyond ASCII. */
export function isHostPart(code: number): boolean {
  return code === 0x2e || (code < 0x80 && isIdentifierPart(code));
}

export function isAscii(word: string): boolean {
  for (let at = 0; at < word.length; at++) if (word.charCodeAt(at) >= 0x80) return false;
  return true;
}

const escapes: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", b: "\b", "0": "\0", Z: "\x1a" };

/** The value of a string literal (manual: String Literals). `\%` and `\_` keep their backslash: they are for LIKE. */
export function unescapeString(inside: string, quote: string, hasBackslashEscapes: boolean): string {
  if (!hasBackslashEscapes || !inside.includes("\\")) {
    return inside.includes(quote) ? inside.replaceAll(quote + quote, quote) : inside;
  }
  return inside.replaceAll(/\\([\s\S])|''|""/g, (match, escaped: string | undefined) => {
    if (escaped === undefined) return match[0] === quote ? quote : match;
    return escaped === "%" || escaped === "_" ? match : (escapes[escaped] ?? escaped);
  });
}
