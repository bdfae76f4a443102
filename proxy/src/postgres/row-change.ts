/** Values of rows that the proxy replaces on their way to the client. Only results with such columns are taken apart; hot for those. */
import { readInt16, readInt32 } from "./wire.ts";

const headerBytes = 5;

/** What happens to the values of one column. */
export interface ColumnChange {
  /** From 0. */
  readonly index: number;
  /** @returns what stands in the value's place; `undefined` where it stays. NULL is not asked about: it stays. */
  replacement(buffer: Buffer, from: number, to: number): Buffer | undefined;
}

export interface RowChange {
  /** By index, each once. */
  readonly columns: readonly ColumnChange[];
  /** How many columns a row must have. */
  readonly width: number;
}

/**
 * A DataRow with other values in some columns, whole message; nothing is copied of a row that stays as it is.
 * @param body where the message's body begins
 * @returns `misshapen` where the row does not have the columns that it should have
 */
export function changeRow(
  { columns, width }: RowChange,
  buffer: Buffer,
  body: number,
  end: number,
): Buffer | "unchanged" | "misshapen" {
  if (readInt16(buffer, body, end) !== width) return "misshapen";
  let parts: Buffer[] | undefined;
  let bytes = end - body + headerBytes;
  let copied = body;
  let at = body + 2;
  let next = 0;
  for (let index = 0; index < width; index++) {
    const length = readInt32(buffer, at, end);
    const value = at + 4;
    if (length < -1 || value + length > end) return "misshapen";
    at = value + Math.max(length, 0);
    const column = columns[next];
    if (column?.index !== index) continue;
    next++;
    if (length < 0) continue;
    const replacement = column.replacement(buffer, value, at);
    if (replacement === undefined) continue;
    parts ??= [];
    parts.push(buffer.subarray(copied, value - 4), lengthField(replacement.length), replacement);
    copied = at;
    bytes += replacement.length - length;
  }
  if (at !== end || next !== columns.length) return "misshapen";
  if (parts === undefined) return "unchanged";
  const header = Buffer.alloc(headerBytes);
  header[0] = 0x44;
  header.writeUInt32BE(bytes - 1, 1);
  return Buffer.concat([header, ...parts, buffer.subarray(copied, end)], bytes);
}

function lengthField(length: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32BE(length, 0);
  return bytes;
}

/** A row that comes in several chunks, put together because it may have to be changed. */
export class RowParts {
  #parts: Buffer[] = [];

  /** @returns the whole message when its last part is there */
  add(part: Buffer, remaining: number): Buffer | undefined {
    this.#parts.push(Buffer.from(part));
    if (remaining > 0) return undefined;
    const row = Buffer.concat(this.#parts);
    this.#parts = [];
    return row;
  }
}
