/**
 * Tokens for agents, signed by the proxy's own key: for one task, for a short time, on behalf of a person. Their form is that of an issuer's
 * (`act`, RFC 8693): the subject is the person, who acts is the agent.
 */
import { createPublicKey, type KeyObject, randomUUID } from "node:crypto";
import { exportJWK, SignJWT } from "jose";
import type { Principal } from "@penstock/engine";
import type { TokenIssuer } from "../jwt/token-issuer.ts";

/** So that no token of anybody else is taken for one, and none of these for another. */
const mintedType = "penstock-agent+jwt";
const algorithm = "EdDSA";
const keyId = "mint";

export interface Mint {
  /** `iss` and `aud`. */
  readonly name: string;
  /** Ed25519. */
  readonly key: KeyObject;
  readonly lifetimeMsMax: number;
}

export interface MintRequest {
  /** `principal.id` of the agent, and the groups that it has. */
  readonly agent: Pick<Principal, "id" | "groups">;
  /** For whom it acts; `undefined` for nobody. */
  readonly person: Pick<Principal, "id" | "name" | "kind" | "groups"> | undefined;
  readonly task: string;
  /** Who mints it. */
  readonly by: string;
  readonly expiresAtMs: number;
}

export interface MintedToken {
  readonly token: string;
  readonly id: string;
}

export async function mintToken({ name, key }: Mint, request: MintRequest): Promise<MintedToken> {
  const { agent, person, task, by, expiresAtMs } = request;
  const id = randomUUID();
  const acting = { sub: agent.id, groups: agent.groups };
  const claims =
    person === undefined
      ? { ...acting, name: agent.id, kind: "agent" }
      : { sub: person.id, name: person.name, kind: person.kind, groups: person.groups, act: acting };
  const token = await new SignJWT({ ...claims, task, minted_by: by })
    .setProtectedHeader({ alg: algorithm, kid: keyId, typ: mintedType })
    .setIssuer(name)
    .setAudience(name)
    .setJti(id)
    .setIssuedAt()
    .setExpirationTime(Math.floor(expiresAtMs / 1000))
    .sign(key);
  return { token, id };
}

/** As whose the tokens are checked at login: in the same way as those of others. */
export async function mintIssuer({ name, key, lifetimeMsMax }: Mint): Promise<TokenIssuer> {
  const jwk = { ...(await exportJWK(createPublicKey(key))), kid: keyId, use: "sig" };
  return {
    issuer: name,
    audiences: [name],
    algorithms: [algorithm],
    keys: { kind: "own", keys: [jwk] },
    refreshMs: Number.MAX_SAFE_INTEGER,
    outageMs: 0,
    lifetimeMsMax,
    oneUse: false,
    // Which groups it has was decided when it was minted.
    agents: "as they say",
    types: new Set([mintedType]),
    recorded: ["task", "minted_by"],
    claims: {
      id: ["sub"],
      idPrefix: "",
      name: ["name"],
      groups: ["groups"],
      groupTable: undefined,
      alsoGroups: [],
      kind: "agent",
      kindOf: {
        claim: ["kind"],
        kinds: new Map([
          ["human", "human"],
          ["service", "service"],
          ["agent", "agent"],
        ]),
      },
      shown: ["task"],
    },
  };
}
