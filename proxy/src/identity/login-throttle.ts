import type { ProxyLimits } from "../limits.ts";

/** Counts failed logins by address, so that passwords cannot be tried at will. */
export class LoginThrottle {
  readonly #limits: () => ProxyLimits;
  readonly #failures = new Map<string, { count: number; untilMs: number }>();

  /** @param limits as they are now */
  constructor(limits: () => ProxyLimits) {
    this.#limits = limits;
  }

  isThrottled(address: string): boolean {
    const entry = this.#failures.get(address);
    if (entry === undefined) return false;
    if (entry.untilMs <= Date.now()) {
      this.#failures.delete(address);
      return false;
    }
    return entry.count >= this.#limits().loginFailures;
  }

  failed(address: string): void {
    const nowMs = Date.now();
    const entry = this.#failures.get(address);
    if (entry !== undefined && entry.untilMs > nowMs) {
      entry.count++;
      return;
    }
    // The oldest goes first: insertion order.
    this.#failures.delete(address);
    if (this.#failures.size >= this.#limits().loginFailureAddresses) {
      const [oldest] = this.#failures.keys();
      if (oldest !== undefined) this.#failures.delete(oldest);
    }
    this.#failures.set(address, { count: 1, untilMs: nowMs + this.#limits().loginFailureWindowMs });
  }
}
