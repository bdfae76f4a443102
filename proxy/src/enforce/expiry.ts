/**
 * A login that has ended while its session goes on: what is open can be ended, in either way, and nothing else runs. The connection stays, so
 * that the client hears why.
 */
import type { Expiry } from "../identity/identity.ts";
import { newTokenHint } from "../identity/token-logins.ts";
import type { StatementPlan } from "./plan.ts";
import type { Refusal } from "./session-rules.ts";

const endings: ReadonlySet<string> = new Set(["commit", "rollback", "rollback_to"]);

export function hasExpired(expiry: Expiry | undefined): boolean {
  return expiry !== undefined && Date.now() >= expiry.atMs;
}

/**
 * Why a text must not run now; `undefined` where it may. Where there is no statement in it, it is refused too: so pools that try a connection
 * with an empty one throw it away.
 */
export function expiredRefusal(expiry: Expiry | undefined, plans: readonly StatementPlan[]): Refusal | undefined {
  if (expiry === undefined || !hasExpired(expiry)) return undefined;
  if (plans.length > 0 && plans.every(({ facts: { session } }) => endings.has(session?.kind ?? ""))) return undefined;
  const renew = expiry.of === "token" ? newTokenHint : "connect again with a certificate that is valid";
  return {
    sqlstate: "28000",
    message: `the ${expiry.of} that you logged in with has expired at ${new Date(expiry.atMs).toISOString()}: the statement was not run`,
    hint: `${renew}; an open transaction can be ended before, by COMMIT or ROLLBACK`,
    code: "login_expired",
  };
}
