import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { Builtin } from "../builtin.ts";
import { define, ofString, stringAt } from "./operands.ts";

/** Digests over the text's UTF-8 bytes, in lower-case hexadecimal. */
export const crypto: readonly Builtin[] = [
  ...(["md5", "sha1", "sha256"] as const).map((algorithm) =>
    ofString(`crypto.${algorithm}`, "string", (text) => createHash(algorithm).update(text, "utf8").digest("hex")),
  ),
  ...(["md5", "sha1", "sha256", "sha512"] as const).map((algorithm) =>
    define(`crypto.hmac.${algorithm}`, ["string", "string"], "string", (args) =>
      createHmac(algorithm, stringAt(args, 1)).update(stringAt(args, 0), "utf8").digest("hex"),
    ),
  ),
  define("crypto.hmac.equal", ["string", "string"], "boolean", (args) => {
    const first = Buffer.from(stringAt(args, 0), "utf8");
    const second = Buffer.from(stringAt(args, 1), "utf8");
    return first.length === second.length && timingSafeEqual(first, second);
  }),
];
