import { byteClass, runEnd, standsAt } from "./bytes.ts";
import type { Detector } from "./detector.ts";

const begin = "-----BEGIN ";
const end = "-----END ";
const dashes = "-----";
const isLabel = byteClass("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 ");
const labelBytesMax = 40;

/** A private key in PEM (RFC 7468), of whatever kind, to its end line; without one, to the end of the value. */
export const privateKey: Detector = {
  triggers: "-",
  find(bytes, at, _from, to) {
    if (!standsAt(bytes, at, to, begin)) return undefined;
    const label = at + begin.length;
    const labelEnd = runEnd(bytes, label, Math.min(to, label + labelBytesMax), isLabel);
    if (!standsAt(bytes, labelEnd, to, dashes)) return undefined;
    const text = String.fromCharCode(...bytes.subarray(label, labelEnd));
    if (!text.includes("PRIVATE KEY")) return undefined;
    for (let line = labelEnd; line < to; line++) {
      if (bytes[line] === 0x2d && standsAt(bytes, line, to, `${end}${text}${dashes}`))
        return { start: at, end: line + end.length + text.length + dashes.length };
    }
    return { start: at, end: to };
  },
};
