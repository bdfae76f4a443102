import { message } from "../wire.ts";

/** Transaction status bytes: idle, in a transaction, in a failed transaction. */
export const transactionStatus = { idle: 0x49, active: 0x54, failed: 0x45 } as const;

export function encodeReadyForQuery(status: number): Buffer {
  return message("Z", (writer) => writer.byte(status));
}
