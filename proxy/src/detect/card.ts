import { beginsNumber, digits, digitsEnd, endsNumber, isDigit } from "./bytes.ts";
import type { Detector } from "./detector.ts";

/** How cards are printed, the longest first. */
const shapes: readonly (readonly number[])[] = [
  [4, 4, 4, 4, 3],
  [4, 4, 4, 4],
  [4, 6, 5],
  [4, 6, 4],
];

/**
 * Payment cards: a number range that issuers use, the length that belongs to it, and the Luhn digit. In one piece, or in groups as cards
 * print them, with spaces or hyphens. Visa's old numbers of 13 digits are left out: too many milliseconds and order numbers look like them.
 */
export const card: Detector = {
  triggers: digits,
  find(bytes, at, from, to) {
    if (!beginsNumber(bytes, at, from)) return undefined;
    const end = digitsEnd(bytes, at, to);
    if (end - at === 4) return grouped(bytes, at, to);
    if (end - at < 14 || end - at > 19) return undefined;
    return isCard(bytes, at, end) && endsNumber(bytes, end, to) ? { start: at, end } : undefined;
  },
};

function grouped(bytes: Uint8Array, start: number, to: number): { start: number; end: number } | undefined {
  const separator = bytes[start + 4];
  if (separator !== 0x20 && separator !== 0x2d) return undefined;
  for (const shape of shapes) {
    const end = shapeEnd(bytes, start, to, shape, separator);
    if (end !== undefined && isCard(bytes, start, end) && endsNumber(bytes, end, to)) return { start, end };
  }
  return undefined;
}

function shapeEnd(
  bytes: Uint8Array,
  start: number,
  to: number,
  shape: readonly number[],
  separator: number,
): number | undefined {
  let at = start;
  for (const [index, length] of shape.entries()) {
    if (index > 0 && bytes[at++] !== separator) return undefined;
    // One digit more than the group may have is enough to know that it is longer.
    if (at > to || digitsEnd(bytes, at, Math.min(to, at + length + 1)) !== at + length) return undefined;
    at += length;
  }
  return at;
}

function isCard(bytes: Uint8Array, start: number, end: number): boolean {
  let length = 0;
  let prefix = 0;
  for (let at = start; at < end; at++) {
    if (!isDigit(bytes[at])) continue;
    if (length < 4) prefix = prefix * 10 + bytes[at]! - 0x30;
    length++;
  }
  return hasIssuer(prefix, length) && passesLuhn(bytes, start, end);
}

/** @param prefix the first four digits */
function hasIssuer(prefix: number, length: number): boolean {
  const within = (low: number, high: number) => prefix >= low && prefix <= high;
  // American Express; Diners Club; Mastercard; then those with 16 to 19 digits: Visa, Discover, JCB, UnionPay.
  if (length === 15) return within(3400, 3499) || within(3700, 3799);
  if (length === 14) return within(3000, 3059) || within(3600, 3699) || within(3800, 3999);
  if (length === 16 && (within(5100, 5599) || within(2221, 2720))) return true;
  if (length === 16 || length === 19) {
    if (within(4000, 4999)) return true;
  }
  return (
    length >= 16 &&
    (prefix === 6011 || within(6440, 6499) || within(6500, 6599) || within(3528, 3589) || within(6200, 6299))
  );
}

/** ISO/IEC 7812-1, annex B: every second digit from the right doubled, the sum of all digits a multiple of ten. */
function passesLuhn(bytes: Uint8Array, start: number, end: number): boolean {
  let sum = 0;
  let doubles = false;
  for (let at = end - 1; at >= start; at--) {
    if (!isDigit(bytes[at])) continue;
    const digit = bytes[at]! - 0x30;
    const value = doubles ? digit * 2 : digit;
    sum += value > 9 ? value - 9 : value;
    doubles = !doubles;
  }
  return sum % 10 === 0;
}
