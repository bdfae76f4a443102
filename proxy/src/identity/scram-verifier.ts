/**
 * What the proxy keeps of a password: PostgreSQL's verifier of SCRAM-SHA-256 (RFC 5802, section 3; RFC 7677), in the text
 * form of `pg_authid.rolpassword`, so that a verifier can be copied from a server as it is.
 */
import { createHash, createHmac, pbkdf2, randomBytes } from "node:crypto";
import { promisify } from "node:util";
import { preparePassword } from "./saslprep.ts";

export interface ScramVerifier {
  readonly iterations: number;
  readonly salt: Buffer;
  /** H(ClientKey), 32 bytes. */
  readonly storedKey: Buffer;
  /** 32 bytes. */
  readonly serverKey: Buffer;
}

export const scramDefaults = { iterations: 4096, saltBytes: 16 } as const;
/** More would let one line of the users file hold every client that logs in for minutes. */
const iterationsMax = 10_000_000;
export const digestBytes = 32;

const derive = promisify(pbkdf2);

export function hmac(key: Buffer, text: string | Buffer): Buffer {
  return createHmac("sha256", key).update(text).digest();
}

export function sha256(bytes: Buffer): Buffer {
  return createHash("sha256").update(bytes).digest();
}

/** Derives a verifier; takes milliseconds by design. The password is not kept. */
export async function deriveVerifier(
  password: string,
  options: { readonly iterations?: number; readonly salt?: Buffer } = {},
): Promise<ScramVerifier> {
  const iterations = options.iterations ?? scramDefaults.iterations;
  const salt = options.salt ?? randomBytes(scramDefaults.saltBytes);
  const salted = await derive(preparePassword(password), salt, iterations, digestBytes, "sha256");
  return {
    iterations,
    salt,
    storedKey: sha256(hmac(salted, "Client Key")),
    serverKey: hmac(salted, "Server Key"),
  };
}

export function formatVerifier(verifier: ScramVerifier): string {
  const { iterations, salt, storedKey, serverKey } = verifier;
  return `SCRAM-SHA-256$${iterations}:${salt.toString("base64")}$${storedKey.toString("base64")}:${serverKey.toString("base64")}`;
}

/** Reads `SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey`; `undefined` for anything else. */
export function parseVerifier(text: string): ScramVerifier | undefined {
  const match = /^SCRAM-SHA-256\$([1-9][0-9]{0,7}):([A-Za-z0-9+/=]+)\$([A-Za-z0-9+/=]+):([A-Za-z0-9+/=]+)$/.exec(text);
  if (match === null) return undefined;
  const iterations = Number(match[1]);
  const salt = decodeBase64(match[2]!);
  const storedKey = decodeBase64(match[3]!);
  const serverKey = decodeBase64(match[4]!);
  if (iterations > iterationsMax || salt === undefined || salt.length === 0) return undefined;
  if (storedKey?.length !== digestBytes || serverKey?.length !== digestBytes) return undefined;
  return { iterations, salt, storedKey, serverKey };
}

/** Strict base64 (Node's own decoder skips what it does not know): `undefined` unless the text is the canonical form. */
export function decodeBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, "base64");
  return bytes.toString("base64") === text ? bytes : undefined;
}
