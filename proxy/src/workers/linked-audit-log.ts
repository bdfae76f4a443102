import type { AuditLog } from "../audit/audit-log.ts";
import type { Channel } from "./channel.ts";
import type { FirstMethods } from "./methods.ts";

/** How long lines that nobody waits for, those of results, may wait for a turn of others. */
const linesWaitMs = 5;

/**
 * The audit log of a worker: the first process writes it, one file and one chain for all. A statement goes upstream when that has answered
 * that its line is written, so that neither process loses one by its end. All lines of one turn of the event loop are one message.
 */
export class LinkedAuditLog implements AuditLog {
  readonly #first: Channel<FirstMethods>;
  #text = "";
  #lines = 0;
  #callbacks: ((error?: Error) => void)[] = [];
  #isScheduled = false;
  #isLate = false;
  /** What was sent last, and all before it, is written. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(first: Channel<FirstMethods>) {
    this.#first = first;
  }

  append(line: string): void {
    this.#text += `${line}\n`;
    this.#lines++;
    if (this.#isScheduled || this.#isLate) return;
    this.#isLate = true;
    setTimeout(this.#whenLate, linesWaitMs);
  }

  flushed(callback: (error?: Error) => void): void {
    this.#callbacks.push(callback);
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(this.#whenTurnEnds);
  }

  async close(): Promise<void> {
    this.#write();
    await this.#last;
  }

  readonly #whenLate = (): void => {
    this.#isLate = false;
    if (this.#isScheduled || this.#lines === 0) return;
    this.#first.tell("append", this.#take());
  };

  readonly #whenTurnEnds = (): void => {
    this.#isScheduled = false;
    this.#write();
  };

  #write(): void {
    const callbacks = this.#callbacks;
    this.#callbacks = [];
    this.#last = this.#first.ask("write", this.#take()).then(
      () => {
        for (const callback of callbacks) callback();
      },
      (cause: unknown) => {
        const error = cause instanceof Error ? cause : new Error(String(cause));
        for (const callback of callbacks) callback(error);
      },
    );
  }

  #take(): { readonly text: string; readonly lines: number } {
    const taken = { text: this.#text, lines: this.#lines };
    this.#text = "";
    this.#lines = 0;
    return taken;
  }
}
