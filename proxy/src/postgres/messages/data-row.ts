import { ProtocolError } from "../../enforce/protocol-error.ts";
import { readInt16, readInt32 } from "../wire.ts";

/** The values of a row in text format; `null` for NULL. */
export function decodeTextRow(buffer: Buffer, body: number, end: number): (string | null)[] {
  const count = readInt16(buffer, body, end);
  const values: (string | null)[] = [];
  let at = body + 2;
  for (let index = 0; index < count; index++) {
    const length = readInt32(buffer, at, end);
    at += 4;
    if (length < -1 || at + length > end) throw new ProtocolError("invalid message format: DataRow");
    values.push(length < 0 ? null : buffer.toString("utf8", at, at + length));
    if (length > 0) at += length;
  }
  return values;
}
