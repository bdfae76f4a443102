/**
 * Cuts a byte stream into packets ("MySQL Packets"): three bytes of length, one of sequence, payload. Hot: a result passes here row by row,
 * so a packet is numbers in fields of the framer and no object.
 *
 * Views: `buffer` is the chunk that was pushed, or a buffer of the framer's own for a packet that came in several chunks, which is never
 * written again. When all is used up the framer holds neither.
 */
import { headerBytes, packetBytesMax } from "./wire.ts";

/** What `next` found. */
export const frame = {
  /** Nothing whole is left; push the next chunk. */
  none: 0,
  /** One whole packet from `start` to `end`, its payload from `body`. */
  packet: 1,
  /** The beginning of a packet, header and first byte of the payload included; `remaining` bytes follow as `continued` parts. */
  begun: 2,
  /** Bytes of the packet that has begun; `remaining` bytes follow. */
  continued: 3,
  /** A packet over the limit: nothing after it can be read. */
  oversize: 4,
} as const;

const noBytes = Buffer.alloc(0);

export class Framer {
  /** Of the packet that `next` found. */
  buffer: Buffer = noBytes;
  start = 0;
  body = 0;
  end = 0;
  /** Of the payload. */
  length = 0;
  sequence = 0;
  remaining = 0;
  /** Rows that are not whole are given in parts. To be set while the next packets may be rows, and nobody has to see them whole. */
  streams = false;

  readonly #payloadBytesMax: number;
  #chunk: Buffer = noBytes;
  #position = 0;
  /** A packet whose beginning came in earlier chunks. */
  #partial: Buffer = noBytes;
  #partialLength = 0;
  #streaming = 0;

  constructor(payloadBytesMax: number) {
    this.#payloadBytesMax = payloadBytesMax;
  }

  /** Takes the next chunk; the one before must be used up (`next` returned `none`). */
  push(chunk: Buffer): void {
    this.#chunk = chunk;
    this.#position = 0;
  }

  /** Bytes of the current chunk that `next` has not looked at. */
  get unread(): Buffer {
    return this.#chunk.subarray(this.#position);
  }

  get hasUnread(): boolean {
    return this.#position < this.#chunk.length;
  }

  /** Whether bytes have come of a packet that is not whole. */
  get isWithinPacket(): boolean {
    return this.#partialLength > 0 || this.#streaming > 0;
  }

  /** One of `frame`. */
  next(): number {
    if (this.#streaming > 0) return this.#continue();
    if (this.#partialLength > 0) return this.#complete();
    const chunk = this.#chunk;
    const start = this.#position;
    const available = chunk.length - start;
    if (available < headerBytes) {
      if (available > 0) this.#keep(headerBytes);
      return this.#useUp();
    }
    const length = chunk[start]! | (chunk[start + 1]! << 8) | (chunk[start + 2]! << 16);
    if (length > this.#payloadBytesMax) return frame.oversize;
    const total = length + headerBytes;
    this.length = length;
    this.sequence = chunk[start + 3]!;
    if (total <= available) {
      this.#found(chunk, start, start + total, 0);
      this.#position = this.end;
      return frame.packet;
    }
    if (this.streams && available > headerBytes && isRow(chunk[start + headerBytes]!, length)) {
      this.#found(chunk, start, chunk.length, total - available);
      this.#position = chunk.length;
      return frame.begun;
    }
    this.#keep(Math.min(total, Math.max(1024, available * 2)));
    return this.#useUp();
  }

  #found(buffer: Buffer, start: number, end: number, remaining: number): void {
    this.buffer = buffer;
    this.start = start;
    this.body = start + headerBytes;
    this.end = end;
    this.remaining = remaining;
    this.#streaming = remaining;
  }

  /** Lets go of the chunk and of the last packet: a session may wait for hours now. */
  #useUp(): number {
    this.buffer = noBytes;
    this.#chunk = noBytes;
    this.#position = 0;
    return frame.none;
  }

  /** Puts the rest of the chunk aside as the beginning of a packet. */
  #keep(capacity: number): void {
    const rest = this.#chunk.length - this.#position;
    this.#partial = Buffer.allocUnsafe(Math.max(capacity, rest));
    this.#chunk.copy(this.#partial, 0, this.#position);
    this.#partialLength = rest;
    this.#position = this.#chunk.length;
  }

  /** Moves bytes of the chunk to the partial packet until it holds `target`; memory grows with what really came. */
  #fill(target: number): boolean {
    const take = Math.min(target - this.#partialLength, this.#chunk.length - this.#position);
    const needed = this.#partialLength + Math.max(take, 0);
    if (needed > this.#partial.length) {
      const grown = Buffer.allocUnsafe(Math.min(target, Math.max(needed, this.#partial.length * 2)));
      this.#partial.copy(grown, 0, 0, this.#partialLength);
      this.#partial = grown;
    }
    if (take > 0) {
      this.#chunk.copy(this.#partial, this.#partialLength, this.#position, this.#position + take);
      this.#partialLength = needed;
      this.#position += take;
    }
    return this.#partialLength >= target;
  }

  #complete(): number {
    if (this.#partialLength < headerBytes && !this.#fill(headerBytes)) return this.#useUp();
    const length = this.#partial[0]! | (this.#partial[1]! << 8) | (this.#partial[2]! << 16);
    if (length > this.#payloadBytesMax) return frame.oversize;
    const total = length + headerBytes;
    this.length = length;
    this.sequence = this.#partial[3]!;
    // A part has its first byte of payload at least: what it is can be told.
    if (length > 0 && !this.#fill(headerBytes + 1)) return this.#useUp();
    const isPart = this.streams && length > 0 && isRow(this.#partial[headerBytes]!, length);
    if (!isPart && !this.#fill(total)) return this.#useUp();
    const packet = this.#partial;
    const held = this.#partialLength;
    this.#partial = noBytes;
    this.#partialLength = 0;
    this.#found(packet, 0, held, total - held);
    return this.remaining > 0 ? frame.begun : frame.packet;
  }

  #continue(): number {
    const take = Math.min(this.#streaming, this.#chunk.length - this.#position);
    if (take === 0) return this.#useUp();
    this.buffer = this.#chunk;
    this.start = this.#position;
    this.body = this.start;
    this.end = this.start + take;
    this.#position = this.end;
    this.#streaming -= take;
    this.remaining = this.#streaming;
    return frame.continued;
  }
}

/**
 * By the first byte, whether a packet among rows is one, or a part of one that is longer than a packet. What ends a result is read whole: an
 * error, or an EOF or OK, which begin like a value of more than 16 MiB.
 */
function isRow(first: number, length: number): boolean {
  return first < 0xfe || length === packetBytesMax;
}
