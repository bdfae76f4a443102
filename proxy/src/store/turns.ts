/** Calls of a store, one after another, those that come together in one transaction. */
import { storeLimits, type StoreLimits } from "./limits.ts";
import type { SqlTransaction } from "./sql.ts";
import { StoreError } from "./store.ts";

type Work = (tx: SqlTransaction) => Promise<unknown>;

/** Runs work in a transaction of its own: begins, works, commits; or takes it back, and throws. */
export type RunTransaction = (work: (tx: SqlTransaction) => Promise<void>) => Promise<void>;

interface Call {
  readonly work: Work;
  readonly done: (result: unknown) => void;
  readonly failed: (error: unknown) => void;
  isOver: boolean;
}

export class Turns {
  readonly #place: string;
  readonly #run: RunTransaction;
  readonly #limits: StoreLimits;
  readonly #queue: Call[] = [];
  #isRunning = false;
  /** When a transaction was committed last. */
  #endedMs = -Infinity;
  #isClosed = false;

  constructor(place: string, run: RunTransaction, limits: StoreLimits = storeLimits) {
    this.#place = place;
    this.#run = run;
    this.#limits = limits;
  }

  /** @param isFirst it goes before what waits: a sign of life that waits for a thousand calls comes too late */
  take<T>(work: (tx: SqlTransaction) => Promise<T>, isFirst = false): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#isClosed) {
        reject(new StoreError(this.#place, "is closed"));
        return;
      }
      if (this.#queue.length >= this.#limits.queuedCalls) {
        reject(new StoreError(this.#place, `is busy: ${this.#queue.length} calls wait`));
        return;
      }
      const { callMs } = this.#limits;
      const beganMs = performance.now();
      // A store that works off what came before is not away: who is last of a thousand waits for longer than who finds it silent.
      const look = () => {
        const waitedMs = performance.now() - beganMs;
        const leftMs = Math.min(this.#endedMs + callMs - performance.now(), this.#limits.burstMs - waitedMs);
        if (leftMs > 0) timer = setTimeout(look, leftMs);
        else call.failed(new StoreError(this.#place, `has not answered within ${Math.round(waitedMs)} ms`));
      };
      let timer = setTimeout(look, callMs);
      const end = (then: () => void) => {
        if (call.isOver) return;
        call.isOver = true;
        clearTimeout(timer);
        then();
      };
      let result: { readonly value: T } | undefined;
      const call: Call = {
        work: async (tx) => {
          result = { value: await work(tx) };
        },
        done: () =>
          end(() => {
            if (result === undefined) reject(new Error("a call of the store was not made"));
            else resolve(result.value);
          }),
        failed: (error) => end(() => reject(error)),
        isOver: false,
      };
      if (isFirst) this.#queue.unshift(call);
      else this.#queue.push(call);
      void this.#goOn();
    });
  }

  /** Fails what waits. */
  close(): void {
    this.#isClosed = true;
    for (const call of this.#queue.splice(0)) call.failed(new StoreError(this.#place, "is closed"));
  }

  /** Never rejects. */
  async #goOn(): Promise<void> {
    if (this.#isRunning) return;
    this.#isRunning = true;
    // What comes in the same turn of the event loop goes together.
    await Promise.resolve();
    while (this.#queue.length > 0) {
      const calls = this.#queue.splice(0, this.#limits.callsTogether).filter(({ isOver }) => !isOver);
      if (calls.length > 0) await this.#together(calls);
    }
    this.#isRunning = false;
  }

  async #together(calls: readonly Call[]): Promise<void> {
    try {
      await this.#run(async (tx) => {
        for (const call of calls) await call.work(tx);
      });
      this.#endedMs = performance.now();
      for (const call of calls) call.done(undefined);
    } catch (error) {
      const [only] = calls;
      if (error instanceof StoreError || (calls.length === 1 && only !== undefined)) {
        for (const call of calls) call.failed(error);
        return;
      }
      // One of them is to blame, and no other has to suffer.
      for (const call of calls) if (!call.isOver) await this.#together([call]);
    }
  }
}
