/**
 * The keys of one issuer: fetched when they are old, once more for a key id that is not among them, and used for a bounded time while nobody
 * answers. Whoever sends made-up key ids makes the proxy ask no more often than anybody else.
 */
import {
  createLocalJWKSet,
  type CryptoKey,
  errors,
  type FlattenedJWSInput,
  type JWK,
  type JWSHeaderParameters,
} from "jose";
import { errorMessage } from "../../config/system-error.ts";

/** Between two attempts, whatever they are for. */
const attemptsApartMs = 10_000;

export interface KeySetOptions {
  readonly refreshMs: number;
  readonly outageMs: number;
  /** Rejects with what an operator should read. */
  readonly fetch: () => Promise<readonly JWK[]>;
  /** As Date.now(). */
  readonly now: () => number;
  readonly report: (event: KeySetEvent) => void;
}

export type KeySetEvent =
  /** They are used until then, if nobody answers before. @property untilMs `undefined`: there are none */
  | { readonly kind: "unreachable"; readonly problem: string; readonly untilMs: number | undefined }
  /** Those that were known have become too old. */
  | { readonly kind: "expired"; readonly problem: string }
  | { readonly kind: "reachable"; readonly keys: number };

type KeyResolver = (header: JWSHeaderParameters, token: FlattenedJWSInput) => Promise<CryptoKey>;

interface Known {
  readonly resolve: KeyResolver;
  readonly fetchedAtMs: number;
}

export class KeySet {
  readonly #options: KeySetOptions;
  #known: Known | undefined;
  #attemptedAtMs = -Infinity;
  #running: Promise<void> | undefined;
  #state: "unknown" | "reachable" | "unreachable" | "expired" = "unknown";
  #problem = "they were not fetched yet";

  constructor(options: KeySetOptions) {
    this.#options = options;
  }

  /** For the start: so that a mistake shows before the first login. Never rejects. */
  async open(): Promise<void> {
    await this.#refresh();
  }

  /** `outage`: nothing can be checked now. `unknown`: no key fits. */
  async keyFor(header: JWSHeaderParameters, token: FlattenedJWSInput): Promise<CryptoKey | "outage" | "unknown"> {
    if (this.#ageMs() >= this.#options.refreshMs) await this.#refresh();
    const key = await this.#find(header, token);
    if (key !== "unknown" || !this.#mayAttempt()) return key;
    await this.#refresh();
    return this.#find(header, token);
  }

  async #find(header: JWSHeaderParameters, token: FlattenedJWSInput): Promise<CryptoKey | "outage" | "unknown"> {
    const known = this.#known;
    const { refreshMs, outageMs, report } = this.#options;
    if (known === undefined) return "outage";
    if (this.#ageMs() >= refreshMs + outageMs) {
      if (this.#state !== "expired") report({ kind: "expired", problem: this.#problem });
      this.#state = "expired";
      return "outage";
    }
    try {
      return await known.resolve(header, token);
    } catch (error) {
      if (error instanceof errors.JOSEError) return "unknown";
      throw error;
    }
  }

  #ageMs(): number {
    // A clock that was set back must not make old keys young for ever.
    return this.#known === undefined ? Infinity : Math.abs(this.#options.now() - this.#known.fetchedAtMs);
  }

  #mayAttempt(): boolean {
    return Math.abs(this.#options.now() - this.#attemptedAtMs) >= attemptsApartMs;
  }

  #refresh(): Promise<void> {
    if (this.#running === undefined && this.#mayAttempt()) {
      this.#running = this.#fetch().finally(() => {
        this.#running = undefined;
      });
    }
    return this.#running ?? Promise.resolve();
  }

  async #fetch(): Promise<void> {
    const { fetch, now, report, refreshMs, outageMs } = this.#options;
    this.#attemptedAtMs = now();
    try {
      const keys = await fetch();
      this.#known = { resolve: createLocalJWKSet({ keys: [...keys] }), fetchedAtMs: now() };
      if (this.#state !== "reachable") report({ kind: "reachable", keys: keys.length });
      this.#state = "reachable";
    } catch (error) {
      this.#problem = errorMessage(error);
      if (this.#state === "unreachable" || this.#state === "expired") return;
      this.#state = "unreachable";
      const untilMs = this.#known === undefined ? undefined : this.#known.fetchedAtMs + refreshMs + outageMs;
      report({ kind: "unreachable", problem: this.#problem, untilMs });
    }
  }
}
