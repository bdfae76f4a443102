/**
 * How workers send audit lines to the first process, and hear that they are written: over a pipe of their own, since every statement waits for that,
 * and Node's messages take several times the processor time (`npm run bench -- workers`).
 *
 * Lines: length of the text in bytes, how many lines, number of the batch (0: nobody waits), each four bytes, big-endian; the text in UTF-8.
 * Answers: number of the batch, length of the error's text in bytes (0: they are written), each four bytes; that text.
 */

/** Lines, each with its line break. */
export interface SentLines {
  readonly text: string;
  readonly lines: number;
  /** 0: nobody waits. */
  readonly batch: number;
}

export interface WrittenAnswer {
  readonly batch: number;
  /** Why they are not written; empty where they are. */
  readonly error: string;
}

export function encodeLines({ text, lines, batch }: SentLines): Buffer {
  return frame([lines, batch], text);
}

export function encodeAnswer({ batch, error }: WrittenAnswer): Buffer {
  return frame([batch], error);
}

/** @param told with each frame that is whole; the rest waits for what comes next */
export function linesReader(told: (lines: SentLines) => void): (chunk: Buffer) => void {
  return reader(2, ([lines = 0, batch = 0], text) => told({ text, lines, batch }));
}

/** As `linesReader`. */
export function answersReader(told: (answer: WrittenAnswer) => void): (chunk: Buffer) => void {
  return reader(1, ([batch = 0], error) => told({ batch, error }));
}

function frame(numbers: readonly number[], text: string): Buffer {
  const start = 4 * (numbers.length + 1);
  // A UTF-16 unit takes at most three bytes of UTF-8.
  const bytes = Buffer.allocUnsafe(start + text.length * 3);
  const length = bytes.write(text, start);
  bytes.writeUInt32BE(length, 0);
  for (const [index, number] of numbers.entries()) bytes.writeUInt32BE(number, 4 * (index + 1));
  return bytes.subarray(0, start + length);
}

function reader(
  numbersCount: number,
  told: (numbers: readonly number[], text: string) => void,
): (chunk: Buffer) => void {
  const start = 4 * (numbersCount + 1);
  let rest: Buffer = Buffer.alloc(0);
  return (chunk) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    for (;;) {
      const end = rest.length < start ? Number.POSITIVE_INFINITY : start + rest.readUInt32BE(0);
      if (rest.length < end) return;
      const numbers = Array.from({ length: numbersCount }, (_, index) => rest.readUInt32BE(4 * (index + 1)));
      const text = rest.toString("utf8", start, end);
      rest = rest.subarray(end);
      told(numbers, text);
    }
  };
}
