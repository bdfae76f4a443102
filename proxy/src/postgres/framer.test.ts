import * as fc from "fast-check";
import { expect, test } from "vitest";
import { frame, Framer, FrameRules } from "./framer.ts";

const rules = () => new FrameRules().set("Q", 1, 1_000).set("S", 0, 0).set("d", 0, 100_000, true);

function encode(type: string, body: Uint8Array): Buffer {
  const bytes = Buffer.alloc(5 + body.length);
  bytes.write(type, 0, "latin1");
  bytes.writeUInt32BE(body.length + 4, 1);
  bytes.set(body, 5);
  return bytes;
}

/** Everything that comes out, streamed parts put together again. */
function readAll(chunks: readonly Uint8Array[], framer = new Framer(rules(), 1_000_000)): string[] {
  const words: string[] = [];
  let streamed: Buffer[] = [];
  for (const chunk of chunks) {
    framer.push(Buffer.from(chunk));
    for (let found = framer.next(); found !== frame.none; found = framer.next()) {
      const bytes = framer.buffer.subarray(framer.start, framer.end);
      switch (found) {
        case frame.message:
          words.push(Buffer.from(bytes).toString("hex"));
          break;
        case frame.begun:
        case frame.continued:
          streamed.push(Buffer.from(bytes));
          if (framer.remaining > 0) break;
          words.push(Buffer.concat(streamed).toString("hex"));
          streamed = [];
          break;
        case frame.oversize:
          words.push(`oversize ${framer.length}`);
          break;
        default:
          words.push("invalid");
          return words;
      }
    }
  }
  return words;
}

function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const at = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b);
  return [...at, bytes.length].map((end, index) => bytes.subarray(index === 0 ? 0 : at[index - 1], end));
}

test("messages come out whole, however the stream is cut", () => {
  const message = fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 600 }).map((body) => encode("Q", body)),
    fc.constant(encode("S", Buffer.alloc(0))),
    fc.uint8Array({ maxLength: 5_000 }).map((body) => encode("d", body)),
  );
  fc.assert(
    fc.property(fc.array(message, { minLength: 1 }), fc.array(fc.nat()), (messages, places) => {
      const words = readAll(cut(Buffer.concat(messages), places));
      expect(words).toEqual(messages.map((each) => each.toString("hex")));
    }),
  );
});

test("any bytes are read without an error and without reading beyond them", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 64 })), (chunks) => {
      expect(readAll(chunks)).toBeInstanceOf(Array);
    }),
  );
});

test.each([
  ["an unknown type", encode("!", Buffer.alloc(0)), ["invalid"]],
  ["an unknown type of no length at all", Buffer.from([0x08, 0, 0, 0, 0]), ["invalid"]],
  ["a length below what the type needs", encode("Q", Buffer.alloc(0)), ["invalid"]],
  ["a length below the length field itself", Buffer.from([0x53, 0, 0, 0, 3]), ["invalid"]],
  ["a negative length", Buffer.from([0x51, 0xff, 0xff, 0xff, 0xff]), ["invalid"]],
  ["a length beyond 2^31", Buffer.from([0x64, 0x80, 0, 0, 0]), ["invalid"]],
  ["a body where none belongs", encode("S", Buffer.alloc(4)), ["oversize 9"]],
  [
    "a message over its limit, skipped to the next one",
    Buffer.concat([encode("Q", Buffer.alloc(1_500)), encode("S", Buffer.alloc(0))]),
    ["oversize 1505", "5300000004"],
  ],
])("%s is told", (_, bytes, expected) => {
  expect(readAll([bytes])).toEqual(expected);
  expect(readAll([...bytes].map((byte) => Buffer.from([byte])))).toEqual(expected);
});

test("memory grows with the bytes that came, not with the length that was claimed", () => {
  const framer = new Framer(new FrameRules().set("Q", 1, 500_000_000), 1_000_000_000);
  framer.push(Buffer.from([0x51, 0x10, 0, 0, 0, 1, 2, 3]));
  const before = process.memoryUsage().arrayBuffers;
  expect(framer.next()).toBe(frame.none);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1_000_000);
});

test.each([
  ["one chunk", [encode("Q", Buffer.alloc(500))]],
  ["several chunks", cut(encode("Q", Buffer.alloc(500)), [100, 300])],
  ["streamed parts", cut(encode("d", Buffer.alloc(500)), [100, 300])],
  ["a message over its limit", cut(encode("Q", Buffer.alloc(5_000)), [1_000])],
])("nothing of %s is held once it is used up", (_, chunks) => {
  const framer = new Framer(rules(), 1_000_000);
  readAll(chunks, framer);
  expect(framer.buffer).toHaveLength(0);
  expect(framer.unread.buffer.byteLength).toBe(0);
});
