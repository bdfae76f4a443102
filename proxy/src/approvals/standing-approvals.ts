import type { Need } from "./need.ts";

/** A yes that counted. */
export interface Yes {
  readonly request: string;
  /** Principal id. */
  readonly by: string;
  readonly need: Need;
  /** By `Date.now()`; `undefined` where it holds for its request only. */
  readonly untilMs: number | undefined;
}

/** Yes that were given `for` some time: the same statement of the same principal need not ask again. Gone with the process. */
export class StandingApprovals {
  readonly #countMax: number;
  readonly #byStatement = new Map<string, Yes>();

  constructor(countMax: number) {
    this.#countMax = countMax;
  }

  add(digest: string, yes: Yes): void {
    const key = keyOf(digest, yes.need);
    this.#byStatement.delete(key);
    const [oldest] = this.#byStatement.keys();
    if (oldest !== undefined && this.#byStatement.size >= this.#countMax) this.#byStatement.delete(oldest);
    this.#byStatement.set(key, yes);
  }

  find(digest: string, need: Need): Yes | undefined {
    const key = keyOf(digest, need);
    const yes = this.#byStatement.get(key);
    if (yes === undefined || (yes.untilMs ?? 0) > Date.now()) return yes;
    this.#byStatement.delete(key);
    return undefined;
  }
}

function keyOf(digest: string, { key }: Need): string {
  return `${digest} ${key}`;
}
