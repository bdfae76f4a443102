/** ERR_Packet. */
import { PacketReader, PacketWriter } from "../wire.ts";

export interface ErrFields {
  /** The server's own number of the error, such as 1142. */
  readonly code: number;
  /** Five characters. */
  readonly sqlstate: string;
  readonly message: string;
}

/** Longest message that libraries have room for (MYSQL_ERRMSG_SIZE). */
const messageBytesMax = 500;

export function encodeErr({ code, sqlstate, message }: ErrFields, sequence: number): Buffer {
  return new PacketWriter()
    .uint8(0xff)
    .uint16(code)
    .text(`#${sqlstate}`)
    .text(clipped(message.replaceAll("\0", "\u2400")))
    .packet(sequence);
}

function clipped(message: string): string {
  if (Buffer.byteLength(message) <= messageBytesMax) return message;
  let text = message;
  while (Buffer.byteLength(text) > messageBytesMax - 3) text = text.slice(0, -1);
  return `${text}…`;
}

export function decodeErr(buffer: Buffer, body: number, end: number): ErrFields {
  const reader = new PacketReader(buffer, body + 1, end);
  const code = reader.uint16();
  // Before the session begins, there is no SQLSTATE.
  if (reader.peek !== 0x23) return { code, sqlstate: "HY000", message: reader.rest().toString("utf8") };
  reader.skip(1);
  return { code, sqlstate: reader.bytes(5).toString("latin1"), message: reader.rest().toString("utf8") };
}
