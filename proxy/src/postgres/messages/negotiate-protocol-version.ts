import { message } from "../wire.ts";

/**
 * Tells a client that asked for a newer minor version, or for `_pq_.` options, what it gets instead.
 * @param version major << 16 | minor, as postgres itself sends it (SendNegotiateProtocolVersion in backend_startup.c).
 */
export function encodeNegotiateProtocolVersion(version: number, unknownOptions: readonly string[]): Buffer {
  return message("v", (writer) => {
    writer.int32(version).int32(unknownOptions.length);
    for (const option of unknownOptions) writer.string(option);
  });
}
