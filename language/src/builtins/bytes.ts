/**
 * Texts as bytes and back, with nothing but ECMAScript: what evaluates policies also runs where there is neither Node nor a browser (`policy build
 * --target js`).
 */

/** UTF-8; half of a surrogate pair becomes U+FFFD, as everywhere on the web. */
export function utf8Of(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length * 3);
  let length = 0;
  for (let index = 0; index < text.length; index += 1) {
    let point = text.charCodeAt(index);
    if (point >= 0xd800 && point < 0xe000) {
      const next = text.charCodeAt(index + 1);
      if (point < 0xdc00 && next >= 0xdc00 && next < 0xe000) {
        point = 0x10000 + ((point - 0xd800) << 10) + (next - 0xdc00);
        index += 1;
      } else point = replacement;
    }
    if (point < 0x80) bytes[length++] = point;
    else {
      const more = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
      bytes[length++] = (leads[more] ?? 0) | (point >> (6 * more));
      for (let shift = 6 * (more - 1); shift >= 0; shift -= 6) bytes[length++] = 0x80 | ((point >> shift) & 0x3f);
    }
  }
  return bytes.subarray(0, length);
}

/** The text of UTF-8; each maximal part that is none becomes U+FFFD (Unicode, section 3.9, "U+FFFD Substitution of Maximal Subparts"). */
export function textOf(bytes: Uint8Array): string {
  const units = new Uint16Array(bytes.length);
  let length = 0;
  let index = 0;
  while (index < bytes.length) {
    const lead = bytes[index++] ?? 0;
    if (lead < 0x80) {
      units[length++] = lead;
      continue;
    }
    const more =
      lead >= 0xc2 && lead < 0xe0 ? 1 : lead >= 0xe0 && lead < 0xf0 ? 2 : lead >= 0xf0 && lead < 0xf5 ? 3 : 0;
    let point = more === 0 ? replacement : lead & (0x3f >> more);
    for (let read = 0; read < more; read += 1) {
      const next = bytes[index] ?? 0;
      const [least, most] = read === 0 ? secondByteRange(lead) : continuation;
      if (next < least || next > most) {
        point = replacement;
        break;
      }
      point = (point << 6) | (next & 0x3f);
      index += 1;
    }
    if (point < 0x10000) units[length++] = point;
    else {
      units[length++] = 0xd800 + ((point - 0x10000) >> 10);
      units[length++] = 0xdc00 + ((point - 0x10000) & 0x3ff);
    }
  }
  return textOfUnits(units.subarray(0, length));
}

const replacement = 0xfffd;
/** What the first byte has besides the point's bits, by how many bytes follow. */
const leads = [0, 0xc0, 0xe0, 0xf0];
const continuation = [0x80, 0xbf] as const;

/** No longer form than needed, no surrogates, nothing above U+10FFFF (Unicode, table 3-7). */
function secondByteRange(lead: number): readonly [number, number] {
  switch (lead) {
    case 0xe0:
      return [0xa0, 0xbf];
    case 0xed:
      return [0x80, 0x9f];
    case 0xf0:
      return [0x90, 0xbf];
    case 0xf4:
      return [0x80, 0x8f];
    default:
      return continuation;
  }
}

/** Arguments of one call: far below what any stack holds. */
const unitsPerCall = 8_192;

function textOfUnits(units: Uint16Array | Uint8Array): string {
  let text = "";
  for (let start = 0; start < units.length; start += unitsPerCall)
    // Not spread, which iterates: ten times the time.
    text += Reflect.apply(String.fromCharCode, undefined, units.subarray(start, start + unitsPerCall));
  return text;
}

const hexDigits = codesOf("0123456789abcdef");

/** In lower case. */
export function hexOf(bytes: Uint8Array): string {
  const codes = new Uint8Array(2 * bytes.length);
  bytes.forEach((byte, index) => {
    codes[2 * index] = hexDigits[byte >> 4] ?? 0;
    codes[2 * index + 1] = hexDigits[byte & 0xf] ?? 0;
  });
  return textOfUnits(codes);
}

/** @param hex an even number of hexadecimal digits */
export function bytesOfHex(hex: string): Uint8Array {
  const bytes = new Uint8Array(hex.length / 2);
  for (let index = 0; index < bytes.length; index += 1)
    bytes[index] = Number.parseInt(hex.slice(2 * index, 2 * index + 2), 16);
  return bytes;
}

const alphanumeric = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const base64Digits = codesOf(`${alphanumeric}+/`);
const base64UrlDigits = codesOf(`${alphanumeric}-_`);
const paddingCode = "=".charCodeAt(0);

function codesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (digit) => digit.charCodeAt(0));
}

/** RFC 4648, sections 4 and 5, with padding. */
export function base64Of(bytes: Uint8Array, alphabet: "base64" | "base64url"): string {
  const digits = alphabet === "base64" ? base64Digits : base64UrlDigits;
  const codes = new Uint8Array(4 * Math.ceil(bytes.length / 3)).fill(paddingCode);
  let length = 0;
  for (let index = 0; index < bytes.length; index += 3) {
    const group = ((bytes[index] ?? 0) << 16) | ((bytes[index + 1] ?? 0) << 8) | (bytes[index + 2] ?? 0);
    const last = length + Math.min(3, bytes.length - index);
    for (let shift = 18; length <= last; shift -= 6) codes[length++] = digits[(group >> shift) & 0x3f] ?? 0;
    length = last + 1;
  }
  return textOfUnits(codes);
}

const base64Values = new Uint8Array(128);
for (const digits of [base64Digits, base64UrlDigits]) digits.forEach((code, value) => (base64Values[code] = value));

/** @param text in either alphabet, without padding and line breaks */
export function bytesOfBase64(text: string): Uint8Array {
  const bytes = new Uint8Array(Math.floor((text.length * 3) / 4));
  let length = 0;
  let held = 0;
  for (let index = 0; index < text.length; index += 1) {
    held = ((held << 6) | (base64Values[text.charCodeAt(index)] ?? 0)) & 0xffffff;
    if (index % 4 !== 0) bytes[length++] = (held >> (6 - 2 * (index % 4))) & 0xff;
  }
  return bytes;
}
