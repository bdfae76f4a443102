/**
 * Who the bearer of a token is (RFC 7519, with the advice of RFC 8725): the issuer is one of the configured ones, the key is one of that
 * issuer's own, the algorithm one that it may use, and only then the claims are looked at.
 */
import { isDeepStrictEqual } from "node:util";
import { compactVerify, errors } from "jose";
import type { Identity } from "../identity.ts";
import { checkAudience, checkTimes, textAt } from "./claim-checks.ts";
import { fetchKeys } from "./fetch-keys.ts";
import { KeySet, type KeySetEvent } from "./key-set.ts";
import { memberOf } from "./strict-json.ts";
import type { TokenIssuer } from "./token-issuer.ts";
import { readToken, type TokenParts } from "./token-parts.ts";
import { principalOf } from "./token-principal.ts";
import { type TokenUses, UsedTokens } from "./used-tokens.ts";

export interface TokenVerifierOptions {
  readonly issuers: readonly TokenIssuer[];
  readonly tokenBytesMax: number;
  readonly clockSkewMs: number;
  readonly report: (event: KeySetEvent & { readonly issuer: string }) => void;
  /** Counts for several processes. Left out: for this verifier, and whichever takes its place. */
  readonly used?: TokenUses;
  /** As Date.now(). */
  readonly now?: () => number;
}

export type TokenOutcome =
  | { readonly kind: "proven"; readonly identity: Identity }
  /** @property because the end of a sentence that begins with "the token"; nothing of the token stands in it */
  | { readonly kind: "refused"; readonly because: string }
  /** It may be good; that cannot be told at the moment. */
  | { readonly kind: "unavailable"; readonly because: string };

/** What a token for access or identity is called; others (of logouts, of proofs) must not be taken for one (RFC 8725, section 3.11). */
const types: ReadonlySet<string> = new Set(["", "jwt", "at+jwt"]);

export class TokenVerifier {
  readonly tokenBytesMax: number;
  readonly #options: TokenVerifierOptions;
  readonly #now: () => number;
  /** Whose keys nobody has fetched yet. */
  readonly #fresh: readonly { readonly keys: KeySet }[];
  readonly #issuers: ReadonlyMap<string, { readonly issuer: TokenIssuer; readonly keys: KeySet }>;
  readonly #used: TokenUses;

  /** @param before whose place it takes: what that has fetched is not fetched again */
  constructor(options: TokenVerifierOptions, before?: TokenVerifier) {
    this.#options = options;
    this.#used = options.used ?? (before === undefined ? new UsedTokens() : before.#used);
    this.tokenBytesMax = options.tokenBytesMax;
    const now = (this.#now = options.now ?? Date.now);
    const keysOf = ({ issuer, keys, refreshMs, outageMs }: TokenIssuer) =>
      new KeySet({
        refreshMs,
        outageMs,
        now,
        fetch: () => fetchKeys(keys),
        report: (event) => options.report({ ...event, issuer }),
      });
    const known = (issuer: TokenIssuer) => {
      const { issuer: same, keys } = (before === undefined ? undefined : before.#issuers.get(issuer.issuer)) ?? {};
      // Of files, what they hold now is wanted.
      return issuer.keys.kind === "address" && isDeepStrictEqual(same, issuer) ? keys : undefined;
    };
    this.#issuers = new Map(
      options.issuers.map((issuer) => [issuer.issuer, { issuer, keys: known(issuer) ?? keysOf(issuer) }]),
    );
    this.#fresh = [...this.#issuers.values()].filter(({ issuer }) => known(issuer) === undefined);
  }

  /** Fetches the keys of all issuers; what fails is reported. */
  async open(): Promise<void> {
    await Promise.all(this.#fresh.map(({ keys }) => keys.open()));
  }

  async verify(token: string): Promise<TokenOutcome> {
    const parts = readToken(token, this.tokenBytesMax);
    if (typeof parts === "string") return refused(parts);
    const iss = memberOf(parts.claims, "iss");
    const known = typeof iss === "string" ? this.#issuers.get(iss) : undefined;
    if (known === undefined) return refused("is of no issuer that is known here");
    const signature = await checkSignature(token, parts, known.issuer, known.keys);
    return signature ?? this.#bearer(parts, known.issuer);
  }

  /** The signature is right. */
  async #bearer({ claims, type }: TokenParts, issuer: TokenIssuer): Promise<TokenOutcome> {
    if (!(issuer.types ?? types).has(type)) return refused("is of a type that is for something else");
    // Bound to a key that its bearer would have to prove (RFC 7800); on its own it is not to be taken.
    if (Object.hasOwn(claims, "cnf")) return refused("is bound to a key, and such tokens cannot be used as passwords");
    const wrongAudience = checkAudience(claims, issuer);
    if (wrongAudience !== undefined) return refused(wrongAudience);
    const nowMs = this.#now();
    const times = checkTimes(claims, issuer.lifetimeMsMax, this.#options.clockSkewMs, nowMs);
    if (typeof times === "string") return refused(times);
    const principal = principalOf(claims, issuer, BigInt(nowMs) * 1_000_000n);
    if (typeof principal === "string") return refused(principal);
    const jti = textAt(claims, ["jti"]);
    if (typeof jti === "object") return refused(jti.wrong);
    const { expiresAtMs } = times;
    if (issuer.oneUse) {
      if (jti === undefined) return refused("has no `jti`, so it cannot be told whether it was used before");
      const used = await this.#used.use(issuer.issuer, jti, expiresAtMs, nowMs);
      if (used === "again") return refused("was used before, and tokens of this issuer log in once");
      if (used === "full") return { kind: "unavailable", because: "cannot be taken: too many others are in use" };
    }
    const recorded = (issuer.recorded ?? []).map((name) => [name, textAt(claims, [name])] as const);
    const unfit = recorded.find(([, text]) => typeof text !== "string");
    if (unfit !== undefined) return refused(`has no proper text in \`${unfit[0]}\``);
    const origin = {
      issuer: issuer.issuer,
      token: jti,
      expires: new Date(expiresAtMs).toISOString(),
      ...Object.fromEntries(recorded),
    };
    return { kind: "proven", identity: { principal, expiry: { atMs: expiresAtMs, of: "token" }, origin } };
  }
}

/** `undefined` where it is right. */
async function checkSignature(
  token: string,
  { alg }: TokenParts,
  { algorithms }: TokenIssuer,
  keys: KeySet,
): Promise<TokenOutcome | undefined> {
  if (!algorithms.some((allowed) => allowed === alg))
    return refused("is signed in a way that is not taken of this issuer (`algorithms`)");
  let lookedUp: "outage" | "unknown" | undefined;
  try {
    await compactVerify(
      token,
      async (header, parts) => {
        const key = await keys.keyFor(header, parts);
        if (typeof key !== "string") return key;
        lookedUp = key;
        throw new errors.JWKSNoMatchingKey();
      },
      { algorithms: [...algorithms] },
    );
    return undefined;
  } catch (error) {
    if (lookedUp === "outage")
      return { kind: "unavailable", because: "cannot be checked: the keys of its issuer cannot be fetched" };
    if (lookedUp === "unknown") return refused("is signed with a key that its issuer does not publish");
    if (error instanceof errors.JOSEError || error instanceof TypeError)
      return refused("has a signature that is wrong");
    throw error;
  }
}

function refused(because: string): TokenOutcome {
  return { kind: "refused", because };
}
