/** From UTF-16 offsets of a text to UTF-8 bytes. A text beyond ASCII is measured once, however many places are asked for. */
export function utf8Positions(text: string): (offset: number) => number {
  if (Buffer.byteLength(text, "utf8") === text.length) return (offset) => offset;
  const bytes = new Uint32Array(text.length + 1);
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    const point = text.codePointAt(at) ?? code;
    // Each half of a surrogate pair counts two of its four bytes; one alone is written as U+FFFD.
    const isHalf = point > 0xffff || (code >= 0xdc00 && code <= 0xdfff && (text.codePointAt(at - 1) ?? 0) > 0xffff);
    const width = code < 0x80 ? 1 : code < 0x800 || isHalf ? 2 : 3;
    bytes[at + 1] = (bytes[at] ?? 0) + width;
  }
  return (offset) => bytes[offset] ?? 0;
}
