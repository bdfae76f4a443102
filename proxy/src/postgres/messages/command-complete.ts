import { message, stringEnd } from "../wire.ts";

/** `SELECT 3`, `INSERT 0 1`, `BEGIN`. */
export function decodeCommandTag(buffer: Buffer, body: number, end: number): string {
  return buffer.toString("latin1", body, stringEnd(buffer, body, end));
}

export function encodeCommandComplete(tag: string): Buffer {
  return message("C", (writer) => writer.string(tag));
}

/** The number at the end of a tag, for commands that count rows. Hot: no string is made. */
export function rowsOfTag(buffer: Buffer, body: number, end: number): number {
  let rows = 0;
  let scale = 1;
  // The last byte is the NUL.
  for (let at = end - 2; at >= body; at--) {
    const digit = buffer[at]! - 0x30;
    if (digit < 0 || digit > 9) return buffer[at] === 0x20 ? rows : 0;
    rows += digit * scale;
    scale *= 10;
  }
  return 0;
}
