/** The lines of audit files, one after the other, packed ones (`.gz`) too. Memory is bounded by the longest line that is taken. */
import { createReadStream } from "node:fs";
import { createGunzip } from "node:zlib";

/** An audit line holds a statement, which the proxy takes up to 16 MB, and its rewritten form, with JSON's escapes. */
const lineBytesMax = 128 * 1024 * 1024;

export interface TrafficLine {
  /** `undefined` for one that is longer than `lineBytesMax`. */
  readonly text: string | undefined;
  readonly file: string;
  readonly number: number;
  /** The file ends without a line break: whoever wrote it was stopped, or writes still. */
  readonly isTorn: boolean;
}

/** @throws what the system says of a file that cannot be read, or that is no gzip file. */
export async function* linesOf(file: string): AsyncGenerator<TrafficLine> {
  const raw = createReadStream(file, { highWaterMark: 1024 * 1024 });
  const packed = file.endsWith(".gz");
  const stream: AsyncIterable<Buffer> = packed ? raw.pipe(createGunzip()) : raw;
  // `pipe` does not pass errors on.
  if (packed) raw.once("error", (error) => (stream as ReturnType<typeof createGunzip>).destroy(error));
  let parts: Buffer[] = [];
  let bytes = 0;
  let number = 0;
  const line = (isTorn: boolean): TrafficLine => {
    number++;
    const text = bytes > lineBytesMax ? undefined : Buffer.concat(parts).toString("utf8");
    parts = [];
    bytes = 0;
    return { text, file, number, isTorn };
  };
  for await (const chunk of stream) {
    let start = 0;
    for (let end = chunk.indexOf(0x0a); end >= 0; end = chunk.indexOf(0x0a, start)) {
      bytes += end - start;
      if (bytes <= lineBytesMax) parts.push(chunk.subarray(start, end));
      yield line(false);
      start = end + 1;
    }
    bytes += chunk.length - start;
    if (bytes > lineBytesMax) parts = [];
    else if (start < chunk.length) parts.push(chunk.subarray(start));
  }
  if (bytes > 0) yield line(true);
}
