/** What is said between greeting and OK ("Authentication Method"). */
import { PacketWriter } from "../wire.ts";

/** Protocol::AuthSwitchRequest. @param data of the plugin, such as a scramble */
export function encodeAuthSwitchRequest(plugin: string, data: Buffer, sequence: number): Buffer {
  return new PacketWriter().uint8(0xfe).nulText(plugin).bytes(data).uint8(0).packet(sequence);
}

/** Protocol::AuthMoreData. */
export function encodeAuthMoreData(data: Uint8Array, sequence: number): Buffer {
  return new PacketWriter().uint8(0x01).bytes(data).packet(sequence);
}
