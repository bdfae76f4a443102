import { isUtf8 } from "node:buffer";
import fc from "fast-check";
import { expect, test } from "vitest";
import { readStatement } from "./statement-text.ts";

const read = (...bytes: number[]) => readStatement(Buffer.from(bytes), 0, bytes.length);

/** What is read, as bytes again. */
function written(text: string): Buffer {
  const parts = Array.from(text, (character) => {
    const code = character.charCodeAt(0);
    const isByte = character.length === 1 && code >= 0xdc80 && code <= 0xdcff;
    return isByte ? Buffer.from([code - 0xdc00]) : Buffer.from(character, "utf8");
  });
  return Buffer.concat(parts);
}

test("UTF-8 is read as it is", () => {
  expect(readStatement(Buffer.from("select 'Żofia 🙂'"), 0, 21)).toBe("select 'Żofia 🙂'".slice(0, 19));
  expect(readStatement(Buffer.from("Żofia 🙂"), 0, 11)).toBe("Żofia 🙂");
});

test("a byte that belongs to no character stands for itself, and what follows it for itself", () => {
  expect(read(0x27, 0xff, 0x27)).toBe("'\udcff'");
  // A character that is cut short takes no quote with it.
  expect(read(0xe2, 0x82, 0x27)).toBe("\udce2\udc82'");
  expect(read(0xc3, 0x5c, 0x27)).toBe("\udcc3\\'");
  // Longer than need be, a surrogate, beyond Unicode.
  expect(read(0xc0, 0x80)).toBe("\udcc0\udc80");
  expect(read(0xed, 0xa0, 0x80)).toBe("\udced\udca0\udc80");
  expect(read(0xf4, 0x90, 0x80, 0x80)).toBe("\udcf4\udc90\udc80\udc80");
});

test("no byte is lost or changed, and a text that is well formed was UTF-8", () => {
  const bytes = fc.uint8Array({ maxLength: 40 });
  const pieces = fc.array(
    fc.oneof(
      fc.string({ unit: "binary" }).map((text) => Buffer.from(text)),
      bytes,
    ),
  );
  fc.assert(
    fc.property(pieces, (parts) => {
      const buffer = Buffer.concat(parts);
      const text = readStatement(buffer, 0, buffer.length);
      expect(written(text).equals(buffer)).toBe(true);
      expect(text.isWellFormed()).toBe(isUtf8(buffer));
    }),
  );
});
