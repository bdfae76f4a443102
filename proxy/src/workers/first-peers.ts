import type { CancelKey, PeerKill, Peers } from "../enforce/peers.ts";
import type { TokenUse, TokenUses } from "../identity/jwt/used-tokens.ts";
import type { Channel } from "./channel.ts";
import type { FirstMethods } from "./methods.ts";

/** What a worker asks of the others, and of what is counted for all: the first process passes it on. */
export class FirstPeers implements Peers, TokenUses {
  readonly #first: Channel<FirstMethods>;

  constructor(first: Channel<FirstMethods>) {
    this.#first = first;
  }

  async takePlace(...[{ name, limits }, { id }]: Parameters<Peers["takePlace"]>): Promise<(() => void) | string> {
    const place = await this.#first.ask("takePlace", { target: { name, limits }, principal: id });
    if (typeof place === "string") return place;
    let isGiven = true;
    return () => {
      if (isGiven) this.#first.tell("givePlaceBack", place);
      isGiven = false;
    };
  }

  loginFailed(address: string): void {
    this.#first.tell("loginFailed", address);
  }

  cancel(key: CancelKey): void {
    this.#first.tell("cancel", key);
  }

  async kill(kill: PeerKill): Promise<boolean> {
    return await this.#first.ask("kill", kill);
  }

  async use(issuer: string, jti: string, expiresAtMs: number, nowMs: number): Promise<TokenUse> {
    return await this.#first.ask("useToken", { issuer, jti, expiresAtMs, nowMs });
  }
}
