import { createHash, createSecretKey } from "node:crypto";
import { expect, test } from "vitest";
import { tokenOf } from "./token.ts";

const secret = "0123456789abcdef0123456789abcdef";
const key = createSecretKey(secret, "latin1");

test("a token is the beginning of an HMAC in base32, by the definitions of both", () => {
  const pad = (byte: number) => Buffer.alloc(64, byte).map((value, index) => value ^ (Buffer.from(secret)[index] ?? 0));
  const sha256 = (...parts: readonly Uint8Array[]) => createHash("sha256").update(Buffer.concat(parts)).digest();
  const message = Buffer.from("penstock token 1 15 label pii.email ann@example.com");
  const digest = sha256(pad(0x5c), sha256(pad(0x36), message));
  const bits = [...digest].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  const letters = (bits.slice(0, 120).match(/.{5}/g) ?? []).map(
    (five) => "abcdefghijklmnopqrstuvwxyz234567"[parseInt(five, 2)],
  );
  expect(tokenOf(key, "label pii.email", "ann@example.com")).toBe(letters.join(""));
});

test.each([
  ["another value", key, "label a", "y"],
  ["another domain", key, "label b", "x"],
  ["another key", createSecretKey("another key", "latin1"), "label a", "x"],
  ["what is split elsewhere", key, "label", "a x"],
])("%s has another token", (_, otherKey, domain, value) => {
  expect(tokenOf(otherKey, domain, value)).not.toBe(tokenOf(key, "label a", "x"));
});

test("text and its bytes have the same token, of 24 letters and digits", () => {
  const token = tokenOf(key, "label a", "é🔒");
  expect(token).toBe(tokenOf(key, "label a", Buffer.from("é🔒")));
  expect(token).toMatch(/^[a-z2-7]{24}$/);
});
