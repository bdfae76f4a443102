/** A line that tells how far a long run is, on a terminal only; gone when the run ends. */
const quietMs = 1_000;
const everyMs = 100;

export class Progress {
  readonly #total: number;
  readonly #started = performance.now();
  #shown = 0;
  #done = 0;
  #failed = 0;

  constructor(total: number) {
    this.#total = total;
  }

  ran(file: string, passed: boolean): void {
    this.#done += 1;
    if (!passed) this.#failed += 1;
    if (!process.stderr.isTTY) return;
    const now = performance.now();
    if (now - this.#started < quietMs || now - this.#shown < everyMs) return;
    this.#shown = now;
    const failed = this.#failed === 0 ? "" : `, ${this.#failed} failed`;
    const line = `${this.#done} of ${this.#total} tests${failed}  ${file}`;
    process.stderr.write(`\r\u001b[K${line.slice(0, Math.max(20, process.stderr.columns - 1))}`);
  }

  end(): void {
    if (this.#shown > 0) process.stderr.write("\r\u001b[K");
  }
}
