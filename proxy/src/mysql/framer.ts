/**
 * Cuts a byte stream into packets ("MySQL Packets"): three bytes of length, one of sequence, payload. Hot: a result passes here row by row,
 * so a packet is numbers in fields of the framer and no object.
 */
import { ChunkFramer } from "../sockets/chunk-framer.ts";
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

export class Framer extends ChunkFramer {
  /** Of the payload. */
  length = 0;
  sequence = 0;
  /** Rows that are not whole are given in parts. To be set while the next packets may be rows, and nobody has to see them whole. */
  streams = false;

  readonly #payloadBytesMax: number;

  constructor(payloadBytesMax: number) {
    super();
    this.#payloadBytesMax = payloadBytesMax;
  }

  get hasUnread(): boolean {
    return this.position < this.chunk.length;
  }

  /** Whether bytes have come of a packet that is not whole. */
  get isWithinPacket(): boolean {
    return this.partialLength > 0 || this.streaming > 0;
  }

  /** One of `frame`. */
  next(): number {
    if (this.streaming > 0) return this.takePart() ? frame.continued : this.#useUp();
    if (this.partialLength > 0) return this.#complete();
    const chunk = this.chunk;
    const start = this.position;
    const available = chunk.length - start;
    if (available < headerBytes) {
      if (available > 0) this.keep(headerBytes);
      return this.#useUp();
    }
    const length = chunk[start]! | (chunk[start + 1]! << 8) | (chunk[start + 2]! << 16);
    if (length > this.#payloadBytesMax) return frame.oversize;
    const total = length + headerBytes;
    this.length = length;
    this.sequence = chunk[start + 3]!;
    if (total <= available) {
      this.#found(chunk, start, start + total, 0);
      return frame.packet;
    }
    if (this.streams && available > headerBytes && isRow(chunk[start + headerBytes]!, length)) {
      this.#found(chunk, start, chunk.length, total - available);
      return frame.begun;
    }
    this.keep(total);
    return this.#useUp();
  }

  #found(chunk: Buffer, start: number, end: number, remaining: number): void {
    this.buffer = chunk;
    this.start = start;
    this.body = start + headerBytes;
    this.end = end;
    this.remaining = remaining;
    this.streaming = remaining;
    this.position = end;
  }

  #useUp(): number {
    this.letGo();
    return frame.none;
  }

  #complete(): number {
    if (this.partialLength < headerBytes && !this.fill(headerBytes)) return this.#useUp();
    const length = this.partial[0]! | (this.partial[1]! << 8) | (this.partial[2]! << 16);
    if (length > this.#payloadBytesMax) return frame.oversize;
    const total = length + headerBytes;
    this.length = length;
    this.sequence = this.partial[3]!;
    // A part has its first byte of payload at least: what it is can be told.
    if (length > 0 && !this.fill(headerBytes + 1)) return this.#useUp();
    const isPart = this.streams && length > 0 && isRow(this.partial[headerBytes]!, length);
    if (!isPart && !this.fill(total)) return this.#useUp();
    this.takePartial(headerBytes, total);
    return this.remaining > 0 ? frame.begun : frame.packet;
  }
}

/**
 * By the first byte, whether a packet among rows is one, or a part of one that is longer than a packet. What ends a result is read whole: an
 * error, or an EOF or OK, which begin like a value of more than 16 MiB.
 */
function isRow(first: number, length: number): boolean {
  return first < 0xfe || length === packetBytesMax;
}
