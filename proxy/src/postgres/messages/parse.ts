import { ProtocolError } from "../../enforce/protocol-error.ts";
import { message, nameKey, readInt16, stringEnd } from "../wire.ts";

export interface Parse {
  /** As `nameKey` gives it. */
  readonly name: string;
  readonly textStart: number;
  readonly textEnd: number;
  /** The parameter types as they came: a count and an OID each. A copy. */
  readonly types: Buffer;
}

export function decodeParse(buffer: Buffer, body: number, end: number): Parse {
  const nameEnd = stringEnd(buffer, body, end);
  const textStart = nameEnd + 1;
  const textEnd = stringEnd(buffer, textStart, end);
  const count = readInt16(buffer, textEnd + 1, end);
  if (textEnd + 3 + count * 4 !== end) throw new ProtocolError("invalid message format: parameter types of a Parse");
  const types = count === 0 ? noTypes : Buffer.from(buffer.subarray(textEnd + 1, end));
  return { name: nameKey(buffer, body, nameEnd), textStart, textEnd, types };
}

/** @param types as in `Parse.types`. */
export function encodeParse(name: string, text: string, types: Buffer = noTypes): Buffer {
  return message("P", (writer) => writer.name(name).string(text).bytes(types));
}

/** The OID declared for a parameter, from 0; 0 where the client leaves it to the server. */
export function parameterType(types: Buffer, index: number): number {
  const at = 2 + index * 4;
  return at + 4 <= types.length ? types.readUInt32BE(at) : 0;
}

const noTypes = Buffer.alloc(2);
