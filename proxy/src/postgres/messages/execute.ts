import { ProtocolError } from "../../enforce/protocol-error.ts";
import { message, nameKey, stringEnd } from "../wire.ts";

/** The portal's name, as `nameKey` gives it. */
export function decodeExecute(buffer: Buffer, body: number, end: number): string {
  const nameEnd = stringEnd(buffer, body, end);
  if (nameEnd + 5 !== end) throw new ProtocolError("invalid message format: Execute");
  return nameKey(buffer, body, nameEnd);
}

/** All rows. */
export function encodeExecute(portal: string): Buffer {
  return message("E", (writer) => writer.name(portal).int32(0));
}
