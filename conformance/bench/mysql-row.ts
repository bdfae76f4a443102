/** Rows of MySQL's protocol as a server sends them, without the packet's header. */
import { PacketWriter } from "../../proxy/src/mysql/wire.ts";

const headerBytes = 4;

/** Of a text: "Text Resultset Row". */
export function textRow(values: readonly string[]): Buffer {
  return written(new PacketWriter(), values);
}

/** Of a prepared statement, all of its columns texts: "Binary Protocol Resultset Row". */
export function binaryRow(values: readonly string[]): Buffer {
  return written(new PacketWriter().uint8(0).zeros((values.length + 9) >> 3), values);
}

function written(writer: PacketWriter, values: readonly string[]): Buffer {
  for (const value of values) writer.lengthEncodedText(value);
  return writer.packet(0).subarray(headerBytes);
}
