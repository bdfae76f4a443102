/**
 * Signatures of bundles: a compact JWS (RFC 7515) with Ed25519 (RFC 8037) over the bytes of the manifest, which holds the
 * digest of everything else.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { calculateJwkThumbprint, CompactSign, compactVerify, decodeProtectedHeader } from "jose";
import { errorMessage } from "./error-message.ts";

const algorithm = "EdDSA";
/** Keeps a signature that was made for something else from passing for one of a bundle. */
const type = "penstock-bundle";

export interface KeyPair {
  /** PKCS #8, PEM. */
  readonly privateKey: string;
  /** SubjectPublicKeyInfo, PEM. */
  readonly publicKey: string;
}

export function generateKeyPair(): KeyPair {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  return {
    privateKey: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    publicKey: publicKey.export({ type: "spki", format: "pem" }).toString(),
  };
}

/** @throws when the PEM is not an Ed25519 private key. */
export async function signManifest(manifest: Buffer, privateKey: string): Promise<string> {
  const key = createPrivateKey(privateKey);
  requireEd25519(key);
  const kid = await keyId(createPublicKey(key));
  return new CompactSign(manifest).setProtectedHeader({ alg: algorithm, kid, typ: type }).sign(key);
}

export type SignatureResult =
  | { readonly ok: true; readonly keyId: string }
  | { readonly ok: false; readonly problem: string };

/** @param publicKeys PEM; one of them must have signed. */
export async function verifySignature(
  manifest: Buffer,
  signature: string,
  publicKeys: readonly string[],
): Promise<SignatureResult> {
  const trusted = new Map<string, KeyObject>();
  for (const [index, pem] of publicKeys.entries()) {
    try {
      const key = createPublicKey(pem);
      requireEd25519(key);
      trusted.set(await keyId(key), key);
    } catch (error) {
      return { ok: false, problem: `trusted key ${index + 1} is not an Ed25519 public key: ${errorMessage(error)}` };
    }
  }
  try {
    const { kid } = decodeProtectedHeader(signature);
    const key = trusted.get(kid ?? "");
    if (kid === undefined || key === undefined)
      return { ok: false, problem: "it is signed with a key that is not trusted here" };
    const { payload, protectedHeader } = await compactVerify(signature, key, { algorithms: [algorithm] });
    if (protectedHeader.typ !== type) return { ok: false, problem: "the signature was made for something else" };
    if (!manifest.equals(payload)) return { ok: false, problem: "the signature is of another manifest" };
    return { ok: true, keyId: kid };
  } catch {
    return { ok: false, problem: "the signature is wrong: the bundle was changed after it was signed" };
  }
}

/** RFC 7638 thumbprint. */
async function keyId(publicKey: KeyObject): Promise<string> {
  const { kty, crv, x } = publicKey.export({ format: "jwk" });
  return calculateJwkThumbprint({ kty: kty ?? "", crv: crv ?? "", x: x ?? "" });
}

function requireEd25519(key: KeyObject): void {
  if (key.asymmetricKeyType !== "ed25519") throw new Error(`it is a key of type ${key.asymmetricKeyType ?? "unknown"}`);
}
