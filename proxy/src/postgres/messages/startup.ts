import { ProtocolError } from "../../enforce/protocol-error.ts";
import { readInt32, stringEnd } from "../wire.ts";

/** The messages that a connection may begin with: they have no type byte, and their codes are versions that cannot exist. */
export type FirstMessage =
  | { readonly kind: "ssl_request" }
  | { readonly kind: "gss_request" }
  | { readonly kind: "cancel"; readonly processId: number; readonly secret: Buffer }
  | {
      readonly kind: "startup";
      readonly major: number;
      readonly minor: number;
      /** In the order they came; the last of a name counts. */
      readonly parameters: ReadonlyMap<string, string>;
    };

const sslRequest = 80877103;
const gssRequest = 80877104;
const cancelRequest = 80877102;

/** Protocol 3.2 allows secrets up to this length. */
const secretBytesMax = 256;

/** @param packet the whole message, length field included. */
export function decodeFirstMessage(packet: Buffer): FirstMessage {
  const end = packet.length;
  const code = readInt32(packet, 4, end);
  switch (code) {
    case sslRequest:
    case gssRequest:
      if (end !== 8) throw new ProtocolError("invalid length of startup packet");
      return { kind: code === sslRequest ? "ssl_request" : "gss_request" };
    case cancelRequest:
      if (end < 16 || end > 12 + secretBytesMax) throw new ProtocolError("invalid length of cancel request packet");
      return { kind: "cancel", processId: readInt32(packet, 8, end), secret: Buffer.from(packet.subarray(12)) };
    default:
      return { kind: "startup", major: code >>> 16, minor: code & 0xffff, parameters: readParameters(packet, 8, end) };
  }
}

/** Pairs of strings, then one NUL at the very end. */
function readParameters(packet: Buffer, from: number, end: number): Map<string, string> {
  const parameters = new Map<string, string>();
  let at = from;
  while (at < end && packet[at] !== 0) {
    const nameEnd = stringEnd(packet, at, end);
    const valueEnd = stringEnd(packet, nameEnd + 1, end);
    parameters.set(packet.toString("utf8", at, nameEnd), packet.toString("utf8", nameEnd + 1, valueEnd));
    at = valueEnd + 1;
  }
  if (at !== end - 1) throw new ProtocolError("invalid startup packet layout: expected terminator as last byte");
  return parameters;
}

export function encodeSslRequest(): Buffer {
  return encodePacket([sslRequest]);
}

export function encodeCancelRequest(processId: number, secret: Buffer): Buffer {
  return Buffer.concat([encodePacket([cancelRequest, processId], secret.length), secret]);
}

function encodePacket(values: readonly number[], extra = 0): Buffer {
  const bytes = Buffer.allocUnsafe(4 + values.length * 4);
  bytes.writeInt32BE(bytes.length + extra, 0);
  values.forEach((value, index) => bytes.writeInt32BE(value | 0, 4 + index * 4));
  return bytes;
}
