import { readFileSync } from "node:fs";
import type { Logger } from "pino";
import type { ProxyConfig } from "../config/load-config.ts";
import type { IdentityConfig } from "../config/sections/identity.ts";
import type { KeySetEvent } from "../identity/jwt/key-set.ts";
import { mintIssuer } from "../identity/mint/mint-token.ts";
import type { TokenUses } from "../identity/jwt/used-tokens.ts";
import { TokenVerifier } from "../identity/jwt/token-verifier.ts";
import { CertificateLogins } from "../identity/certificate/certificate-logins.ts";
import type { ProxyServer, TlsOptions } from "../proxy-server-options.ts";
import { type FileWatch, watchFiles } from "@penstock/engine";
import { errorMessage } from "../config/system-error.ts";
import { TokenLogins } from "../identity/token-logins.ts";

const crlPollMs = 5_000;

/**
 * Fetches the keys of all issuers. One that does not answer is reported, and asked again when a token of it comes.
 * @param used tokens that have logged in once
 * @param before whose place it takes
 */
export async function openTokenLogins(
  config: IdentityConfig | undefined,
  log: Logger,
  used: TokenUses,
  before?: TokenLogins,
): Promise<TokenLogins | undefined> {
  if (config === undefined) return undefined;
  const issuers = [...config.issuers, ...(config.mint === undefined ? [] : [await mintIssuer(config.mint)])];
  if (issuers.length === 0) return undefined;
  const { tokenUsers, tokenBytesMax, clockSkewMs } = config;
  const report = (event: KeySetEvent & { readonly issuer: string }) => logKeys(event, log);
  const verifier = new TokenVerifier({ issuers, tokenBytesMax, clockSkewMs, report, used }, before?.verifier);
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

/** With what is in the files now. Throws where a list of revoked certificates cannot be read. */
export function tlsOptions({ listen, identity }: Pick<ProxyConfig, "listen" | "identity">): TlsOptions | undefined {
  if (listen.tls === undefined) return undefined;
  const { cert, key } = listen.tls;
  if (identity?.certificates === undefined) return { cert, key };
  const { ca, crlFile } = identity.certificates;
  return { cert, key, clientCa: ca, ...(crlFile === undefined ? {} : { clientCrl: readFileSync(crlFile) }) };
}

/** Follows the list of revoked certificates. */
export function watchRevoked(config: () => ProxyConfig, server: ProxyServer, log: Logger): FileWatch | undefined {
  const file = config().identity?.certificates?.crlFile;
  if (file === undefined) return undefined;
  return watchFiles([file], crlPollMs, () => {
    try {
      const tls = tlsOptions(config());
      if (tls !== undefined) server.setTls(tls);
      log.info({ file }, "read the list of revoked certificates again");
    } catch (error) {
      const report = errorMessage(error);
      log.error({ file, report }, "the list of revoked certificates cannot be used: the one before stays");
    }
  });
}

export function certificateLogins(config: IdentityConfig | undefined): CertificateLogins | undefined {
  if (config?.certificates === undefined) return undefined;
  return new CertificateLogins(config.certificates.rules, config.certificates.isRequired);
}
