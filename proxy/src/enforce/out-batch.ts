/** What goes out on one socket at the end of a batch. Hot: neighbouring slices of a read buffer become one, so that a batch is one write. */
export class OutBatch {
  #source: Buffer | undefined;
  #from = 0;
  #to = 0;
  #parts: Buffer[] = [];
  #bytes = 0;

  /** Adds bytes that came in, as they are. */
  slice(source: Buffer, from: number, to: number): void {
    if (this.#source === source && this.#to === from) {
      this.#to = to;
      return;
    }
    this.#closeSlice();
    this.#source = source;
    this.#from = from;
    this.#to = to;
  }

  /** Adds a message of the proxy's own. */
  push(message: Buffer): void {
    this.slice(message, 0, message.length);
  }

  get isEmpty(): boolean {
    return this.#source === undefined && this.#parts.length === 0;
  }

  /** Everything added since, as one buffer: a view of what came in where it is one piece. */
  take(): Buffer {
    const { length } = this.#parts;
    if (length === 0 && this.#source !== undefined) {
      const source = this.#source;
      this.#source = undefined;
      return this.#from === 0 && this.#to === source.length ? source : source.subarray(this.#from, this.#to);
    }
    this.#closeSlice();
    const whole = Buffer.concat(this.#parts, this.#bytes);
    this.#parts = [];
    this.#bytes = 0;
    return whole;
  }

  #closeSlice(): void {
    if (this.#source === undefined) return;
    this.#parts.push(this.#source.subarray(this.#from, this.#to));
    this.#bytes += this.#to - this.#from;
    this.#source = undefined;
  }
}
