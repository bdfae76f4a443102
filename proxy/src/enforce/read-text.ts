import { isUtf8 } from "node:buffer";
import { refuse, type Refused } from "./gate.ts";

/** Reads bytes one by one, which is faster than a call into Node for those of a short statement. */
function isAscii(buffer: Buffer, from: number, to: number): boolean {
  if (to - from > shortBytesMax) return false;
  for (let at = from; at < to; at++) if (buffer[at]! >= 0x80) return false;
  return true;
}

const shortBytesMax = 500;

/** The text of a statement; what is not UTF-8 could be read in two ways, so it is refused before anyone reads it. */
export function readText(buffer: Buffer, from: number, to: number): string | Refused {
  if (isAscii(buffer, from, to)) return buffer.toString("latin1", from, to);
  if (isUtf8(buffer.subarray(from, to))) return buffer.toString("utf8", from, to);
  return refuse(
    {
      sqlstate: "22021",
      message: "the statement is not valid UTF-8",
      hint: "send it as UTF-8: client_encoding UTF8, or SET NAMES utf8mb4",
      code: "encoding",
    },
    buffer.toString("latin1", from, to),
  );
}
