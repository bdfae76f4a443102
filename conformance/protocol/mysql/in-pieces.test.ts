/** Packets that arrive byte by byte are what they are in one piece. */
import { expect, test } from "vitest";
import { PacketWriter, packetsOf } from "../../../proxy/src/mysql/wire.ts";
import { ModelServer } from "./fuzz/model-server.ts";
import { MemorySession } from "./fuzz/session.ts";

/** The rows of SHOW WARNINGS, for a client that wants EOF. */
function warnings(message: string): Buffer {
  const column = (name: string) => {
    const writer = new PacketWriter();
    for (const part of ["def", "", "", "", name, ""]) writer.lengthEncodedText(part);
    return writer.lengthEncoded(12).uint16(45).uint32(80).uint8(0xfd).uint16(0).uint8(0).zeros(2);
  };
  const end = () => new PacketWriter().uint8(0xfe).uint16(0).uint16(2);
  const row = new PacketWriter().lengthEncodedText("Warning").lengthEncodedText("1292").lengthEncodedText(message);
  const packets = [
    new PacketWriter().lengthEncoded(3),
    ...["Level", "Code", "Message"].map((name) => column(name)),
    end(),
    row,
    end(),
  ];
  return Buffer.concat(packets.map((packet, index) => packet.packet(index + 1)));
}

async function shownWarnings(pieces: (bytes: Buffer) => readonly Buffer[]): Promise<Buffer> {
  const ends = new MemorySession();
  const server = new ModelServer();
  ends.client.arrive(packetsOf(Buffer.from("\u0003select 1"), 0));
  await ends.settle();
  while (ends.upstream.written.length > 0) {
    ends.upstream.arrive(server.receive(Buffer.concat(ends.upstream.written.splice(0))));
    await ends.settle();
  }
  ends.client.written.splice(0);
  ends.session.areWordsSafe = false;
  ends.client.arrive(packetsOf(Buffer.from("\u0003show warnings"), 0));
  await ends.settle();
  expect(Buffer.concat(ends.upstream.written).toString()).toContain("show warnings");
  for (const piece of pieces(warnings("Incorrect value: 'hidden'"))) ends.upstream.arrive(piece);
  await ends.settle();
  expect(ends.isOver).toBe(false);
  return Buffer.concat(ends.client.written);
}

test("words are withheld from SHOW WARNINGS however its rows arrive", async () => {
  const whole = await shownWarnings((bytes) => [bytes]);
  expect(whole.toString()).toContain("withheld");
  expect(whole.toString()).not.toContain("'hidden'");
  const bytewise = await shownWarnings((bytes) => Array.from(bytes, (byte) => Buffer.from([byte])));
  expect(bytewise).toEqual(whole);
});
