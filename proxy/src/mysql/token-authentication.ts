/**
 * A login with a token, over TLS: the client sends it as its password. With `mysql_clear_password`, which clients have to be told to use, or
 * with the full exchange of `caching_sha2_password`, in which they send the password as it is wherever the connection is encrypted.
 */
import type { TokenIdentities } from "../identity/token-logins.ts";
import {
  type AuthStep,
  clearPlugin,
  defaultPlugin,
  fullAuthentication,
  type LoginConversation,
} from "./authentication.ts";
import { nulTerminated } from "./rsa-key.ts";

export class TokenAuthentication implements LoginConversation {
  readonly #tokens: TokenIdentities;
  readonly #scramble: Buffer;
  #state: "switched" | "token" | "over" = "token";

  /** @param scramble of the greeting */
  constructor(tokens: TokenIdentities, scramble: Buffer) {
    this.#tokens = tokens;
    this.#scramble = scramble;
  }

  async first(plugin: string, response: Buffer): Promise<AuthStep> {
    if (plugin === clearPlugin) return this.next(response);
    if (plugin === defaultPlugin) return this.#askForToken(response);
    this.#state = "switched";
    return { kind: "switch", plugin: defaultPlugin, data: this.#scramble };
  }

  async next(response: Buffer): Promise<AuthStep> {
    if (this.#state === "switched") return this.#askForToken(response);
    const token = nulTerminated(response);
    if (this.#state === "over" || token === undefined || token === "") return { kind: "refused" };
    this.#state = "over";
    const outcome = await this.#tokens.verify(token);
    if (outcome.kind !== "proven") return { kind: "refused", token: outcome };
    return { kind: "done", identity: outcome.identity, more: undefined };
  }

  /** @param response with which it would be recognised, had it been here before */
  #askForToken(response: Buffer): AuthStep {
    // A client without a password waits for nothing more.
    if (response.length === 0) return { kind: "refused" };
    this.#state = "token";
    return { kind: "more", data: fullAuthentication };
  }
}
