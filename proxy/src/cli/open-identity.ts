import type { Logger } from "pino";
import type { IdentityConfig } from "../config/sections/identity.ts";
import type { KeySetEvent } from "../identity/jwt/key-set.ts";
import { TokenVerifier } from "../identity/jwt/token-verifier.ts";
import { TokenLogins } from "../identity/token-logins.ts";

/** Fetches the keys of all issuers. One that does not answer is reported, and asked again when a token of it comes. */
export async function openTokenLogins(
  config: IdentityConfig | undefined,
  log: Logger,
): Promise<TokenLogins | undefined> {
  if (config === undefined || config.issuers.length === 0) return undefined;
  const { issuers, tokenUsers, tokenBytesMax, clockSkewMs } = config;
  const report = (event: KeySetEvent & { readonly issuer: string }) => logKeys(event, log);
  const verifier = new TokenVerifier({ issuers, tokenBytesMax, clockSkewMs, report });
  await verifier.open();
  return new TokenLogins(tokenUsers, verifier);
}

function logKeys(event: KeySetEvent & { readonly issuer: string }, log: Logger): void {
  const { issuer } = event;
  switch (event.kind) {
    case "reachable":
      log.info({ issuer, keys: event.keys }, "fetched an issuer's keys");
      return;
    case "unreachable": {
      const { problem, untilMs } = event;
      if (untilMs === undefined)
        log.error({ issuer, problem }, "an issuer's keys cannot be fetched: its tokens are refused until they can");
      else {
        const usedUntil = new Date(untilMs).toISOString();
        log.warn(
          { issuer, problem, usedUntil },
          "an issuer's keys cannot be fetched: those that are known stay in use",
        );
      }
      return;
    }
    case "expired":
      log.error(
        { issuer, problem: event.problem },
        "an issuer's keys could not be fetched for too long (`outage_seconds`): its tokens are refused until they can",
      );
      return;
    default:
      event satisfies never;
  }
}
