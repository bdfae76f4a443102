/**
 * Ending a statement early: `limit duration`, and KILL QUERY of the client itself. The statement is killed on the target.
 *
 * KILL QUERY names a connection, not a statement. So that it never hits the next one, what the client sends meanwhile waits until the
 * target has answered it.
 */
import type { StatementRun } from "../enforce/statement-run.ts";
import type { Session } from "./session.ts";

/** How soon to look again at a statement that waits behind others of its text, or that KILL has missed. */
const againMs = 100;
/** Longest wait of a timer of Node; longer limits never end anything. */
const timerMsMax = 2 ** 31 - 1;

export class Cancelling {
  readonly #session: Session;
  #cancelling = false;

  constructor(session: Session) {
    this.#session = session;
  }

  /** A KILL is on its way. */
  get isCancelling(): boolean {
    return this.#cancelling;
  }

  watch(run: StatementRun, durationMs: number): void {
    if (durationMs <= timerMsMax) run.timer = setTimeout(() => this.#elapsed(run, durationMs), durationMs);
  }

  #elapsed(run: StatementRun, durationMs: number): void {
    const session = this.#session;
    const { exchange } = session;
    if (run.ended || session.isClosed) return;
    if (exchange === undefined || exchange.run !== run || this.#cancelling) {
      // Another statement of its text runs, or its rows wait to be fetched.
      run.timer = setTimeout(() => this.#elapsed(run, durationMs), againMs);
      return;
    }
    for (const hit of exchange.runs) hit.cancelledAfterMs = durationMs;
    this.cancel(() => {
      if (!run.ended) run.timer = setTimeout(() => this.#elapsed(run, durationMs), againMs);
    });
  }

  /** Kills what runs now. */
  cancel(done: () => void = () => undefined): void {
    const { front, target, upstream } = this.#session;
    if (this.#cancelling) return;
    this.#cancelling = true;
    front.killUpstream(target, upstream.connectionId, () => {
      this.#cancelling = false;
      done();
      this.#session.resume();
    });
  }
}
