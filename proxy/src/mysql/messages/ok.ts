/** OK_Packet and EOF_Packet: how an answer, or a part of one, ends well. */
import { capability, has } from "../capabilities.ts";
import { PacketReader, PacketWriter } from "../wire.ts";

export function encodeOk(statusFlags: number, sequence: number, warnings = 0): Buffer {
  return new PacketWriter()
    .uint8(0)
    .lengthEncoded(0)
    .lengthEncoded(0)
    .uint16(statusFlags)
    .uint16(warnings)
    .packet(sequence);
}

export interface EndFields {
  readonly status: number;
  /** Where the status flags stand in the buffer. */
  readonly statusAt: number;
}

export interface OkFields extends EndFields {
  readonly affectedRows: number;
}

/** @param body of a packet that begins with 0x00, or with 0xFE where OK takes the place of EOF */
export function decodeOk(buffer: Buffer, body: number, end: number): OkFields {
  const reader = new PacketReader(buffer, body + 1, end);
  const affectedRows = reader.lengthEncoded();
  // The last id, which may be any BIGINT UNSIGNED.
  reader.skipLengthEncoded();
  const statusAt = reader.at;
  return { affectedRows, status: reader.uint16(), statusAt };
}

/** Of what ends rows: an EOF, or an OK in its place. */
export function decodeEnd(buffer: Buffer, body: number, end: number, capabilities: number): EndFields {
  if (has(capabilities, capability.deprecateEof)) return decodeOk(buffer, body, end);
  const reader = new PacketReader(buffer, body + 1, end);
  reader.uint16();
  const statusAt = reader.at;
  return { status: reader.uint16(), statusAt };
}
