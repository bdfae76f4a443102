import { message, stringEnd } from "../wire.ts";

export function encodeParameterStatus(name: string, value: string): Buffer {
  return message("S", (writer) => writer.string(name).string(value));
}

export function decodeParameterStatus(
  buffer: Buffer,
  body: number,
  end: number,
): { readonly name: string; readonly value: string } {
  const nameEnd = stringEnd(buffer, body, end);
  const valueEnd = stringEnd(buffer, nameEnd + 1, end);
  return { name: buffer.toString("utf8", body, nameEnd), value: buffer.toString("utf8", nameEnd + 1, valueEnd) };
}
