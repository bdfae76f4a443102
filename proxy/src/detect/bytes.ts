/** Classes of ASCII bytes. Bytes of other characters are in none of them. */

const upper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const lower = "abcdefghijklmnopqrstuvwxyz";
export const digits = "0123456789";
export const upperLetters = upper;
const alphanumeric = upper + lower + digits;

/** One byte a class member; index by the byte. */
export type ByteClass = Uint8Array;

export function byteClass(members: string, othersToo = false): ByteClass {
  const found = new Uint8Array(256);
  for (const member of members) found[member.charCodeAt(0)] = 1;
  if (othersToo) found.fill(1, 128);
  return found;
}

export const isAlphanumeric = byteClass(alphanumeric);
/** What names and numbers consist of: a match that begins or ends within such a run is a part of something else. */
export const isWord = byteClass(`${alphanumeric}_`);
export const isUpperOrDigit = byteClass(upper + digits);
export const isBase64Url = byteClass(`${alphanumeric}-_`);

export function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39;
}

/** Where the run of bytes of a class that begins at `at` ends. */
export function runEnd(bytes: Uint8Array, at: number, to: number, members: ByteClass): number {
  let end = at;
  while (end < to && members[bytes[end]!] === 1) end++;
  return end;
}

export function digitsEnd(bytes: Uint8Array, at: number, to: number): number {
  let end = at;
  while (end < to && isDigit(bytes[end])) end++;
  return end;
}

/** Whether the ASCII text stands at `at`. */
export function standsAt(bytes: Uint8Array, at: number, to: number, text: string): boolean {
  if (at + text.length > to) return false;
  for (let index = 0; index < text.length; index++) if (bytes[at + index] !== text.charCodeAt(index)) return false;
  return true;
}

export function endsWord(bytes: Uint8Array, at: number, to: number): boolean {
  return at >= to || isWord[bytes[at]!] === 0;
}

/** Whether a number that ends at `at` is whole: neither the beginning of a longer one nor of a date, a version or a UUID. */
export function endsNumber(bytes: Uint8Array, at: number, to: number): boolean {
  return endsWord(bytes, at, to) && !(at + 1 < to && joinsNumbers(bytes[at]) && isWord[bytes[at + 1]!] === 1);
}

/** As `endsNumber`, for what stands before. */
export function beginsNumber(bytes: Uint8Array, at: number, from: number): boolean {
  return !(at - 2 >= from && joinsNumbers(bytes[at - 1]) && isDigit(bytes[at - 2]));
}

function joinsNumbers(byte: number | undefined): boolean {
  return byte === 0x2d || byte === 0x2e;
}
