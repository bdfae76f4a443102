/** Issuers of tokens for tests: one that may speak for agents, one that may not, and what the proxy knows of them. */
import { randomUUID } from "node:crypto";
import { TokenVerifier, type TokenVerifierOptions } from "../../proxy/src/identity/jwt/token-verifier.ts";
import type { TokenIssuer } from "../../proxy/src/identity/jwt/token-issuer.ts";
import { TokenLogins } from "../../proxy/src/identity/token-logins.ts";
import { KeyServer } from "./key-server.ts";
import { type Algorithm, algorithms, type Json, jwkOf, type KeyPair, keyPair, signed } from "./signer.ts";

export const audience = "penstock-proxy";
export const tokenUser = "token";

export class TestIssuer {
  readonly issuer: string;
  readonly keys: ReadonlyMap<Algorithm, KeyPair>;
  readonly server = new KeyServer();

  constructor(issuer: string) {
    this.issuer = issuer;
    this.keys = new Map(algorithms.map((algorithm) => [algorithm, keyPair(algorithm, `${algorithm}-1`)]));
    this.server.keys = [...this.keys.values()].map((pair) => jwkOf(pair));
  }

  key(algorithm: Algorithm): KeyPair {
    return this.keys.get(algorithm)!;
  }

  /** @param nowMs of the clock that it is looked at with */
  claims(change: Json = {}, nowMs = Date.now()): Json {
    const now = Math.floor(nowMs / 1000);
    const { issuer: iss } = this;
    return { iss, aud: audience, sub: "ana", iat: now, exp: now + 600, jti: randomUUID(), ...change };
  }

  token(change: Json = {}, algorithm: Algorithm = "ES256", nowMs = Date.now()): string {
    const { kid, privateKey: key } = this.key(algorithm);
    return signed({ header: { alg: algorithm, kid }, claims: this.claims(change, nowMs), key, algorithm });
  }

  /** As the proxy's configuration would have it. */
  config(change: Partial<TokenIssuer> = {}): TokenIssuer {
    return {
      issuer: this.issuer,
      audiences: [audience],
      algorithms,
      keys: { kind: "address", url: this.server.url, ca: this.server.certificate.cert },
      refreshMs: 300_000,
      outageMs: 3_600_000,
      lifetimeMsMax: 86_400_000,
      oneUse: false,
      agents: false,
      claims: claimMapping,
      ...change,
    };
  }
}

export const claimMapping: TokenIssuer["claims"] = {
  id: ["sub"],
  idPrefix: "",
  name: ["name"],
  groups: ["groups"],
  groupTable: undefined,
  alsoGroups: [],
  kind: "human",
  kindOf: undefined,
  shown: [],
};

/** Whose keys are fetched when they are first needed. */
export function tokenLogins(
  issuers: readonly TokenIssuer[],
  more: Partial<TokenVerifierOptions> = {},
): { readonly tokens: TokenLogins; readonly verifier: TokenVerifier } {
  const options = { tokenBytesMax: 8192, clockSkewMs: 30_000, report: () => undefined, ...more };
  const verifier = new TokenVerifier({ ...options, issuers });
  return { verifier, tokens: new TokenLogins([tokenUser], verifier) };
}
