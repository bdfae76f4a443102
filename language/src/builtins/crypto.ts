import { hmac } from "@noble/hashes/hmac.js";
import { md5, sha1 } from "@noble/hashes/legacy.js";
import { sha256, sha512 } from "@noble/hashes/sha2.js";
import type { Builtin } from "../builtin.ts";
import { hexOf, utf8Of } from "./bytes.ts";
import { define, ofString, stringAt } from "./operands.ts";

const digests = { md5, sha1, sha256 };
const keyedDigests = { ...digests, sha512 };
/** A digest looks at each byte many times. */
const factor = 8;

/** Digests over the text's UTF-8 bytes, in lower-case hexadecimal. */
export const crypto: readonly Builtin[] = [
  ...Object.entries(digests).map(([name, digest]) =>
    ofString(`crypto.${name}`, "string", (text) => hexOf(digest(utf8Of(text))), factor),
  ),
  ...Object.entries(keyedDigests).map(([name, digest]) =>
    define(
      `crypto.hmac.${name}`,
      ["string", "string"],
      "string",
      (args) => hexOf(hmac(digest, utf8Of(stringAt(args, 1)), utf8Of(stringAt(args, 0)))),
      { factor },
    ),
  ),
  define("crypto.hmac.equal", ["string", "string"], "boolean", (args) => {
    const first = utf8Of(stringAt(args, 0));
    const second = utf8Of(stringAt(args, 1));
    // Each byte is looked at, so that the time does not tell where they differ.
    let difference = first.length ^ second.length;
    first.forEach((byte, index) => (difference |= byte ^ (second[index] ?? 0)));
    return difference === 0;
  }),
];
