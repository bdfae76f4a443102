/** Lines of a file, as bytes, without reading it whole. */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";

export const lineBreak = 0x0a;
const readBytes = 256 * 1024;

/** Each line with its line break, from a position on; the last one has none where the file does not end with one. Good until the next is asked for. */
export function* fileLines(descriptor: number, from = 0): Generator<Buffer> {
  let buffer = Buffer.allocUnsafe(readBytes);
  let held = 0;
  for (let position = from; ; ) {
    const read = readSync(descriptor, buffer, held, buffer.length - held, position);
    if (read === 0) break;
    position += read;
    const end = held + read;
    let start = 0;
    for (let at = buffer.indexOf(lineBreak, held); at !== -1 && at < end; at = buffer.indexOf(lineBreak, start)) {
      yield buffer.subarray(start, at + 1);
      start = at + 1;
    }
    held = end - start;
    if (held === buffer.length) buffer = Buffer.concat([buffer, Buffer.allocUnsafe(buffer.length)]);
    else buffer.copyWithin(0, start, end);
  }
  if (held > 0) yield buffer.subarray(0, held);
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
