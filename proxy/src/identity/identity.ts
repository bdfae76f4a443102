import type { Principal } from "@penstock/engine";

/** Who has logged in, and until when that holds. */
export interface Identity {
  readonly principal: Principal;
  /** `undefined` where it holds for as long as the session. */
  readonly expiry: Expiry | undefined;
  /** Where it comes from, for the record of the login: nothing secret, as JSON. `undefined` for users of the users file. */
  readonly origin: Readonly<Record<string, unknown>> | undefined;
}

/** From when on no further statement is run. */
export interface Expiry {
  /** As Date.now(). */
  readonly atMs: number;
  readonly of: "token" | "certificate";
}

/** Of somebody of the users file. */
export function lastingIdentity(principal: Principal): Identity {
  return { principal, expiry: undefined, origin: undefined };
}
