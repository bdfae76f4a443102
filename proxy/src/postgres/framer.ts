/**
 * Cuts a byte stream into protocol messages ("Message Formats" of PostgreSQL's protocol documentation): type byte, length
 * (4 bytes, itself included), body. Hot: a statement passes here with all its messages, so a message is four numbers in fields
 * of the framer and no object.
 */
import { ChunkFramer } from "../sockets/chunk-framer.ts";

/** What `next` found. */
export const frame = {
  /** Nothing whole is left; push the next chunk. */
  none: 0,
  /** One whole message from `start` to `end`, its body from `body`. */
  message: 1,
  /** The beginning of a message of a streamed type, header included; `remaining` bytes follow as `continued` parts. */
  begun: 2,
  /** Bytes of the message that has begun; `remaining` bytes follow. */
  continued: 3,
  /** A message over the limit of its type, `length` long. Its bytes are skipped. */
  oversize: 4,
  /** An unknown type or an impossible length: nothing after it can be read. */
  invalid: 5,
} as const;

/** Bounds of the length field (which counts itself but not the type byte) by message type; of unknown types no length is within them. */
export class FrameRules {
  readonly minimum = new Uint32Array(256).fill(0xffff_ffff);
  readonly maximum = new Uint32Array(256);
  readonly streamed = new Uint8Array(256);

  /** @param bodyMaximum in bytes, without the length field. */
  set(type: string, bodyMinimum: number, bodyMaximum: number, streamed = false): this {
    const code = type.charCodeAt(0);
    this.minimum[code] = bodyMinimum + 4;
    this.maximum[code] = bodyMaximum + 4;
    this.streamed[code] = streamed ? 1 : 0;
    return this;
  }
}

const headerBytes = 5;

export class Framer extends ChunkFramer {
  type = 0;
  /** The message's length field plus the type byte. */
  length = 0;

  readonly #rules: FrameRules;
  readonly #messageBytesMax: number;
  #skipping = 0;
  #again: number = frame.none;

  constructor(rules: FrameRules, messageBytesMax: number) {
    super();
    this.#rules = rules;
    this.#messageBytesMax = messageBytesMax;
  }

  /** Makes `next` return the same message once more. */
  repeat(found: number): void {
    this.#again = found;
  }

  /** Whether `repeat` or unread bytes make another `next` worth calling. */
  get hasUnread(): boolean {
    return this.#again !== frame.none || this.position < this.chunk.length;
  }

  /** One of `frame`. */
  next(): number {
    if (this.#again !== frame.none) {
      const found = this.#again;
      this.#again = frame.none;
      return found;
    }
    if (this.#skipping > 0 && !this.#skip()) return this.#useUp();
    if (this.streaming > 0) return this.takePart() ? frame.continued : this.#useUp();
    if (this.partialLength > 0) return this.#complete();
    const chunk = this.chunk;
    const start = this.position;
    const available = chunk.length - start;
    if (available < headerBytes) {
      if (available > 0) this.keep(headerBytes);
      return this.#useUp();
    }
    const type = chunk[start]!;
    const length = readLength(chunk, start + 1);
    if (length < this.#rules.minimum[type]! || length > this.#rules.maximum[type]!) {
      return this.#refuse(type, length, start + headerBytes);
    }
    const total = length + 1;
    this.type = type;
    this.length = total;
    if (total <= available) {
      this.buffer = chunk;
      this.start = start;
      this.body = start + headerBytes;
      this.end = start + total;
      this.remaining = 0;
      this.position = this.end;
      return frame.message;
    }
    if (this.#rules.streamed[type] === 1) {
      this.buffer = chunk;
      this.start = start;
      this.body = start + headerBytes;
      this.end = chunk.length;
      this.remaining = total - available;
      this.streaming = this.remaining;
      this.position = chunk.length;
      return frame.begun;
    }
    this.keep(total);
    return this.#useUp();
  }

  #useUp(): number {
    this.letGo();
    return frame.none;
  }

  #complete(): number {
    if (this.partialLength < headerBytes && !this.fill(headerBytes)) return this.#useUp();
    const type = this.partial[0]!;
    const length = readLength(this.partial, 1);
    if (length < this.#rules.minimum[type]! || length > this.#rules.maximum[type]!) {
      this.partialLength = 0;
      return this.#refuse(type, length, this.position);
    }
    const total = length + 1;
    this.type = type;
    this.length = total;
    const streamed = this.#rules.streamed[type] === 1;
    if (!streamed && !this.fill(total)) return this.#useUp();
    this.takePartial(headerBytes, total);
    return this.remaining > 0 ? frame.begun : frame.message;
  }

  #refuse(type: number, length: number, bodyStart: number): number {
    this.type = type;
    this.length = length + 1;
    if (length < this.#rules.minimum[type]! || length > this.#messageBytesMax) {
      return frame.invalid;
    }
    this.position = bodyStart;
    this.#skipping = length - 4;
    return frame.oversize;
  }

  #skip(): boolean {
    const take = Math.min(this.#skipping, this.chunk.length - this.position);
    this.position += take;
    this.#skipping -= take;
    return this.#skipping === 0;
  }
}

/** Unsigned: a negative length is above every limit. */
function readLength(buffer: Buffer, at: number): number {
  return ((buffer[at]! << 24) | (buffer[at + 1]! << 16) | (buffer[at + 2]! << 8) | buffer[at + 3]!) >>> 0;
}
