import type { Principal } from "@penstock/engine";
import {
  type ScramChannel,
  ScramExchange,
  scramMechanisms,
  type ScramMechanism,
  type ScramStep,
} from "./scram-server.ts";
import type { ScramVerifier } from "./scram-verifier.ts";

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

  #withPrincipal(step: ScramStep): LoginStep {
    if (step.kind !== "done") return step;
    const principal = this.#principal();
    return principal === undefined ? { kind: "refused" } : { ...step, principal };
  }
}
