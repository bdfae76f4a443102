import { message } from "../wire.ts";

/** @param secret 4 bytes in protocol 3.0, up to 256 in 3.2. */
export function encodeBackendKeyData(processId: number, secret: Buffer): Buffer {
  return message("K", (writer) => writer.int32(processId).bytes(secret));
}
