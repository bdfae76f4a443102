/** Logins by client certificate (mutual TLS): whose certificates say who somebody is, alone or beside a password. */
import type { Principal } from "@penstock/engine";
import type { PrincipalKind } from "@penstock/language";
import type { Expiry, Identity } from "../identity.ts";
import { type CertificateNameKind, certificateNames } from "./certificate-names.ts";
import type { PeerCertificate } from "./peer-certificate.ts";

/** Whom a certificate with a name means. */
export interface CertificateRule {
  readonly kind: CertificateNameKind;
  /** To the letter; an id of SPIFFE may end with `/*` for all below it. */
  readonly name: string;
  /** As which the client connects. */
  readonly user: string;
  /** The user proves its password too, and is who the users file says. */
  readonly withPassword: boolean;
  /** Left out, the name in the certificate. */
  readonly id: string | undefined;
  readonly principalKind: PrincipalKind;
  readonly groups: readonly string[];
}

export interface CertificateIdentities {
  /** Why nobody gets any further on this connection; `undefined` where they do. */
  refusal(peer: PeerCertificate): string | undefined;
  /** Whether a client of this name is asked for nothing but its certificate. */
  bringsCertificate(user: string): boolean;
  /** Who it is; a text says why it is nobody. */
  identify(user: string, peer: PeerCertificate): Identity | string;
  /** Adds to a login by other means what the certificate has to do with it; a text says why that is not enough. */
  beside(user: string, peer: PeerCertificate, identity: Identity): Identity | string;
}

export class CertificateLogins implements CertificateIdentities {
  readonly #rules: readonly CertificateRule[];
  readonly #isRequired: boolean;

  constructor(rules: readonly CertificateRule[], isRequired: boolean) {
    this.#rules = rules;
    this.#isRequired = isRequired;
  }

  refusal(peer: PeerCertificate): string | undefined {
    if (peer.kind === "wrong")
      return `the client certificate is not accepted: ${reasons[peer.because] ?? peer.because}`;
    return this.#isRequired && peer.kind === "none" ? "a client certificate is needed" : undefined;
  }

  bringsCertificate(user: string): boolean {
    return this.#rules.some((rule) => rule.user === user && !rule.withPassword);
  }

  identify(user: string, peer: PeerCertificate): Identity | string {
    if (peer.kind !== "valid") return "a client certificate is needed";
    const found = this.#find(user, peer, false);
    if (found === undefined) return `the client certificate is of nobody who may connect as "${user}"`;
    const { rule, name } = found;
    const principal: Principal = {
      id: rule.id ?? name,
      name,
      kind: rule.principalKind,
      groups: rule.groups,
      claims: {},
      auth: { method: "certificate", atNs: BigInt(Date.now()) * 1_000_000n, mfa: false },
    };
    return { principal, expiry: expiryOf(peer), origin: originOf(name, peer) };
  }

  beside(user: string, peer: PeerCertificate, identity: Identity): Identity | string {
    const needsOwn = this.#rules.some((rule) => rule.user === user && rule.withPassword);
    if (!needsOwn && !this.#isRequired) return identity;
    if (peer.kind !== "valid") return "a client certificate is needed beside the password";
    const found = this.#find(user, peer, true);
    if (needsOwn && found === undefined) return `the client certificate is not one of "${user}"`;
    const { principal, expiry, origin } = identity;
    return {
      principal: needsOwn ? { ...principal, auth: { ...principal.auth, mfa: true } } : principal,
      expiry: earlierOf(expiry, expiryOf(peer)),
      origin: { ...origin, ...originOf(found?.name, peer) },
    };
  }

  #find(user: string, { certificate }: Extract<PeerCertificate, { kind: "valid" }>, withPassword: boolean) {
    const names = certificateNames(certificate);
    for (const rule of this.#rules) {
      if (rule.user !== user || rule.withPassword !== withPassword) continue;
      const name = names[rule.kind].find((each) => matches(rule, each));
      if (name !== undefined) return { rule, name };
    }
    return undefined;
  }
}

function matches({ kind, name }: CertificateRule, found: string): boolean {
  if (kind === "spiffe" && name.endsWith("/*")) {
    const below = name.slice(0, -1);
    return (
      found.startsWith(below) && found.length > below.length && !found.slice(below.length).split("/").includes("..")
    );
  }
  return found === name;
}

type Valid = Extract<PeerCertificate, { kind: "valid" }>;

function expiryOf({ certificate }: Valid): Expiry {
  return { atMs: certificate.validToDate.getTime(), of: "certificate" };
}

/** For the record: a fingerprint tells certificates apart, and is no secret. */
function originOf(name: string | undefined, { certificate }: Valid): Readonly<Record<string, unknown>> {
  const { serialNumber, fingerprint256, validToDate } = certificate;
  const shown = { name, serial: serialNumber, sha256: fingerprint256, expires: validToDate.toISOString() };
  return { certificate: shown };
}

function earlierOf(one: Expiry | undefined, other: Expiry): Expiry {
  return one === undefined || other.atMs < one.atMs ? other : one;
}

const reasons: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: "it has expired",
  CERT_NOT_YET_VALID: "it is not valid yet",
  CERT_REVOKED: "it was revoked",
  CRL_HAS_EXPIRED: "the list of revoked certificates is out of date; tell whoever operates the proxy",
  UNABLE_TO_GET_CRL: "nobody trusted here has signed it, or there is no list of revoked certificates of who has",
  DEPTH_ZERO_SELF_SIGNED_CERT: "nobody trusted here has signed it",
  SELF_SIGNED_CERT_IN_CHAIN: "nobody trusted here has signed it",
  UNABLE_TO_GET_ISSUER_CERT: "nobody trusted here has signed it",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "nobody trusted here has signed it",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "nobody trusted here has signed it",
  INVALID_PURPOSE: "it is not for clients",
};
