/** Replacements in a stretch of bytes, from left to right, none overlapping. Holds nothing while there are none. */
export class Splices {
  #replaced: { readonly start: number; readonly end: number; readonly by: Buffer }[] | undefined;

  replace(start: number, end: number, by: Buffer): void {
    this.#replaced ??= [];
    this.#replaced.push({ start, end, by });
  }

  /** @returns `undefined` where nothing is replaced */
  apply(bytes: Buffer, from: number, to: number): Buffer | undefined {
    if (this.#replaced === undefined) return undefined;
    const parts: Buffer[] = [];
    let copied = from;
    for (const { start, end, by } of this.#replaced) {
      parts.push(bytes.subarray(copied, start), by);
      copied = end;
    }
    parts.push(bytes.subarray(copied, to));
    return Buffer.concat(parts);
  }
}
