import { SessionCounts } from "../enforce/session-counts.ts";
import { type TokenUse as Use, UsedTokens } from "../identity/jwt/used-tokens.ts";
import type { FirstMethods, TokenUse } from "./methods.ts";

/** What workers must count together: how many sessions there are, and which tokens were used. */
export class SharedCounts {
  readonly #sessions = new SessionCounts();
  readonly #tokens = new UsedTokens();

  useToken({ issuer, jti, expiresAtMs, nowMs }: TokenUse): Use {
    return this.#tokens.use(issuer, jti, expiresAtMs, nowMs);
  }

  /** The places of one worker. */
  places(): WorkerPlaces {
    return new WorkerPlaces(this.#sessions);
  }
}

export class WorkerPlaces {
  readonly #sessions: SessionCounts;
  readonly #taken = new Map<number, () => void>();
  #last = 0;

  constructor(sessions: SessionCounts) {
    this.#sessions = sessions;
  }

  /** As of `FirstMethods`. */
  take({ target, principal }: Parameters<FirstMethods["takePlace"]>[0]): number | string {
    const taken = this.#sessions.take(target, { id: principal });
    if (typeof taken === "string") return taken;
    this.#taken.set(++this.#last, taken);
    return this.#last;
  }

  giveBack(place: number): void {
    this.#taken.get(place)?.();
    this.#taken.delete(place);
  }

  /** The worker is gone, and all its sessions with it. */
  giveAllBack(): void {
    for (const giveBack of this.#taken.values()) giveBack();
    this.#taken.clear();
  }
}
