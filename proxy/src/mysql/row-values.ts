/** Rows taken apart, for results in which values are replaced ("Text Resultset Row", "Binary Protocol Resultset Row"). Hot for those. */
import type { RowValues } from "../enforce/row-change.ts";
import { type ValueLength, valueLength } from "./messages/binary-value.ts";
import { headerBytes, PacketWriter } from "./wire.ts";

const noBytes = Buffer.alloc(0);
const nullValue = 0xfb;
/** Lengths of one byte. */
const shortLengths = Array.from({ length: nullValue }, (_, length) => Buffer.from([length]));

abstract class MysqlRowValues implements RowValues {
  start = 0;
  from = 0;
  to = 0;
  isNull = false;
  protected buffer: Buffer = noBytes;
  protected end = 0;

  abstract begin(buffer: Buffer, body: number, end: number, width: number): boolean;
  abstract next(): boolean;

  lengthOf(bytes: number): Buffer {
    return shortLengths[bytes] ?? new PacketWriter().lengthEncoded(bytes).packet(0).subarray(headerBytes);
  }

  protected beginAt(buffer: Buffer, at: number, end: number): void {
    this.buffer = buffer;
    this.end = end;
    this.to = at;
  }

  /** @param length of a value that begins at `from` */
  protected take(length: number): boolean {
    this.to = this.from + length;
    return this.to <= this.end;
  }

  protected takeEncoded(): boolean {
    const { buffer, start, end } = this;
    const first = start < end ? buffer[start]! : 0xff;
    const lengthBytes = first < nullValue ? 0 : first === 0xfc ? 2 : first === 0xfd ? 3 : first === 0xfe ? 8 : -1;
    this.from = start + 1 + lengthBytes;
    if (lengthBytes < 0 || this.from > end) return false;
    // No value has 2^48 bytes.
    const length = lengthBytes === 0 ? first : buffer.readUIntLE(start + 1, Math.min(lengthBytes, 6));
    return this.take(length);
  }
}

class TextRowValues extends MysqlRowValues {
  begin(buffer: Buffer, body: number, end: number): boolean {
    this.beginAt(buffer, body, end);
    return true;
  }

  next(): boolean {
    this.start = this.to;
    this.isNull = this.start < this.end && this.buffer[this.start] === nullValue;
    if (!this.isNull) return this.takeEncoded();
    this.from = this.start + 1;
    return this.take(0);
  }
}

export const textRowValues: RowValues = new TextRowValues();

export class BinaryRowValues extends MysqlRowValues {
  readonly #lengths: readonly ValueLength[];
  #nulls = 0;
  #index = 0;

  /** @param types of the result's columns, as `enum_field_types` */
  constructor(types: readonly number[]) {
    super();
    this.#lengths = types.map(valueLength);
  }

  begin(buffer: Buffer, body: number, end: number, width: number): boolean {
    this.#nulls = body + 1;
    this.#index = 0;
    // The first two bits of those for NULLs are not used.
    this.beginAt(buffer, this.#nulls + ((width + 9) >> 3), end);
    return width === this.#lengths.length && this.to <= end && buffer[body] === 0;
  }

  next(): boolean {
    const index = this.#index++;
    const bit = index + 2;
    this.start = this.to;
    this.from = this.start;
    this.isNull = (this.buffer[this.#nulls + (bit >> 3)]! & (1 << (bit & 7))) !== 0;
    if (this.isNull) return true;
    const length = this.#lengths[index];
    if (length === undefined) return false;
    if (length === "encoded") return this.takeEncoded();
    if (length !== "byte") return this.take(length);
    if (this.start >= this.end) return false;
    this.from++;
    return this.take(this.buffer[this.start]!);
  }
}
