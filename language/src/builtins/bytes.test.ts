/** Node's own conversions are the reference. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { base64Of, bytesOfBase64, bytesOfHex, hexOf, textOf, utf8Of } from "./bytes.ts";

const anyText = fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)) });
/** Bytes that are nearly UTF-8. */
const anyBytes = fc.oneof(
  fc.uint8Array({ maxLength: 40 }),
  fc
    .array(
      fc.constantFrom(0x41, 0x7f, 0x80, 0x9f, 0xa0, 0xbf, 0xc0, 0xc2, 0xdf, 0xe0, 0xed, 0xef, 0xf0, 0xf4, 0xf5, 0xff),
    )
    .map((bytes) => Uint8Array.from(bytes)),
);
const options = { numRuns: 2_000 };

test("a text becomes the bytes that Node makes of it", () => {
  fc.assert(
    fc.property(anyText, (text) => {
      expect(hexOf(utf8Of(text))).toBe(Buffer.from(text, "utf8").toString("hex"));
    }),
    options,
  );
});

test("bytes become the text that Node makes of them, whatever they are", () => {
  fc.assert(
    fc.property(anyBytes, (bytes) => {
      expect(textOf(bytes)).toBe(new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes));
    }),
    options,
  );
});

test("base64 and hexadecimal are those of Node, both ways", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      const buffer = Buffer.from(bytes);
      expect(base64Of(bytes, "base64")).toBe(buffer.toString("base64"));
      expect(base64Of(bytes, "base64url").replaceAll("=", "")).toBe(buffer.toString("base64url"));
      for (const alphabet of ["base64", "base64url"] as const)
        expect(Buffer.from(bytesOfBase64(base64Of(bytes, alphabet).replaceAll("=", "")))).toEqual(buffer);
      expect(Buffer.from(bytesOfHex(hexOf(bytes)))).toEqual(buffer);
    }),
    options,
  );
});

test("texts longer than one call takes arguments for are whole", () => {
  const text = "aä€😀".repeat(50_000);
  expect(textOf(utf8Of(text))).toBe(text);
  expect(base64Of(utf8Of(text), "base64")).toBe(Buffer.from(text).toString("base64"));
});
