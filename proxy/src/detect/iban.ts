import { endsWord, isDigit, isUpperOrDigit, upperLetters } from "./bytes.ts";
import type { Detector } from "./detector.ts";

/** Length by country, from the registry of ISO 13616. */
const lengths = new Map(
  (
    "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 EG29 ES24 FI18 FK18 FO18 " +
    "FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 " +
    "MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 " +
    "SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30"
  )
    .split(" ")
    .map((entry): [number, number] => [entry.charCodeAt(0) * 256 + entry.charCodeAt(1), Number(entry.slice(2))]),
);

/** An IBAN in capitals, in one piece or in groups of four, with the length of its country and the right check digits. */
export const iban: Detector = {
  triggers: upperLetters,
  find(bytes, at, _from, to) {
    if (!isDigit(bytes[at + 2]) || !isDigit(bytes[at + 3]) || at + 4 > to) return undefined;
    const length = lengths.get(bytes[at]! * 256 + bytes[at + 1]!);
    if (length === undefined) return undefined;
    const isGrouped = bytes[at + 4] === 0x20;
    const end = at + length + (isGrouped ? Math.ceil(length / 4) - 1 : 0);
    if (end > to || !endsWord(bytes, end, to)) return undefined;
    for (let index = at + 4; index < end; index++) {
      const isGap = isGrouped && (index - at) % 5 === 4;
      if (isGap ? bytes[index] !== 0x20 : isUpperOrDigit[bytes[index]!] === 0) return undefined;
    }
    return hasCheckDigits(bytes, at, end) ? { start: at, end } : undefined;
  },
};

/** ISO 7064 MOD 97-10: country and check digits moved behind the rest, letters as 10 to 35, the whole number is 1 modulo 97. */
function hasCheckDigits(bytes: Uint8Array, start: number, end: number): boolean {
  let remainder = 0;
  const add = (byte: number) => {
    if (isDigit(byte)) remainder = (remainder * 10 + byte - 0x30) % 97;
    else if (byte !== 0x20) remainder = (remainder * 100 + byte - 0x37) % 97;
  };
  for (let at = start + 4; at < end; at++) add(bytes[at]!);
  for (let at = start; at < start + 4; at++) add(bytes[at]!);
  return remainder === 1;
}
