/** Lines of the audit log that could not be written, in their order, until they can. */
import { now } from "./now.ts";

/** What is kept of them; of more, only the count is. Whoever fills the disk must not fill the memory too. */
const keptCharactersMax = 8 * 1024 * 1024;

interface Turn {
  /** Each line with its line break. */
  readonly text: string;
  readonly lines: number;
}

export class UnwrittenLines {
  /** When the first of them could not be written. */
  readonly since = now();
  #turns: Turn[] = [];
  /** Of `#turns`, those that were written since. */
  #written = 0;
  #characters = 0;
  #lines = 0;
  #late = 0;
  #lost = 0;

  get characters(): number {
    return this.#characters;
  }

  /** Those that are kept. */
  get lines(): number {
    return this.#lines;
  }

  /** How many were written late. */
  get late(): number {
    return this.#late;
  }

  /** How many were not kept. */
  get lost(): number {
    return this.#lost;
  }

  get first(): Turn | undefined {
    return this.#turns[this.#written];
  }

  add(text: string, lines: number): void {
    if (lines === 0) return;
    // What comes behind a line that is lost would be out of order, but a result with its statement is worth more than that.
    if (this.#characters + text.length > keptCharactersMax) {
      this.#lost += lines;
      return;
    }
    this.#turns.push({ text, lines });
    this.#characters += text.length;
    this.#lines += lines;
  }

  /** It was written. */
  removeFirst(): void {
    const { first } = this;
    if (first === undefined) return;
    this.#written++;
    this.#characters -= first.text.length;
    this.#lines -= first.lines;
    this.#late += first.lines;
  }
}
