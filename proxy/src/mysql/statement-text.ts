/**
 * The text of a statement. Drivers that put values into their texts send blobs as they are, in `_binary'…'`: bytes that are no UTF-8. The
 * server, which reads the text as utf8mb4, takes each of them for itself, and so does the parser: a byte that belongs to no character
 * stands in the text as a lone surrogate, from U+DC80 to U+DCFF, which no UTF-8 decodes to. The parser takes them within strings only.
 */
import { readText } from "../enforce/read-text.ts";

const escapedFrom = 0xdc00;

export function readStatement(buffer: Buffer, from: number, to: number): string {
  const text = readText(buffer, from, to);
  return typeof text === "string" ? text : withEscapedBytes(buffer, from, to);
}

function withEscapedBytes(buffer: Buffer, from: number, to: number): string {
  let text = "";
  let copied = from;
  for (let at = from; at < to; ) {
    const length = characterLength(buffer, at, to);
    if (length > 0) {
      at += length;
      continue;
    }
    text += buffer.toString("utf8", copied, at) + String.fromCharCode(escapedFrom + buffer[at]!);
    at++;
    copied = at;
  }
  return text + buffer.toString("utf8", copied, to);
}

/** Bytes of the well-formed character at a place ("Well-Formed UTF-8 Byte Sequences" of the Unicode Standard); 0 for none. */
function characterLength(buffer: Buffer, at: number, to: number): number {
  const first = buffer[at]!;
  if (first < 0x80) return 1;
  const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || at + length > to) return 0;
  const second = buffer[at + 1]!;
  const isSecond =
    second >= (first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80) &&
    second <= (first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf);
  if (!isSecond) return 0;
  for (let next = at + 2; next < at + length; next++) if ((buffer[next]! & 0xc0) !== 0x80) return 0;
  return length;
}
