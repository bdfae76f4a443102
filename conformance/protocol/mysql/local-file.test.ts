/** Any bytes, in any pieces, from either side: no decoder reads beyond its packet, nothing undecided goes through, nothing is thrown. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { ProtocolError } from "../../../../proxy/src/enforce/protocol-error.ts";
import { decodeColumnOrigin } from "../../../../proxy/src/mysql/messages/column-definition.ts";
import { decodeErr } from "../../../../proxy/src/mysql/messages/err.ts";
import { decodeExecution, decodeStatementId } from "../../../../proxy/src/mysql/messages/execute.ts";
import { decodeChangeUser, decodeHandshakeResponse } from "../../../../proxy/src/mysql/messages/handshake-response.ts";
import { findGreeting } from "../../../../proxy/src/mysql/messages/handshake.ts";
import { decodeEnd, decodeOk } from "../../../../proxy/src/mysql/messages/ok.ts";
import { decodePrepareOk } from "../../../../proxy/src/mysql/messages/prepare-ok.ts";
import { packetsOf } from "../../../../proxy/src/mysql/wire.ts";
import { ModelServer } from "./model-server.ts";
import { deniedWord, MemorySession } from "./session.ts";

type Decoder = (buffer: Buffer, body: number, end: number) => unknown;

const everything = 0xffff_ffff;
const decoders: Readonly<Record<string, Decoder>> = {
  greeting: findGreeting,
  "handshake response": (buffer, body, end) => decodeHandshakeResponse(buffer, body, end, everything),
  COM_CHANGE_USER: (buffer, body, end) => decodeChangeUser(buffer, body, end, everything),
  OK: decodeOk,
  EOF: (buffer, body, end) => decodeEnd(buffer, body, end, 0),
  ERR: decodeErr,
  "column definition": decodeColumnOrigin,
  COM_STMT_PREPARE_OK: decodePrepareOk,
  "statement id": decodeStatementId,
  COM_STMT_EXECUTE: (buffer, body, end) => decodeExecution(buffer, body, end, 3, Buffer.alloc(6)),
};

const bytes = fc.uint8Array({ maxLength: 80 }).map((array) => Buffer.from(array));

test.each(Object.entries(decoders))("%s: what lies behind the packet is never read", (_name, decode) => {
  const outcomeOf = (buffer: Buffer, body: number, end: number) => {
    try {
      return JSON.stringify(decode(buffer, body, end)) ?? "nothing";
    } catch (error) {
      if (error instanceof ProtocolError) return error.message;
      throw error;
    }
  };
  fc.assert(
    fc.property(bytes, bytes, bytes, (packet, before, behind) => {
      const within = Buffer.concat([before, packet, behind]);
      const places = (text: string) => text.replaceAll(/"(?:lower|upper|further)":\d+/g, "");
      expect(places(outcomeOf(within, before.length, before.length + packet.length))).toBe(
        places(outcomeOf(Buffer.concat([packet]), 0, packet.length)),
      );
    }),
    { numRuns: 400 },
  );
});

const text = fc.constantFrom(
  "select 1",
  "select 22",
  `select '${deniedWord}'`,
  "set names utf8mb4",
  "kill query 5",
  `use ${deniedWord}`,
  "insert into t values (1)",
);
const id = fc.constantFrom(0, 1, 2, 3, 0xffff_ffff).map((number) => {
  const four = Buffer.alloc(4);
  four.writeUInt32LE(number);
  return four;
});
const commands = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.tuple(
      fc.constantFrom(0x03, 0x16),
      text.map((sql) => Buffer.from(sql)),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(
      fc.constantFrom(0x02, 0x04),
      fc.constantFrom("shop", deniedWord).map((n) => Buffer.from(n)),
    ),
  },
  {
    weight: 3,
    arbitrary: fc.tuple(
      fc.constantFrom(0x17, 0x18, 0x19, 0x1a, 0x1c),
      id.map((four) => Buffer.concat([four, Buffer.from([0, 1, 0, 0, 0])])),
    ),
  },
  { weight: 1, arbitrary: fc.tuple(fc.nat(255), bytes) },
  { weight: 1, arbitrary: fc.tuple(fc.constantFrom(0x0e, 0x1f, 0x09, 0x11), fc.constant(Buffer.alloc(0))) },
);
/** A command, and the number that it begins with: nearly always 0. */
const packet = fc
  .tuple(commands, fc.oneof({ weight: 12, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(255) }))
  .map(([[kind, rest], sequence]) => packetsOf(Buffer.concat([Buffer.from([kind]), rest]), sequence));
