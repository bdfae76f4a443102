import { message, nameKey, readInt32, stringEnd } from "../wire.ts";

/** The same notification, which says no more than that there is one. */
export function withoutPayload(buffer: Buffer, body: number, end: number): Buffer {
  const sender = readInt32(buffer, body, end);
  const channel = nameKey(buffer, body + 4, stringEnd(buffer, body + 4, end));
  return message("A", (writer) => writer.int32(sender).name(channel).byte(0));
}
