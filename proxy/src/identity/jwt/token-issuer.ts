import type { JWK } from "jose";
import type { PrincipalKind } from "@penstock/language";

/** Of a token that an issuer has signed, what makes it good here, and who its bearer is. */
export interface TokenIssuer {
  /** As `iss` has it, to the letter. */
  readonly issuer: string;
  /** One of them stands in `aud`. */
  readonly audiences: readonly string[];
  readonly algorithms: readonly SigningAlgorithm[];
  readonly keys: KeySource;
  /** How old keys may be before they are asked for again. */
  readonly refreshMs: number;
  /** How much longer they are used while nobody answers. */
  readonly outageMs: number;
  /** From `iat`, or from now where that is missing, to `exp`. */
  readonly lifetimeMsMax: number;
  /** A token logs in once. */
  readonly oneUse: boolean;
  /**
   * Whether it may say by `act` that an agent acts for the subject. The agent has those groups that the subject has too, or all that it says.
   */
  readonly agents: boolean | "as they say";
  /** What `typ` of its tokens is, if not that of ordinary ones. */
  readonly types?: ReadonlySet<string>;
  /** Claims, texts, that stand in the record of the login. */
  readonly recorded?: readonly string[];
  readonly claims: ClaimMapping;
}

export type KeySource =
  | { readonly kind: "address"; readonly url: URL /** PEM */; readonly ca: string | undefined }
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "own"; readonly keys: readonly JWK[] };

/** Signatures by a private key. None by a secret that whoever verifies must have too, and `none` least of all. */
export const signingAlgorithms = [
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
  "ES256",
  "ES384",
  "ES512",
  "EdDSA",
  "Ed25519",
] as const;
type SigningAlgorithm = (typeof signingAlgorithms)[number];

/** Name of a claim, or the names on the way to it. */
export type ClaimPath = readonly string[];

export interface ClaimMapping {
  readonly id: ClaimPath;
  /** Put before the id, and before that of agents. */
  readonly idPrefix: string;
  readonly name: ClaimPath | undefined;
  readonly groups: ClaimPath;
  /** Principal's groups by the token's. `undefined`: they are the same. What is not in the table is nobody's group. */
  readonly groupTable: ReadonlyMap<string, readonly string[]> | undefined;
  /** Of everybody. */
  readonly alsoGroups: readonly string[];
  /** Where no claim says otherwise. */
  readonly kind: PrincipalKind;
  readonly kindOf: { readonly claim: ClaimPath; readonly kinds: ReadonlyMap<string, PrincipalKind> } | undefined;
  /** Claims that policies see as `principal.claims`. */
  readonly shown: readonly string[];
}
