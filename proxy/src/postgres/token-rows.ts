/** Rows of results in which columns are shown as tokens. Only such rows are looked into; see `npm run bench` for what others cost. */
import type { KeyObject } from "node:crypto";
import { type TokenResult, tokenOf } from "@penstock/engine";
import { readInt16, readInt32 } from "./wire.ts";

const headerBytes = 5;

/**
 * A DataRow with tokens in place of the values of some columns, whole message. Text and binary format of the types that can be tokens are
 * the same bytes. NULL stays NULL.
 * @returns `undefined` where the row does not have the columns that it should have
 */
export function withTokens(
  key: KeyObject,
  { columns, width }: TokenResult,
  buffer: Buffer,
  body: number,
  end: number,
): Buffer | undefined {
  if (readInt16(buffer, body, end) !== width) return undefined;
  const parts: Buffer[] = [];
  let bytes = end - body + headerBytes;
  let copied = body;
  let at = body + 2;
  let next = 0;
  for (let index = 0; index < width; index++) {
    const length = readInt32(buffer, at, end);
    const value = at + 4;
    if (length < -1 || value + length > end) return undefined;
    at = value + Math.max(length, 0);
    const column = columns[next];
    if (column?.index !== index) continue;
    next++;
    if (length < 0) continue;
    const token = tokenOf(key, column.domain, trimmed(buffer.subarray(value, at), column.isPadded)).padEnd(
      column.paddedTo,
    );
    parts.push(buffer.subarray(copied, value - 4), field(token));
    copied = at;
    bytes += token.length - length;
  }
  if (at !== end || next !== columns.length) return undefined;
  const header = Buffer.alloc(headerBytes);
  header[0] = 0x44;
  header.writeUInt32BE(bytes - 1, 1);
  return Buffer.concat([header, ...parts, buffer.subarray(copied, end)], bytes);
}

function field(token: string): Buffer {
  const bytes = Buffer.allocUnsafe(4 + token.length);
  bytes.writeUInt32BE(token.length, 0);
  bytes.write(token, 4, "latin1");
  return bytes;
}

function trimmed(value: Buffer, isPadded: boolean): Buffer {
  let { length } = value;
  if (isPadded) while (length > 0 && value[length - 1] === 0x20) length--;
  return value.subarray(0, length);
}

/** A row that comes in several chunks, put together because it has to be changed. */
export class RowParts {
  #parts: Buffer[] = [];

  /** @returns the row's body when it is whole */
  add(part: Buffer, remaining: number): Buffer | undefined {
    this.#parts.push(Buffer.from(part));
    if (remaining > 0) return undefined;
    const row = Buffer.concat(this.#parts);
    this.#parts = [];
    return row;
  }
}
