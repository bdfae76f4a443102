/**
 * A text in a character set of MySQL's; undefined where it has a character that the set lacks, or that is known here of no more than
 * Unicode's own encodings and what is ASCII in all others.
 */
export function encodeText(characterSet: string, text: string): Buffer | undefined {
  if (!text.isWellFormed()) return undefined;
  switch (characterSet) {
    case "binary":
    case "utf8mb4":
      return Buffer.from(text, "utf8");
    case "utf8mb3":
    case "utf8":
      return isBasic(text) ? Buffer.from(text, "utf8") : undefined;
    case "ucs2":
      return isBasic(text) ? Buffer.from(text, "utf16le").swap16() : undefined;
    case "utf16":
      return Buffer.from(text, "utf16le").swap16();
    case "utf16le":
      return Buffer.from(text, "utf16le");
    case "utf32":
      return Buffer.concat(Array.from(text, (character) => fourBytes(character.codePointAt(0) ?? 0)));
    case "swe7":
      // Has other letters in place of ASCII's brackets.
      return undefined;
    case "latin1":
      return /^[\x20-\x7e\xa0-\xff]*$/.test(text) ? Buffer.from(text, "latin1") : undefined;
    default:
      return /^[\x20-\x7d]*$/.test(text) && !text.includes("\\") ? Buffer.from(text, "latin1") : undefined;
  }
}

/** No character beyond U+FFFF. */
function isBasic(text: string): boolean {
  return !/[\u{10000}-\u{10ffff}]/u.test(text);
}

function fourBytes(code: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(code);
  return bytes;
}
