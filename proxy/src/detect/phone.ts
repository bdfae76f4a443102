import { beginsNumber, byteClass, digits, digitsEnd, endsNumber, endsWord, isDigit, isWord } from "./bytes.ts";
import type { Detector, Span } from "./detector.ts";

const isSeparator = byteClass(" -./()");
const digitsMin = 9;
/** ITU-T E.164. */
const digitsMax = 15;

/**
 * International numbers with their `+`, and North American ones in the forms `(212) 555-0123` and `212-555-0123`. Other national forms look
 * like any number.
 */
export const phone: Detector = {
  triggers: `+(${digits}`,
  find(bytes, at, from, to) {
    return bytes[at] === 0x2b ? international(bytes, at, from, to) : northAmerican(bytes, at, from, to);
  },
};

function international(bytes: Uint8Array, start: number, from: number, to: number): Span | undefined {
  const before = start > from ? bytes[start - 1]! : 0x20;
  if (isWord[before] === 1 || before === 0x2b || !isDigit(bytes[start + 1]) || bytes[start + 1] === 0x30)
    return undefined;
  let count = 0;
  let at = start + 1;
  let found: number | undefined;
  while (at < to && isDigit(bytes[at])) {
    // One digit more than there may be is enough to know that it is another number.
    const end = digitsEnd(bytes, at, Math.min(to, at + digitsMax + 1));
    count += end - at;
    if (count > digitsMax) break;
    if (count >= digitsMin && endsWord(bytes, end, to)) found = end;
    at = end;
    for (let skipped = 0; skipped < 2 && at < to && isSeparator[bytes[at]!] === 1; skipped++) at++;
  }
  if (found === undefined || (bytes[start + 1] === 0x31 && !hasTenDigitsMore(bytes, start + 2, found)))
    return undefined;
  return { start, end: found };
}

/** The country code 1 has numbers of one length: amounts such as +100000000 are none. */
function hasTenDigitsMore(bytes: Uint8Array, from: number, to: number): boolean {
  let count = 0;
  for (let at = from; at < to; at++) if (isDigit(bytes[at])) count++;
  return count >= 10;
}

/** `(ddd) ddd-dddd` or `ddd-ddd-dddd`, also with dots; area and exchange begin with 2 to 9. */
function northAmerican(bytes: Uint8Array, start: number, from: number, to: number): Span | undefined {
  const isBracketed = bytes[start] === 0x28;
  const area = isBracketed ? start + 1 : start;
  if (!isGroup(bytes, area, to, 3) || !beginsNumber(bytes, start, from)) return undefined;
  let at = area + 3;
  if (isBracketed) {
    if (bytes[at++] !== 0x29) return undefined;
    if (bytes[at] === 0x20) at++;
  } else if (bytes[at] !== 0x2d && bytes[at] !== 0x2e) return undefined;
  const separator = isBracketed ? 0x2d : bytes[at++];
  const end = at + 8;
  if (end > to || !isGroup(bytes, at, to, 3) || bytes[at + 3] !== separator) return undefined;
  return digitsEnd(bytes, at + 4, Math.min(to, end + 1)) === end && endsNumber(bytes, end, to)
    ? { start, end }
    : undefined;
}

function isGroup(bytes: Uint8Array, at: number, to: number, length: number): boolean {
  return bytes[at]! >= 0x32 && digitsEnd(bytes, at, Math.min(to, at + length + 1)) === at + length;
}
