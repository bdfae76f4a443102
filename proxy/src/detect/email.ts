import { type ByteClass, byteClass, runEnd } from "./bytes.ts";
import type { Detector } from "./detector.ts";

const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/** Without `*`, so that partly masked addresses pass. Characters beyond ASCII count: such addresses exist. */
const isLocal = byteClass(`${letters}0123456789.!#$%&'+=?^_~-`, true);
const isAsciiDomain = byteClass(`${letters}0123456789.-`);
const isDomain = byteClass(`${letters}0123456789.-`, true);
const isLetter = byteClass(letters, true);
const trimmed = byteClass(".'=?&!#-");
const dot = 0x2e;
const hyphen = 0x2d;

/** `local@domain.tld`. Found from its `@`, so that each byte is looked at from the `@` before it and from the one after it only. */
export const email: Detector = {
  triggers: "@",
  find(bytes, at, from, to) {
    let start = at;
    while (start > from && isLocal[bytes[start - 1]!] === 1) start--;
    // `?to=ann@…` and `'ann@…'`: what separates parameters and quotes is no part of the address.
    for (let index = at - 1; index >= start; index--) {
      if (bytes[index] === 0x3d || bytes[index] === 0x3f || bytes[index] === 0x26) {
        start = index + 1;
        break;
      }
    }
    while (start < at && trimmed[bytes[start]!] === 1) start++;
    if (start === at) return undefined;
    // Characters beyond ASCII may be of the name, or punctuation behind it.
    const end = hostEnd(bytes, at + 1, to, isDomain) ?? hostEnd(bytes, at + 1, to, isAsciiDomain);
    return end === undefined ? undefined : { start, end };
  },
};

function hostEnd(bytes: Uint8Array, from: number, to: number, members: ByteClass): number | undefined {
  let end = runEnd(bytes, from, to, members);
  while (end > from && (bytes[end - 1] === dot || bytes[end - 1] === hyphen)) end--;
  return isHost(bytes, from, end) ? end : undefined;
}

/** At least two parts, none empty, the last one of letters: no version (`pkg@1.2.3`) and no image for screens (`logo@2x.png`). */
function isHost(bytes: Uint8Array, from: number, to: number): boolean {
  let last = to - 1;
  while (last > from && bytes[last] !== dot) last--;
  if (last <= from || to - last < 3 || bytes[from] === dot) return false;
  // `xn--…`: a top-level domain beyond ASCII, in its written form.
  const isEncoded = bytes[last + 1] === 0x78 && bytes[last + 3] === hyphen;
  if (!isEncoded && runEnd(bytes, last + 1, to, isLetter) !== to) return false;
  for (let at = from; at < to - 1; at++) if (bytes[at] === dot && bytes[at + 1] === dot) return false;
  return !(last - from === 2 && bytes[from + 1] === 0x78 && bytes[from]! >= 0x31 && bytes[from]! <= 0x39);
}
