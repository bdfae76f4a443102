import { ProtocolError } from "../../enforce/protocol-error.ts";
import { readInt32, stringEnd } from "../wire.ts";

/** The first answer to AuthenticationSASL: mechanism and first SASL message. */
export function decodeSaslInitialResponse(
  buffer: Buffer,
  body: number,
  end: number,
): { readonly mechanism: string; readonly data: Buffer } {
  const mechanismEnd = stringEnd(buffer, body, end);
  const length = readInt32(buffer, mechanismEnd + 1, end);
  const start = mechanismEnd + 5;
  // -1 stands for no first message, which no SCRAM client sends.
  if (length < 0 || start + length !== end) throw new ProtocolError("malformed SASLInitialResponse");
  return { mechanism: buffer.toString("latin1", body, mechanismEnd), data: buffer.subarray(start, end) };
}
