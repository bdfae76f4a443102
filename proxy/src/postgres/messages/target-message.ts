import { ProtocolError } from "../../enforce/protocol-error.ts";
import { message, nameKey, stringEnd } from "../wire.ts";

/** Describe and Close have one shape: which kind of object, and its name. */
export interface TargetMessage {
  readonly isStatement: boolean;
  readonly name: string;
}

export function decodeTargetMessage(buffer: Buffer, body: number, end: number): TargetMessage {
  const kind = body < end ? buffer[body] : undefined;
  if (kind !== 0x53 && kind !== 0x50) throw new ProtocolError(`invalid DESCRIBE or CLOSE message subtype ${kind}`);
  const nameEnd = stringEnd(buffer, body + 1, end);
  if (nameEnd !== end - 1) throw new ProtocolError("invalid message format: bytes after a name");
  return { isStatement: kind === 0x53, name: nameKey(buffer, body + 1, nameEnd) };
}

export function encodeDescribeStatement(name: string): Buffer {
  return message("D", (writer) => writer.byte(0x53).name(name));
}

export function encodeDescribePortal(name: string): Buffer {
  return message("D", (writer) => writer.byte(0x50).name(name));
}

export function encodeCloseStatement(name: string): Buffer {
  return message("C", (writer) => writer.byte(0x53).name(name));
}

export function encodeClosePortal(name: string): Buffer {
  return message("C", (writer) => writer.byte(0x50).name(name));
}