const damage = fc.array(fc.tuple(fc.nat(200), fc.nat(255)), { maxLength: 1 });
const cuts = fc.array(fc.nat(40), { maxLength: 12 });

function* piecesOf(whole: Buffer, lengths: readonly number[]): Generator<Buffer> {
  for (let at = 0, piece = 0; at < whole.length; piece++) {
    const length = 1 + (lengths[piece] ?? whole.length);
    yield whole.subarray(at, at + length);
    at += length;
  }
}

test("a client that says anything: only what was decided and not denied reaches the server", async () => {
  let reached = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(packet, { minLength: 1, maxLength: 8 }),
      damage,
      cuts,
      cuts,
      async (sent, places, up, down) => {
        const whole = Buffer.concat(sent);
        for (const [place, value] of places) if (place < whole.length) whole[place] = value;
        const ends = new MemorySession();
        const server = new ModelServer();
        const exchange = async () => {
          for (let turn = 0; turn < 60 && ends.upstream.written.length > 0; turn++) {
            const asked = Buffer.concat(ends.upstream.written.splice(0));
            for (const piece of piecesOf(server.receive(asked), down)) ends.upstream.arrive(piece);
            await ends.settle();
          }
        };
        for (const piece of piecesOf(whole, up)) {
          if (ends.isOver) break;
          ends.client.arrive(piece);
          await ends.settle();
          await exchange();
        }
        const own = /^set character_set_/;
        for (const sql of server.texts.filter((each) => !own.test(each))) {
          expect(ends.decided).toContain(sql);
          expect(sql).not.toContain(deniedWord);
        }
        for (const name of server.names) expect(name).not.toContain(deniedWord);
        reached += server.texts.length;
        expect(server.unprepared).toEqual([]);
        expect(ends.faults).toEqual([]);
      },
    ),
    { numRuns: 1_500 },
  );
  // Most of it is what a client would say.
  expect(reached).toBeGreaterThan(1_000);
}, 60_000);

test("a server that says anything ends its session at the worst", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.oneof(
          bytes,
          bytes.map((payload) => packetsOf(payload, 1)),
        ),
        { maxLength: 8 },
      ),
      async (said) => {
        const ends = new MemorySession();
        ends.client.arrive(packetsOf(Buffer.from("\x03select 1"), 0));
        await ends.settle();
        for (const piece of said) {
          if (ends.isOver) break;
          ends.upstream.arrive(piece);
          await ends.settle();
        }
        // What the client gets are whole packets.
        const answers = Buffer.concat(ends.client.written);
        let at = 0;
        while (at + 4 <= answers.length) at += 4 + answers.readUIntLE(at, 3);
        // Only of a row that was cut off by the end of its connection may something be missing.
        expect(ends.isOver || at >= answers.length).toBe(true);
      },
    ),
    { numRuns: 800 },
  );
}, 60_000);

test("a server that asks for a file of the client's gets an empty one, and the client an error", async () => {
  const ends = new MemorySession();
  const server = new ModelServer();
  ends.client.arrive(packetsOf(Buffer.from("\x03load data"), 0));
  await ends.settle();
  ends.upstream.arrive(server.receive(Buffer.concat(ends.upstream.written.splice(0))));
  await ends.settle();
  ends.upstream.written.splice(0);
  ends.upstream.arrive(packetsOf(Buffer.from("\xfb/etc/passwd", "latin1"), 1));
  expect(Buffer.concat(ends.upstream.written)).toEqual(Buffer.from([0, 0, 0, 2]));
  const answer = Buffer.concat(ends.client.written);
  expect(answer[4]).toBe(0xff);
  expect(answer.toString()).not.toContain("passwd");
  ends.client.written.splice(0);
  ends.upstream.arrive(packetsOf(Buffer.from([0, 0, 0, 2, 0, 0, 0]), 3));
  expect(ends.client.written).toEqual([]);
  expect(ends.isOver).toBe(false);
});
