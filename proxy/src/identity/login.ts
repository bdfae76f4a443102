import { timingSafeEqual } from "node:crypto";
import type { Principal } from "@penstock/engine";
import {
  type ScramChannel,
  ScramExchange,
  scramMechanisms,
  type ScramMechanism,
  type ScramStep,
} from "./scram-server.ts";
import { deriveVerifier, type ScramVerifier } from "./scram-verifier.ts";

/** Who may connect: what the protocol's session asks when a client has named its user. */
export interface Identities {
  /**
   * Begins a login. Never says whether the user exists: an unknown one gets an exchange that cannot succeed and looks the same.
   * @param user as the StartupMessage has it.
   */
  begin(user: string, channel: ScramChannel): Login;
}

export type LoginStep =
  | Exclude<ScramStep, { readonly kind: "done" }>
  | { readonly kind: "done"; readonly data: Buffer; readonly principal: Principal };

/** One login of one client, see `ScramExchange` for the messages. */
export class Login {
  /** To offer in AuthenticationSASL. */
  readonly mechanisms: readonly ScramMechanism[];
  readonly #exchange: ScramExchange;
  readonly #verifier: ScramVerifier;
  readonly #genuine: boolean;
  readonly #principal: () => Principal | undefined;

  /** @param principal asked once, after the proof: `undefined` for the mock of an unknown user or one removed meanwhile. */
  constructor(
    verifier: ScramVerifier,
    genuine: boolean,
    channel: ScramChannel,
    principal: () => Principal | undefined,
  ) {
    this.mechanisms = scramMechanisms(channel);
    this.#exchange = new ScramExchange(verifier, genuine, channel);
    this.#verifier = verifier;
    this.#genuine = genuine;
    this.#principal = principal;
  }

  /** Takes a SASLInitialResponse. */
  first(mechanism: string, message: Buffer): LoginStep {
    return this.#withPrincipal(this.#exchange.first(mechanism, message));
  }

  /** Takes the SASLResponse that follows. */
  final(message: Buffer): LoginStep {
    return this.#withPrincipal(this.#exchange.final(message));
  }

  /** Which verifier it is, for whoever keeps something that belongs to it: another password has another one. */
  get verifierKey(): string {
    return this.#verifier.storedKey.toString("base64");
  }

  /** Takes a password as it is, as protocols without SCRAM carry it. `undefined`: it is wrong, or there is no such user; both take as long. */
  async password(password: string): Promise<Principal | undefined> {
    const { iterations, salt, storedKey } = this.#verifier;
    const derived = await deriveVerifier(password, { iterations, salt });
    const matches = timingSafeEqual(derived.storedKey, storedKey);
    return matches && this.#genuine ? this.#principal() : undefined;
  }

  /** For a client that has proven by other means to know the password of `verifierKey`. */
  proven(): Principal | undefined {
    return this.#genuine ? this.#principal() : undefined;
  }

  #withPrincipal(step: ScramStep): LoginStep {
    if (step.kind !== "done") return step;
    const principal = this.#principal();
    return principal === undefined ? { kind: "refused" } : { ...step, principal };
  }
}
