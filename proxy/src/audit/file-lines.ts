/** Lines of a file, as bytes, without reading it whole. */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";

export const lineBreak = 0x0a;
const readBytes = 256 * 1024;

/** Cuts what is read piece by piece into lines with their line breaks. */
export class LineCutter {
  #buffer = Buffer.allocUnsafe(readBytes);
  #held = 0;

  /** Where the next piece is to be put. */
  get room(): Buffer {
    return this.#buffer.subarray(this.#held);
  }

  /** What has no line break yet. */
  get rest(): Buffer {
    return this.#buffer.subarray(0, this.#held);
  }

  /** So many bytes were put there. @returns the lines that end in them, each good until the next one is asked for */
  *take(bytes: number): Generator<Buffer> {
    const buffer = this.#buffer;
    const end = this.#held + bytes;
    let start = 0;
    for (let at = buffer.indexOf(lineBreak, this.#held); at !== -1 && at < end; at = buffer.indexOf(lineBreak, start)) {
      yield buffer.subarray(start, at + 1);
      start = at + 1;
    }
    this.#held = end - start;
    if (this.#held === buffer.length) this.#buffer = Buffer.concat([buffer, Buffer.allocUnsafe(buffer.length)]);
    else buffer.copyWithin(0, start, end);
  }
}

/** Each line with its line break, from a position on; the last one has none where the file does not end with one. Good until the next is asked for. */
export function* fileLines(descriptor: number, from = 0): Generator<Buffer> {
  const cutter = new LineCutter();
  for (let position = from; ; ) {
    const { room } = cutter;
    const read = readSync(descriptor, room, 0, room.length, position);
    if (read === 0) break;
    position += read;
    yield* cutter.take(read);
  }
  if (cutter.rest.length > 0) yield cutter.rest;
}

/** Positions of the lines that begin so, the last one first; the file's first line is none of them. */
export function* linesThatStartWith(descriptor: number, text: string): Generator<number> {
  const wanted = Buffer.from(`\n${text}`);
  const buffer = Buffer.allocUnsafe(readBytes);
  let end = fstatSync(descriptor).size;
  while (end > 0) {
    const start = Math.max(0, end - readBytes);
    const read = readSync(descriptor, buffer, 0, end - start, start);
    const bytes = buffer.subarray(0, read);
    for (let at = bytes.lastIndexOf(wanted); at !== -1; at = at === 0 ? -1 : bytes.lastIndexOf(wanted, at - 1)) {
      yield start + at + 1;
    }
    if (start === 0) return;
    // What one piece has half of, the next has whole.
    end = start + wanted.length - 1;
  }
}

export function byteAt(descriptor: number, position: number): number | undefined {
  const byte = Buffer.alloc(1);
  return readSync(descriptor, byte, 0, 1, position) === 1 ? byte[0] : undefined;
}

/** Pieces of several files, each opened once. */
export class FilePieces {
  readonly #descriptors = new Map<string, number>();

  read(path: string, start: number, length: number): string {
    let descriptor = this.#descriptors.get(path);
    if (descriptor === undefined) {
      descriptor = openSync(path, "r");
      this.#descriptors.set(path, descriptor);
    }
    const bytes = Buffer.alloc(length);
    return bytes.toString("utf8", 0, readSync(descriptor, bytes, 0, length, start));
  }

  close(): void {
    for (const descriptor of this.#descriptors.values()) closeSync(descriptor);
  }
}
