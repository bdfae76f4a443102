import { beginsNumber, digits, digitsEnd, endsNumber } from "./bytes.ts";
import type { Detector } from "./detector.ts";

/**
 * Social Security Numbers as `123-45-6789`, without the areas, groups and serials that are never given out. There is no check digit, so
 * nine digits without hyphens pass: too many numbers look like that.
 */
export const ssn: Detector = {
  triggers: digits,
  find(bytes, at, from, to) {
    const end = at + 11;
    if (end > to || bytes[at + 3] !== 0x2d || bytes[at + 6] !== 0x2d) return undefined;
    const isNumber =
      digitsEnd(bytes, at, to) === at + 3 &&
      digitsEnd(bytes, at + 4, to) === at + 6 &&
      digitsEnd(bytes, at + 7, at + 12 > to ? to : at + 12) === end;
    if (!isNumber || !beginsNumber(bytes, at, from) || !endsNumber(bytes, end, to)) return undefined;
    const area = number(bytes, at, at + 3);
    const isGiven = area !== 0 && area !== 666 && area < 900;
    return isGiven && number(bytes, at + 4, at + 6) !== 0 && number(bytes, at + 7, end) !== 0
      ? { start: at, end }
      : undefined;
  },
};

function number(bytes: Uint8Array, from: number, to: number): number {
  let value = 0;
  for (let at = from; at < to; at++) value = value * 10 + bytes[at]! - 0x30;
  return value;
}
