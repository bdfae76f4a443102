/** How many sessions each target and each principal has there, those that are connecting included. */
import type { Principal } from "@penstock/engine";
import type { Target } from "./target.ts";

export interface SessionLimits {
  /** Of all together. */
  readonly sessionsMax: number | undefined;
  /** Of one principal: so that nobody takes all of them. */
  readonly perPrincipalMax: number | undefined;
}

export class SessionCounts {
  readonly #counts = new Map<string, number>();

  /** @returns what gives the place back, once however often it is called; or why there is none, for the client */
  take({ name, limits }: Pick<Target, "name" | "limits">, { id }: Pick<Principal, "id">): (() => void) | string {
    const all = JSON.stringify([name]);
    const own = JSON.stringify([name, id]);
    if (this.#of(all) >= (limits?.sessionsMax ?? Number.POSITIVE_INFINITY))
      return `too many sessions at the target "${name}"`;
    if (this.#of(own) >= (limits?.perPrincipalMax ?? Number.POSITIVE_INFINITY))
      return `too many sessions of yours at the target "${name}"`;
    for (const key of [all, own]) this.#counts.set(key, this.#of(key) + 1);
    let isGiven = true;
    return () => {
      if (!isGiven) return;
      isGiven = false;
      for (const key of [all, own]) {
        const left = this.#of(key) - 1;
        if (left === 0) this.#counts.delete(key);
        else this.#counts.set(key, left);
      }
    };
  }

  #of(key: string): number {
    return this.#counts.get(key) ?? 0;
  }
}
