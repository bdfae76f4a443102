import { constants, generateKeyPair, type KeyObject, privateDecrypt } from "node:crypto";
import { promisify } from "node:util";

const generate = promisify(generateKeyPair);
const modulusBits = 2048;

interface KeyPair {
  /** PEM. */
  readonly publicKey: Buffer;
  readonly privateKey: KeyObject;
}

/**
 * With which a client encrypts its password where the connection is not encrypted (`caching_sha2_password`). Made when it is first asked
 * for, and new with each process: it protects from who listens, not from who answers in the proxy's place.
 */
export class RsaKey {
  #pair: Promise<KeyPair> | undefined;

  async publicKey(): Promise<Buffer> {
    return (await this.#keys()).publicKey;
  }

  /** The password of what a client has sent: with a NUL at its end, XORed with the scramble, encrypted. `undefined` for anything else. */
  async password(encrypted: Buffer, scramble: Buffer): Promise<string | undefined> {
    const { privateKey } = await this.#keys();
    let bytes: Buffer;
    try {
      bytes = privateDecrypt(
        { key: privateKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: "sha1" },
        encrypted,
      );
    } catch {
      return undefined;
    }
    for (let index = 0; index < bytes.length; index++)
      bytes[index] = bytes[index]! ^ scramble[index % scramble.length]!;
    return nulTerminated(bytes);
  }

  #keys(): Promise<KeyPair> {
    this.#pair ??= generate("rsa", { modulusLength: modulusBits }).then(({ publicKey, privateKey }) => ({
      publicKey: Buffer.from(publicKey.export({ type: "spki", format: "pem" })),
      privateKey,
    }));
    return this.#pair;
  }
}

/** A text with a NUL at its end and nowhere else. */
export function nulTerminated(bytes: Buffer): string | undefined {
  return bytes.length > 0 && bytes.indexOf(0) === bytes.length - 1
    ? bytes.toString("utf8", 0, bytes.length - 1)
    : undefined;
}
