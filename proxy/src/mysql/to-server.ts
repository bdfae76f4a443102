/** Commands as they leave for the server. */
import type { CommandReader } from "./command-reader.ts";
import { packetCount, packetsOf } from "./wire.ts";

/** The command as the client sent it. */
export function forwarded({ buffer, start, body, end }: CommandReader): Buffer {
  return start < 0 ? packetsOf(buffer.subarray(body, end), 0) : buffer.subarray(start, end);
}

/** COM_QUERY or COM_STMT_PREPARE with a text of the proxy's. */
export function textCommand(kind: number, text: string): { readonly bytes: Buffer; readonly packets: number } {
  const payload = Buffer.concat([Buffer.from([kind]), Buffer.from(text, "utf8")]);
  return { bytes: packetsOf(payload, 0), packets: packetCount(payload.length) };
}
