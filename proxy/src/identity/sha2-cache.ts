/**
 * What `caching_sha2_password` of MySQL's protocol needs to recognise a password without seeing it: SHA256(SHA256(password)), learnt when the
 * password itself was right. In memory only, and bound to the verifier that it was checked against: who has another password, or is no
 * longer in the users file, is asked for the password itself.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import type { Principal } from "@penstock/engine";
import type { Login } from "./login.ts";
import { digestBytes, sha256 } from "./scram-verifier.ts";

export class Sha2Cache {
  readonly #entriesMax: number;
  readonly #digests = new Map<string, Buffer>();

  constructor(entriesMax: number) {
    this.#entriesMax = entriesMax;
  }

  remember(login: Login, password: string): void {
    const key = login.verifierKey;
    this.#digests.delete(key);
    if (this.#digests.size >= this.#entriesMax) {
      const [oldest] = this.#digests.keys();
      if (oldest !== undefined) this.#digests.delete(oldest);
    }
    this.#digests.set(key, sha256(sha256(Buffer.from(password, "utf8"))));
  }

  /**
   * @param response SHA256(password) XOR SHA256(SHA256(SHA256(password)) || scramble)
   * @returns `undefined` where the password itself has to be asked for
   */
  recognise(login: Login, scramble: Buffer, response: Buffer): Principal | undefined {
    const digest = this.#digests.get(login.verifierKey);
    if (digest === undefined || response.length !== digestBytes) return undefined;
    const pad = createHash("sha256").update(digest).update(scramble).digest();
    for (let index = 0; index < digestBytes; index++) pad[index] = pad[index]! ^ response[index]!;
    return timingSafeEqual(sha256(pad), digest) ? login.proven() : undefined;
  }
}
