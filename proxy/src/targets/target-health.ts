/** Whether a target answers: asked again and again by a login of the proxy's own, so that a target that hangs is told from one that works long. */
import type { TargetConfig } from "../config/sections/targets.ts";
import { explainTargetError, withConnection } from "./target-connection.ts";

export interface HealthState {
  readonly name: string;
  readonly isUp: boolean;
  /** `Date.now()` when that began. */
  readonly sinceMs: number;
  /** Why it is down, in words for the operator; `undefined` where it is up. */
  readonly problem: string | undefined;
}

export interface HealthOptions {
  readonly everyMs: number;
  /** For a login and an answer. */
  readonly timeoutMs: () => number;
  /** It is up where it was down, or the other way round. */
  readonly changed: (state: HealthState) => void;
  /** It did not answer, once more. */
  readonly failed: () => void;
}

export class TargetHealth {
  readonly #target: TargetConfig;
  readonly #options: HealthOptions;
  #state: HealthState;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  /** It is taken to be up: whoever starts this has connected to it. */
  constructor(target: TargetConfig, options: HealthOptions) {
    this.#target = target;
    this.#options = options;
    this.#state = { name: target.name, isUp: true, sinceMs: Date.now(), problem: undefined };
  }

  get state(): HealthState {
    return this.#state;
  }

  start(): void {
    // Not all targets, and not all proxies, at the same time.
    this.#next(this.#options.everyMs * Math.random());
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  #next(ms: number): void {
    if (this.#isClosed) return;
    this.#timer = setTimeout(() => {
      void this.#ask().then(() => this.#next(this.#options.everyMs));
    }, ms);
  }

  /** Never rejects. */
  async #ask(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      const timeoutMs = this.#options.timeoutMs();
      timer = setTimeout(() => reject(new Error(`timed out after ${timeoutMs / 1000} s`)), timeoutMs);
    });
    try {
      await Promise.race([withConnection(this.#target, (run) => run("select 1")), late]);
      this.#is(undefined);
    } catch (error) {
      this.#is(explainTargetError(this.#target, error));
      if (!this.#isClosed) this.#options.failed();
    } finally {
      clearTimeout(timer);
    }
  }

  #is(problem: string | undefined): void {
    const isUp = problem === undefined;
    const hasChanged = isUp !== this.#state.isUp;
    this.#state = { ...this.#state, isUp, problem, ...(hasChanged ? { sinceMs: Date.now() } : {}) };
    if (hasChanged && !this.#isClosed) this.#options.changed(this.#state);
  }
}
