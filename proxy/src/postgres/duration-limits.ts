/**
 * `limit duration`: the statement is cancelled on the target, as if the client had asked for it, and again until it ends.
 *
 * A cancel request names a connection, not a statement. So that it never hits the next one, what the client sends meanwhile waits until
 * the target has closed the request's connection: by then the signal is sent ("Canceling Requests in Progress").
 */
import { sendCancel } from "./cancel.ts";
import type { Run } from "./run.ts";
import type { Session } from "./session.ts";

/** How soon to look again at a statement that waits behind others of its pipeline, or that a cancel request has missed. */
const againMs = 100;
/** A server that waits for a client to read does not hear a request: each later one waits twice as long, up to this. */
const againMsMax = 30_000;
/** Longest wait of a timer of Node; longer limits never end anything. */
const timerMsMax = 2 ** 31 - 1;

export class DurationLimits {
  readonly #session: Session;
  /** Batches that wait for a cancel request to be over; `undefined` while none is on its way. */
  #waiting: Buffer[] | undefined;

  constructor(session: Session) {
    this.#session = session;
  }

  watch(run: Run, durationMs: number): void {
    if (durationMs <= timerMsMax) run.timer = setTimeout(() => this.#elapsed(run, durationMs), durationMs);
  }

  /** Keeps what is to be sent to the server, if it must not be sent yet. */
  holdsBack(bytes: Buffer): boolean {
    this.#waiting?.push(bytes);
    return this.#waiting !== undefined;
  }

  #elapsed(run: Run, durationMs: number, nextMs = againMs): void {
    const session = this.#session;
    if (run.ended || session.isClosed) return;
    if (this.#running() !== run || this.#waiting !== undefined) {
      // Another one runs. Its time begins no later than when this look finds it running.
      run.timer = setTimeout(() => this.#reached(run, durationMs), againMs);
      return;
    }
    this.#cancelling(run, durationMs);
    const { processId, secret } = session.upstream;
    this.#waiting = [];
    sendCancel(session.target, processId, secret, session.host.limits.upstreamConnectMs, () => {
      const waiting = this.#waiting ?? [];
      this.#waiting = undefined;
      session.release(waiting);
      const laterMs = Math.min(nextMs * 2, againMsMax);
      if (!run.ended) run.timer = setTimeout(() => this.#elapsed(run, durationMs, laterMs), nextMs);
    });
  }

  /** Starts the time of a statement that was behind others when it was sent. */
  #reached(run: Run, durationMs: number): void {
    if (run.ended || this.#session.isClosed) return;
    if (this.#running() === run) this.watch(run, durationMs);
    else run.timer = setTimeout(() => this.#reached(run, durationMs), againMs);
  }

  /** Which statement of a text the request hits, only its answer tells. */
  #cancelling(run: Run, durationMs: number): void {
    const { pending } = this.#session;
    for (let index = 0; index < pending.length; index++) {
      const entry = pending.at(index);
      if (entry.run !== run) continue;
      for (const hit of [run, ...(entry.later ?? [])]) hit.cancelledAfterMs = durationMs;
    }
  }

  /**
   * The first execution whose end is not known. Entries before it may wait for their answers with it: until Sync the server keeps those
   * to Parse and Bind to itself.
   */
  #running(): Run | undefined {
    const { pending } = this.#session;
    for (let index = 0; index < pending.length; index++) {
      const { run } = pending.at(index);
      if (run !== undefined && !run.ended) return run;
    }
    return undefined;
  }
}
