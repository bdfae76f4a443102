import type { Duplex } from "node:stream";
import type { AuditLog } from "../audit/audit-log.ts";
import { answersReader, encodeLines } from "./audit-frames.ts";

type Callback = (error?: Error) => void;

/** How long lines that nobody waits for, those of results, may wait for a turn of others. */
const linesWaitMs = 5;

/**
 * The audit log of a worker: the first process writes it, one file and one chain for all. A statement goes upstream when that has answered
 * that its line is written, so that neither process loses one by its end. All lines of one turn of the event loop are one batch.
 */
export class LinkedAuditLog implements AuditLog {
  readonly #first: Duplex;
  #text = "";
  #lines = 0;
  #callbacks: Callback[] = [];
  #isScheduled = false;
  #isLate = false;
  #batch = 0;
  /** By batch; in the order in which they were sent. */
  readonly #waiting = new Map<number, readonly Callback[]>();

  /** @param first the pipe to the first process; when it ends, this process has to */
  constructor(first: Duplex) {
    this.#first = first;
    first.on(
      "data",
      answersReader(({ batch, error }) => {
        const callbacks = this.#waiting.get(batch) ?? [];
        this.#waiting.delete(batch);
        const cause = error === "" ? undefined : new Error(error);
        for (const callback of callbacks) callback(cause);
      }),
    );
  }

  append(line: string): void {
    this.#text += `${line}\n`;
    this.#lines++;
    if (this.#isScheduled || this.#isLate) return;
    this.#isLate = true;
    setTimeout(this.#whenLate, linesWaitMs);
  }

  flushed(callback: Callback): void {
    this.#callbacks.push(callback);
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(this.#whenTurnEnds);
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.flushed(() => resolve()));
  }

  readonly #whenLate = (): void => {
    this.#isLate = false;
    if (!this.#isScheduled && this.#lines > 0) this.#send(0);
  };

  readonly #whenTurnEnds = (): void => {
    this.#isScheduled = false;
    // Four bytes; 0 is nobody's.
    this.#batch = this.#batch === 2 ** 32 - 1 ? 1 : this.#batch + 1;
    this.#waiting.set(this.#batch, this.#callbacks);
    this.#callbacks = [];
    this.#send(this.#batch);
  };

  #send(batch: number): void {
    this.#first.write(encodeLines({ text: this.#text, lines: this.#lines, batch }));
    this.#text = "";
    this.#lines = 0;
  }
}
