/**
 * Calls of a store, one after another, those that come together in one transaction. What failed without having changed anything is made again, for
 * as long as a call may take: a store that is started again, or a session that was put out for its silence, is nobody's reason to be refused.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { storeLimits, type StoreLimits } from "./limits.ts";
import type { SqlTransaction } from "./sql.ts";
import { StoreError } from "./store.ts";

type Work = (tx: SqlTransaction) => Promise<unknown>;

/** Runs work in a transaction of its own: begins, works, commits; or takes it back, and throws: a `StoreError` where the store is to blame. */
export type RunTransaction = (work: (tx: SqlTransaction) => Promise<void>) => Promise<void>;

interface Call {
  readonly work: Work;
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
  isOver: boolean;
}

export class Turns {
  readonly #place: string;
  readonly #run: RunTransaction;
  readonly #limits: StoreLimits;
  readonly #queue: Call[] = [];
  #isRunning = false;
  /** When the store has answered last: it began a transaction, made a call, committed. */
  #heardMs = -Infinity;
  /** Why the last transaction was not. */
  #trouble: StoreError | undefined;
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
      const look = (isLast: boolean) => {
        const waitedMs = performance.now() - beganMs;
        const leftMs = Math.min(this.#heardMs + callMs - performance.now(), this.#limits.burstMs - waitedMs);
        if (leftMs > 0) timer = setTimeout(look, leftMs, false);
        // Where it is us who were busy for so long, the answer may lie in the socket, which is looked at after timers.
        else if (!isLast) timer = setTimeout(look, 1, true);
        else
          call.failed(
            this.#trouble ?? new StoreError(this.#place, `has not answered within ${Math.round(waitedMs)} ms`),
          );
      };
      let timer = setTimeout(look, callMs, false);
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
    // What comes in the same turn of the event loop goes together: a thousand sockets' worth, which the server would see us silent for.
    await new Promise((resolve) => setImmediate(resolve));
    let pauseMs: number = this.#limits.reconnectMs;
    while (this.#queue.length > 0) {
      const calls = this.#queue.splice(0, this.#limits.callsTogether).filter(({ isOver }) => !isOver);
      if (calls.length === 0) continue;
      const trouble = await this.#together(calls);
      if (trouble === undefined) {
        pauseMs = this.#limits.reconnectMs;
        continue;
      }
      this.#trouble = trouble;
      await sleep(pauseMs, undefined, { ref: false });
      pauseMs = Math.min(2 * pauseMs, this.#limits.callMs / 5);
    }
    this.#isRunning = false;
  }

  /** Those that were not made, or have changed nothing, wait again, before all others. @returns why they have changed nothing */
  async #together(calls: readonly Call[]): Promise<StoreError | undefined> {
    let made = 0;
    try {
      await this.#run(async (tx) => {
        const beganMs = performance.now();
        this.#heardMs = beganMs;
        for (const call of calls) {
          await call.work(tx);
          made++;
          this.#heardMs = performance.now();
          if (this.#heardMs - beganMs > this.#limits.togetherMs) break;
        }
      });
      this.#heardMs = performance.now();
      this.#trouble = undefined;
      for (const call of calls.slice(0, made)) call.done();
      this.#again(calls.slice(made));
      return undefined;
    } catch (error) {
      if (error instanceof StoreError && error.fate === "undone") {
        this.#again(calls);
        return error;
      }
      if (error instanceof StoreError || calls.length === 1) {
        // Those behind were not even begun.
        const begun = error instanceof StoreError && error.fate === "unknown" ? made : calls.length;
        for (const call of calls.slice(0, begun)) call.failed(error);
        this.#again(calls.slice(begun));
        return undefined;
      }
      // One of them is to blame, and no other has to suffer.
      const left = [...calls];
      for (let call = left.shift(); call !== undefined; call = left.shift()) {
        const trouble = call.isOver ? undefined : await this.#together([call]);
        if (trouble === undefined) continue;
        // It waits again, and behind it they do.
        this.#again([...this.#queue.splice(0, this.#queue[0] === call ? 1 : 0), ...left]);
        return trouble;
      }
      return undefined;
    }
  }

  #again(calls: readonly Call[]): void {
    if (this.#isClosed) for (const call of calls) call.failed(new StoreError(this.#place, "is closed"));
    else this.#queue.unshift(...calls.filter(({ isOver }) => !isOver));
  }
}
