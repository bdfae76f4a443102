/** DataRow taken apart and put together again, for results in which values are replaced. Hot for those. */
import { changeRow, type RowChange, type RowValues } from "../enforce/row-change.ts";
import { readInt16, readInt32 } from "./wire.ts";

const headerBytes = 5;
const noBytes = Buffer.alloc(0);

class DataRowValues implements RowValues {
  start = 0;
  from = 0;
  to = 0;
  isNull = false;
  #buffer: Buffer = noBytes;
  #end = 0;

  begin(buffer: Buffer, body: number, end: number, width: number): boolean {
    this.#buffer = buffer;
    this.#end = end;
    this.to = body + 2;
    return readInt16(buffer, body, end) === width;
  }

  next(): boolean {
    const length = readInt32(this.#buffer, this.to, this.#end);
    this.start = this.to;
    this.from = this.start + 4;
    this.isNull = length < 0;
    if (length < -1 || this.from + length > this.#end) return false;
    this.to = this.isNull ? this.from : this.from + length;
    return true;
  }

  lengthOf(bytes: number): Buffer {
    const field = Buffer.allocUnsafe(4);
    field.writeUInt32BE(bytes, 0);
    return field;
  }
}

/** Rows in text and binary format have one layout. */
export const dataRowValues: RowValues = new DataRowValues();

/** The whole message, from its type on, with other values in some columns. */
export function changeDataRow(
  change: RowChange,
  buffer: Buffer,
  start: number,
  end: number,
): Buffer | "unchanged" | "misshapen" {
  const parts = changeRow(change, buffer, start + headerBytes, end);
  if (typeof parts === "string") return parts;
  const header = Buffer.alloc(headerBytes);
  header[0] = 0x44;
  const row = Buffer.concat([header, ...parts]);
  row.writeUInt32BE(row.length - 1, 1);
  return row;
}
