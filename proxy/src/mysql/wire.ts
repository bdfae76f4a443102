/**
 * Reading and writing the protocol's data types ("MySQL Packets", "Protocol Data Types" of MySQL's internals documentation). Every read is
 * checked against the end of its packet.
 */
import { ProtocolError } from "../enforce/protocol-error.ts";

const tooShort = "the packet is too short";

/** Reads one packet's payload from its beginning. */
export class PacketReader {
  readonly buffer: Buffer;
  readonly end: number;
  at: number;

  constructor(buffer: Buffer, from: number, end: number) {
    this.buffer = buffer;
    this.at = from;
    this.end = end;
  }

  get remaining(): number {
    return this.end - this.at;
  }

  /** The next byte, which stays unread; -1 at the end. */
  get peek(): number {
    return this.at < this.end ? this.buffer[this.at]! : -1;
  }

  uint8(): number {
    return this.buffer[this.#take(1)]!;
  }

  uint16(): number {
    return this.buffer.readUInt16LE(this.#take(2));
  }

  uint32(): number {
    return this.buffer.readUInt32LE(this.#take(4));
  }

  skip(bytes: number): void {
    this.#take(bytes);
  }

  /** A view. */
  bytes(length: number): Buffer {
    const from = this.#take(length);
    return this.buffer.subarray(from, from + length);
  }

  /** A length-encoded integer. Above 2^53 it is no length of anything. */
  lengthEncoded(): number {
    const first = this.uint8();
    switch (first) {
      case 0xfc:
        return this.uint16();
      case 0xfd:
        return this.buffer.readUIntLE(this.#take(3), 3);
      case 0xfe: {
        const value = Number(this.buffer.readBigUInt64LE(this.#take(8)));
        if (value > Number.MAX_SAFE_INTEGER) throw new ProtocolError("a number in the packet is too large");
        return value;
      }
      case 0xfb:
      case 0xff:
        throw new ProtocolError("a length in the packet cannot be read");
      default:
        return first;
    }
  }

  /** Moves behind a length-encoded integer of any size. */
  skipLengthEncoded(): void {
    const first = this.uint8();
    this.skip(first < 0xfc ? 0 : first === 0xfc ? 2 : first === 0xfd ? 3 : 8);
  }

  /** A view of a string<lenenc>. */
  lengthEncodedBytes(): Buffer {
    return this.bytes(this.lengthEncoded());
  }

  lengthEncodedText(): string {
    return this.lengthEncodedBytes().toString("utf8");
  }

  /** A string<lenenc> of a row in text format, `null` for NULL. */
  textValue(): string | null {
    if (this.peek !== 0xfb) return this.lengthEncodedText();
    this.at++;
    return null;
  }

  /** A string<NUL>. */
  nulText(): string {
    const end = this.buffer.indexOf(0, this.at);
    if (end < 0 || end >= this.end) throw new ProtocolError("a string in the packet has no end");
    const text = this.buffer.toString("utf8", this.at, end);
    this.at = end + 1;
    return text;
  }

  /** A string<EOF>: the rest, as a view. */
  rest(): Buffer {
    return this.bytes(this.remaining);
  }

  #take(bytes: number): number {
    const from = this.at;
    if (bytes > this.end - from) throw new ProtocolError(tooShort);
    this.at = from + bytes;
    return from;
  }
}

/** Length of a packet's header: three bytes of length, one of sequence. */
export const headerBytes = 4;
/** A payload of this length is continued in the next packet. */
export const packetBytesMax = 0xff_ffff;

/** Writes one payload; `packet` gives it with its header. */
export class PacketWriter {
  #buffer = Buffer.allocUnsafe(256);
  #length = headerBytes;

  uint8(value: number): this {
    this.#reserve(1);
    this.#buffer[this.#length++] = value;
    return this;
  }

  uint16(value: number): this {
    this.#reserve(2);
    this.#length = this.#buffer.writeUInt16LE(value & 0xffff, this.#length);
    return this;
  }

  uint32(value: number): this {
    this.#reserve(4);
    this.#length = this.#buffer.writeUInt32LE(value >>> 0, this.#length);
    return this;
  }

  zeros(count: number): this {
    this.#reserve(count);
    this.#buffer.fill(0, this.#length, this.#length + count);
    this.#length += count;
    return this;
  }

  bytes(value: Uint8Array): this {
    this.#reserve(value.length);
    this.#buffer.set(value, this.#length);
    this.#length += value.length;
    return this;
  }

  text(value: string): this {
    return this.bytes(Buffer.from(value, "utf8"));
  }

  /** A string<NUL>; the caller has made sure that the text holds none. */
  nulText(value: string): this {
    return this.text(value).uint8(0);
  }

  lengthEncoded(value: number): this {
    if (value < 0xfb) return this.uint8(value);
    if (value <= 0xffff) return this.uint8(0xfc).uint16(value);
    if (value <= 0xff_ffff) {
      return this.uint8(0xfd)
        .uint16(value & 0xffff)
        .uint8(value >>> 16);
    }
    const wide = Buffer.allocUnsafe(8);
    wide.writeBigUInt64LE(BigInt(value));
    return this.uint8(0xfe).bytes(wide);
  }

  lengthEncodedBytes(value: Uint8Array): this {
    return this.lengthEncoded(value.length).bytes(value);
  }

  lengthEncodedText(value: string): this {
    return this.lengthEncodedBytes(Buffer.from(value, "utf8"));
  }

  /** The packet with its header, for the caller to keep. INVARIANT: its payload is shorter than `packetBytesMax`. */
  packet(sequence: number): Buffer {
    const packet = Buffer.from(this.#buffer.subarray(0, this.#length));
    packet.writeUIntLE(this.#length - headerBytes, 0, 3);
    packet[3] = sequence & 0xff;
    return packet;
  }

  #reserve(bytes: number): void {
    const needed = this.#length + bytes;
    if (needed <= this.#buffer.length) return;
    const grown = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2));
    this.#buffer.copy(grown, 0, 0, this.#length);
    this.#buffer = grown;
  }
}

/** A payload of any length in as many packets as it takes, numbered from `sequence`. */
export function packetsOf(payload: Buffer, sequence: number): Buffer {
  const parts: Buffer[] = [];
  let number = sequence;
  for (let at = 0; ; at += packetBytesMax) {
    const part = payload.subarray(at, at + packetBytesMax);
    const header = Buffer.allocUnsafe(headerBytes);
    header.writeUIntLE(part.length, 0, 3);
    header[3] = number++ & 0xff;
    parts.push(header, part);
    // A payload that fills its last packet is ended by an empty one.
    if (part.length < packetBytesMax) return Buffer.concat(parts);
  }
}

/** The same of a payload in pieces. */
export function packetsOfParts(parts: readonly Buffer[], sequence: number): Buffer {
  const whole = Buffer.concat([noHeader, ...parts]);
  if (whole.length - headerBytes >= packetBytesMax) return packetsOf(whole.subarray(headerBytes), sequence);
  whole.writeUIntLE(whole.length - headerBytes, 0, 3);
  whole[3] = sequence & 0xff;
  return whole;
}

const noHeader = Buffer.alloc(headerBytes);

/** How many packets `packetsOf` makes. */
export function packetCount(payloadBytes: number): number {
  return Math.floor(payloadBytes / packetBytesMax) + 1;
}
