/**
 * The key of a record in the store's index: a UUID (version 8, RFC 9562) that sorts by time, then by place in the log, so that the newest records of
 * all proxies are the last keys; and the same one however often a record is brought. Milliseconds, 48 bits; segment, 12; place in the file, 34;
 * of the record's id, 28.
 */
import type { SinkRecord } from "../sinks/sink.ts";

const version = 8n;
const variant = 2n;
const timeMax = 2 ** 48 - 1;

export function recordKey(timeMs: number, { segment, start, id }: SinkRecord): string {
  const hash = BigInt(`0x${id.slice(-7)}`);
  return keyOf(timeMs, BigInt(segment), (BigInt.asUintN(34, BigInt(start)) << 28n) | hash);
}

/** What no record of this time, or of a later one, is below. */
export function firstKeyAt(timeMs: number): string {
  return keyOf(timeMs, 0n, 0n);
}

function keyOf(timeMs: number, segment: bigint, rest: bigint): string {
  const time = BigInt(Math.min(timeMax, Math.max(0, Math.trunc(timeMs))));
  const high = (time << 16n) | (version << 12n) | BigInt.asUintN(12, segment);
  const low = (variant << 62n) | rest;
  const hex = ((high << 64n) | low).toString(16).padStart(32, "0");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
