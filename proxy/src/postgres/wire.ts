/** Reading and writing the protocol's data types ("Message Data Types"). Every read is checked against the end of its message. */

import { ProtocolError } from "../enforce/protocol-error.ts";

/** Position of the NUL that ends the string at `from`. */
export function stringEnd(buffer: Buffer, from: number, end: number): number {
  for (let at = from; at < end; at++) if (buffer[at] === 0) return at;
  throw new ProtocolError("a string in the message has no end");
}

export function readInt16(buffer: Buffer, at: number, end: number): number {
  if (at + 2 > end) throw new ProtocolError("the message is too short");
  return (buffer[at]! << 8) | buffer[at + 1]!;
}

/** Signed. */
export function readInt32(buffer: Buffer, at: number, end: number): number {
  if (at + 4 > end) throw new ProtocolError("the message is too short");
  return (buffer[at]! << 24) | (buffer[at + 1]! << 16) | (buffer[at + 2]! << 8) | buffer[at + 3]!;
}

/** PostgreSQL's NAMEDATALEN - 1: names of statements and portals count up to here, whatever follows. */
const nameBytes = 63;

/**
 * The key under which the server keeps a statement or portal: the bytes of its name, one character each (so that every byte string
 * is a key), cut as its hash tables cut them (dynahash.c compares NAMEDATALEN - 1 bytes).
 */
export function nameKey(buffer: Buffer, from: number, to: number): string {
  return from === to ? "" : buffer.toString("latin1", from, Math.min(to, from + nameBytes));
}

/** As `nameKey`, for a name that stands in SQL. */
export function nameKeyOf(name: string): string {
  return Buffer.from(name, "utf8").toString("latin1", 0, nameBytes);
}

/** Writes one message after another; `take` gives them. */
export class MessageWriter {
  #buffer = Buffer.allocUnsafe(512);
  #length = 0;
  #messageStart = 0;

  begin(type: string): this {
    this.#reserve(5);
    this.#messageStart = this.#length;
    this.#buffer[this.#length] = type.charCodeAt(0);
    this.#length += 5;
    return this;
  }

  byte(value: number): this {
    this.#reserve(1);
    this.#buffer[this.#length++] = value;
    return this;
  }

  int16(value: number): this {
    this.#reserve(2);
    this.#length = this.#buffer.writeUInt16BE(value & 0xffff, this.#length);
    return this;
  }

  int32(value: number): this {
    this.#reserve(4);
    this.#length = this.#buffer.writeInt32BE(value | 0, this.#length);
    return this;
  }

  bytes(value: Uint8Array): this {
    this.#reserve(value.length);
    this.#buffer.set(value, this.#length);
    this.#length += value.length;
    return this;
  }

  /** UTF-8 and a NUL; the caller has made sure that the text holds none. */
  string(value: string): this {
    this.#reserve(value.length * 3 + 1);
    this.#length += this.#buffer.write(value, this.#length, "utf8");
    this.#buffer[this.#length++] = 0;
    return this;
  }

  /** A name as `nameKey` gives it. */
  name(value: string): this {
    this.#reserve(value.length + 1);
    this.#length += this.#buffer.write(value, this.#length, "latin1");
    this.#buffer[this.#length++] = 0;
    return this;
  }

  end(): this {
    this.#buffer.writeInt32BE(this.#length - this.#messageStart - 1, this.#messageStart + 1);
    return this;
  }

  /** What was written so far, for the caller to keep; the writer starts anew. */
  take(): Buffer {
    const written = Buffer.from(this.#buffer.subarray(0, this.#length));
    this.#length = 0;
    return written;
  }

  #reserve(bytes: number): void {
    const needed = this.#length + bytes;
    if (needed <= this.#buffer.length) return;
    const grown = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2));
    this.#buffer.copy(grown, 0, 0, this.#length);
    this.#buffer = grown;
  }
}

/** For messages that are made now and then; nothing keeps a half-written one over an await. */
export function message(type: string, write: (writer: MessageWriter) => void = () => undefined): Buffer {
  const writer = new MessageWriter().begin(type);
  write(writer);
  return writer.end().take();
}
