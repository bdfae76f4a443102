import fc from "fast-check";
import { expect, test } from "vitest";
import {
  answersReader,
  encodeAnswer,
  encodeLines,
  linesReader,
  type SentLines,
  type WrittenAnswer,
} from "./audit-frames.ts";

const number = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const text = fc.string({ unit: "grapheme" });

/** In pieces, wherever they are cut. */
function inPieces(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const at = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].toSorted((one, other) => one - other);
  return [0, ...at].map((from, index) => Buffer.from(bytes.subarray(from, at[index])));
}

test("lines arrive as they were sent, however they are cut", () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ text, lines: number, batch: number })),
      fc.array(fc.nat()),
      (sent: readonly SentLines[], cuts) => {
        const received: SentLines[] = [];
        const read = linesReader((lines) => received.push(lines));
        for (const piece of inPieces(Buffer.concat(sent.map(encodeLines)), cuts)) read(piece);
        expect(received).toEqual(sent);
      },
    ),
  );
});

test("answers arrive as they were sent, however they are cut", () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ batch: number, error: text })),
      fc.array(fc.nat()),
      (sent: readonly WrittenAnswer[], cuts) => {
        const received: WrittenAnswer[] = [];
        const read = answersReader((answer) => received.push(answer));
        for (const piece of inPieces(Buffer.concat(sent.map(encodeAnswer)), cuts)) read(piece);
        expect(received).toEqual(sent);
      },
    ),
  );
});
