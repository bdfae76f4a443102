/**
 * Who a client is, by the methods of MySQL's protocol that need no other secret than the SCRAM verifier of the users file:
 *
 * | method | the proxy learns |
 * |---|---|
 * | `caching_sha2_password` | a digest that is recognised if this password was right before; else the password, over TLS or encrypted by RSA |
 * | `mysql_clear_password` | the password, over TLS only |
 *
 * `mysql_native_password` is not among them: its client never tells the password, and what would check its answer, SHA1(SHA1(password)),
 * is as good as the password for whoever reads it. A client that begins with it is asked to go on with `caching_sha2_password`.
 */
import { randomInt } from "node:crypto";
import { type Identity, lastingIdentity } from "../identity/identity.ts";
import type { TokenOutcome } from "../identity/jwt/token-verifier.ts";
import type { Login } from "../identity/login.ts";
import type { Sha2Cache } from "../identity/sha2-cache.ts";
import { nulTerminated, type RsaKey } from "./rsa-key.ts";

export const defaultPlugin = "caching_sha2_password";
export const clearPlugin = "mysql_clear_password";

export type AuthStep =
  /** Send AuthSwitchRequest; the answer is the next message. */
  | { readonly kind: "switch"; readonly plugin: string; readonly data: Buffer }
  /** Send AuthMoreData; the answer is the next message. */
  | { readonly kind: "more"; readonly data: Buffer }
  /** @property more to be sent first, as AuthMoreData */
  | { readonly kind: "done"; readonly identity: Identity; readonly more: Buffer | undefined }
  /** @property token what is wrong with it, where it was one */
  | { readonly kind: "refused"; readonly token?: Exclude<TokenOutcome, { readonly kind: "proven" }> };

/** What is said until it is known who a client is. */
export interface LoginConversation {
  /** Takes what came with the handshake response. */
  first(plugin: string, response: Buffer): Promise<AuthStep>;
  /** Takes each further message. */
  next(response: Buffer): Promise<AuthStep>;
}

export const fastSuccess = Buffer.from([3]);
export const fullAuthentication = Buffer.from([4]);
const publicKeyRequest = 2;

type State = "initial" | "switched" | "password" | "encrypted" | "over";

export interface AuthChannel {
  readonly isEncrypted: boolean;
  /** It does not leave this machine. */
  readonly isLocal: boolean;
  /** Of the greeting. */
  readonly scramble: Buffer;
}

/** One login of one client with a password. */
export class Authentication implements LoginConversation {
  readonly #login: Login;
  readonly #channel: AuthChannel;
  readonly #cache: Sha2Cache;
  readonly #key: RsaKey;
  #state: State = "initial";

  constructor(login: Login, channel: AuthChannel, cache: Sha2Cache, key: RsaKey) {
    this.#login = login;
    this.#channel = channel;
    this.#cache = cache;
    this.#key = key;
  }

  async first(plugin: string, response: Buffer): Promise<AuthStep> {
    if (plugin === clearPlugin && this.#channel.isEncrypted) return this.#password(nulTerminated(response));
    if (plugin === defaultPlugin) return this.#recognise(response);
    this.#state = "switched";
    return { kind: "switch", plugin: defaultPlugin, data: this.#channel.scramble };
  }

  async next(response: Buffer): Promise<AuthStep> {
    switch (this.#state) {
      case "switched":
        return this.#recognise(response);
      case "password":
        if (this.#channel.isEncrypted) return this.#password(nulTerminated(response));
        // MariaDB's library takes a connection within one machine for a safe one, and has sent its password.
        if (this.#channel.isLocal && response.length > 1) return this.#password(nulTerminated(response));
        if (response.length !== 1 || response[0] !== publicKeyRequest) return this.#refused();
        this.#state = "encrypted";
        return { kind: "more", data: await this.#key.publicKey() };
      case "encrypted":
        return this.#password(await this.#key.password(response, this.#channel.scramble));
      default:
        return this.#refused();
    }
  }

  #recognise(response: Buffer): AuthStep {
    // Nobody has an empty password here, and such a client waits for nothing more.
    if (response.length === 0) return this.#refused();
    const principal = this.#cache.recognise(this.#login, this.#channel.scramble, response);
    if (principal !== undefined) {
      this.#state = "over";
      return { kind: "done", identity: lastingIdentity(principal), more: fastSuccess };
    }
    this.#state = "password";
    return { kind: "more", data: fullAuthentication };
  }

  async #password(password: string | undefined): Promise<AuthStep> {
    this.#state = "over";
    if (password === undefined || password === "") return { kind: "refused" };
    const principal = await this.#login.password(password);
    if (principal === undefined) return { kind: "refused" };
    this.#cache.remember(this.#login, password);
    return { kind: "done", identity: lastingIdentity(principal), more: undefined };
  }

  #refused(): AuthStep {
    this.#state = "over";
    return { kind: "refused" };
  }
}

const scrambleBytes = 20;

/** 20 random bytes without 0, which ends a string, and without `$`, which older servers avoid too. */
export function newScramble(): Buffer {
  return Buffer.from(Array.from({ length: scrambleBytes }, () => 0x25 + randomInt(0x7f - 0x25)));
}
