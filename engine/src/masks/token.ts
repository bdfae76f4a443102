/**
 * `token()`: a keyed code in place of the value, made by whoever holds the key from the rows of a result. In SQL the column is NULL,
 * unless a statement does nothing with it but show it (`sql/token-outputs.ts`).
 */
import { createHmac, createSecretKey, type KeyObject } from "node:crypto";
import type { Column } from "../catalog/catalog.ts";
import { textShape } from "./base-type.ts";
import { cannot, invalid, type MaskFamily } from "./mask.ts";
import { nullMask } from "./null.ts";

/** Characters of a token: 120 of the 256 bits of its HMAC. */
export const tokenLength = 24;
/** Each stands for five bits, as RFC 4648 has them in lower case: no digit that looks like a letter, safe in file names and addresses. */
const alphabet = "abcdefghijklmnopqrstuvwxyz234567";

export const tokenMask: MaskFamily = (args, column) => {
  if (args.length > 0) return invalid("`token` takes no argument");
  return canHoldToken(column) ? nullMask([], column) : cannot;
};

/** Only texts: in the rows of a result their text and binary form are the same bytes. A domain's check may refuse a token. */
export function canHoldToken(column: Column): boolean {
  const shape = textShape(column);
  if (shape === undefined || column.isJson === true || (column.isDomain && column.domain?.hasCheck !== false))
    return false;
  // citext compares without case, and is sent as text like the others; its values are told apart here all the same.
  return shape.kind === "text" || shape.length === undefined || shape.length >= tokenLength;
}

/**
 * The token of a value: the first 120 bits of HMAC-SHA-256 over domain and value, each in UTF-8, the domain after its length in bytes.
 * @param key as an object: a Buffer costs five times as much, and could be printed
 * @param domain columns of one domain have the same token for the same value
 * @param value without the padding of `char(n)`
 */
export function tokenOf(key: KeyObject, domain: string, value: string | Buffer): string {
  const digest = createHmac("sha256", key)
    .update(`penstock token 1 ${Buffer.byteLength(domain)} ${domain} `, "utf8")
    .update(value)
    .digest();
  let token = "";
  let bits = 0;
  let held = 0;
  for (const byte of digest) {
    held = ((held << 8) | byte) & 0xfff;
    for (bits += 8; bits >= 5 && token.length < tokenLength; bits -= 5) {
      token += alphabet.charAt((held >>> (bits - 5)) & 31);
    }
  }
  return token;
}

/** With what `policy test` and `policy eval` make tokens: anybody may know it, so theirs are not those of any proxy. */
export const testTokenKey = createSecretKey("the key of tests, known to all", "utf8");
