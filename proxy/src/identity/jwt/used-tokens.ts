/** Which tokens have logged in. */
export interface TokenUses {
  /** `full`: nobody can tell any more whether it was used before, so it must not be taken. */
  use(issuer: string, jti: string, expiresAtMs: number, nowMs: number): TokenUse | Promise<TokenUse>;
}

export type TokenUse = "first" | "again" | "full";

/** Tokens that are remembered. */
const entriesMaxDefault = 200_000;

/** Tokens that log in once, by `jti`: those that have, for as long as they would be good otherwise. In memory only, of bounded size. */
export class UsedTokens implements TokenUses {
  readonly #entriesMax: number;
  readonly #expiries = new Map<string, number>();

  constructor(entriesMax = entriesMaxDefault) {
    this.#entriesMax = entriesMax;
  }

  use(issuer: string, jti: string, expiresAtMs: number, nowMs: number): TokenUse {
    const key = JSON.stringify([issuer, jti]);
    const known = this.#expiries.get(key);
    if (known !== undefined && known > nowMs) return "again";
    if (this.#expiries.size >= this.#entriesMax) this.#forgetExpired(nowMs);
    if (this.#expiries.size >= this.#entriesMax) return "full";
    this.#expiries.set(key, expiresAtMs);
    return "first";
  }

  #forgetExpired(nowMs: number): void {
    for (const [key, untilMs] of this.#expiries) if (untilMs <= nowMs) this.#expiries.delete(key);
  }
}
