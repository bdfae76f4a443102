/** Logins with a token as the password: under which names, and whose tokens. */
import type { TokenOutcome, TokenVerifier } from "./jwt/token-verifier.ts";

/** What the protocols ask. */
export interface TokenIdentities {
  /** Longest token that is read. */
  readonly tokenBytesMax: number;
  /** Whether a client that gives this name is asked for a token. The name says nothing else of it: who it is, the token says. */
  bringsToken(user: string): boolean;
  /** May take a while. */
  verify(token: string): Promise<TokenOutcome>;
}

/** What to do about a token that is not taken, for its bearer. */
export const newTokenHint = "get a new token (policy-proxy login) and connect again";

export class TokenLogins implements TokenIdentities {
  readonly #users: ReadonlySet<string>;
  readonly verifier: TokenVerifier;

  constructor(users: readonly string[], verifier: TokenVerifier) {
    this.#users = new Set(users);
    this.verifier = verifier;
  }

  get tokenBytesMax(): number {
    return this.verifier.tokenBytesMax;
  }

  bringsToken(user: string): boolean {
    return this.#users.has(user);
  }

  verify(token: string): Promise<TokenOutcome> {
    return this.verifier.verify(token);
  }
}
