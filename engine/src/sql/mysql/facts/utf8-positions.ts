/** From UTF-16 offsets of a text to UTF-8 bytes. A text beyond ASCII is measured once, however many places are asked for. */
export function utf8Positions(text: string): (offset: number) => number {
  if (Buffer.byteLength(text, "utf8") === text.length) return (offset) => offset;
  const bytes = new Uint32Array(text.length + 1);
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    // Each half of a surrogate pair counts two of its four bytes.
    const width = code < 0x80 ? 1 : code < 0x800 || (code >= 0xd800 && code <= 0xdfff) ? 2 : 3;
    bytes[at + 1] = (bytes[at] ?? 0) + width;
  }
  return (offset) => bytes[offset] ?? 0;
}
