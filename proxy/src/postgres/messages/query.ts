import { ProtocolError } from "../../enforce/protocol-error.ts";
import { message, stringEnd } from "../wire.ts";

/** Where the text lies: from `body` to the result. One string, nothing after it. */
export function queryTextEnd(buffer: Buffer, body: number, end: number): number {
  const textEnd = stringEnd(buffer, body, end);
  if (textEnd !== end - 1) throw new ProtocolError("invalid message format: bytes after the text of a Query");
  return textEnd;
}

export function encodeQuery(text: string): Buffer {
  return message("Q", (writer) => writer.string(text));
}
