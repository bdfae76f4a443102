/** An issuer of tokens that can also do what no library lets it do: sign in the wrong way, and say what contradicts itself. */
import { constants, createHmac, generateKeyPairSync, type KeyObject, sign } from "node:crypto";

export type Algorithm = "RS256" | "PS256" | "ES256" | "EdDSA";
export const algorithms: readonly Algorithm[] = ["RS256", "PS256", "ES256", "EdDSA"];

export interface KeyPair {
  readonly kid: string;
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

export type Json = Readonly<Record<string, unknown>>;

const makers: Readonly<Record<Algorithm, () => { publicKey: KeyObject; privateKey: KeyObject }>> = {
  RS256: () => generateKeyPairSync("rsa", { modulusLength: 2048 }),
  PS256: () => generateKeyPairSync("rsa", { modulusLength: 2048 }),
  ES256: () => generateKeyPairSync("ec", { namedCurve: "P-256" }),
  EdDSA: () => generateKeyPairSync("ed25519"),
};

export function keyPair(algorithm: Algorithm, kid: string): KeyPair {
  return { kid, ...makers[algorithm]() };
}

export function jwkOf({ kid, publicKey }: KeyPair, more: Json = {}): Json {
  return { ...publicKey.export({ format: "jwk" }), kid, use: "sig", ...more };
}

export const encoded = (value: unknown) =>
  (Buffer.isBuffer(value) ? value : Buffer.from(typeof value === "string" ? value : JSON.stringify(value))).toString(
    "base64url",
  );

/** Of the bytes that a signature is over. @param algorithm may differ from what the key is for */
export function signatureOf(input: string, key: KeyObject | string | Buffer, algorithm: string): Buffer {
  const bytes = Buffer.from(input);
  const bits = algorithm.slice(2);
  if (typeof key === "string" || Buffer.isBuffer(key)) return createHmac(`sha${bits}`, key).update(bytes).digest();
  const { RSA_PKCS1_PSS_PADDING: padding, RSA_PSS_SALTLEN_DIGEST: saltLength } = constants;
  if (algorithm === "EdDSA") return sign(null, bytes, key);
  if (algorithm.startsWith("PS")) return sign(`sha${bits}`, bytes, { key, padding, saltLength });
  if (algorithm.startsWith("ES")) return sign(`sha${bits}`, bytes, { key, dsaEncoding: "ieee-p1363" });
  return sign(`sha${bits}`, bytes, key);
}

/** What is to be signed; text and bytes stand in the token as they are. */
export interface Content {
  readonly header: unknown;
  readonly claims: unknown;
  readonly key: KeyObject | string | Buffer;
  readonly algorithm: string;
}

export function signed({ header, claims, key, algorithm }: Content): string {
  const input = `${encoded(header)}.${encoded(claims)}`;
  return `${input}.${signatureOf(input, key, algorithm).toString("base64url")}`;
}
