import { z } from "zod";
import { filledText } from "../fields.ts";
import type { TokenIssuer } from "../../identity/jwt/token-issuer.ts";
import type { SectionReader } from "../section-reader.ts";
import { readTokenIssuers, tokenIssuersSection } from "./token-issuers.ts";

export const identitySection = z
  .strictObject({
    token_users: z
      .array(filledText.max(63))
      .min(1)
      .default(["token"])
      .describe(
        "The user names under which clients log in with a token as their password. Who they are, the token says. No user of the users file may have one of them.",
      ),
    token_bytes: z.int().min(256).max(65_536).default(8192).describe("The longest token that is read."),
    clock_skew_seconds: z
      .int()
      .min(0)
      .max(300)
      .default(30)
      .describe("By how much the clocks of issuers may differ from this one's."),
    issuers: tokenIssuersSection,
  })
  .optional()
  .describe("Who may connect besides the users of the users file. Needs `listen.tls`.");

/** Who may connect besides the users of the users file. */
export interface IdentityConfig {
  readonly tokenUsers: readonly string[];
  readonly tokenBytesMax: number;
  readonly clockSkewMs: number;
  readonly issuers: readonly TokenIssuer[];
}

export function readIdentity(
  raw: z.output<typeof identitySection>,
  hasTls: boolean,
  reader: SectionReader,
): IdentityConfig | undefined {
  if (raw === undefined) return undefined;
  if (!hasTls) {
    reader.fail(
      ["identity"],
      "needs `listen.tls`: tokens and certificates are taken over encrypted connections only",
      "set `listen.tls.cert` and `listen.tls.key`",
    );
  }
  return {
    tokenUsers: raw.token_users,
    tokenBytesMax: raw.token_bytes,
    clockSkewMs: raw.clock_skew_seconds * 1000,
    issuers: readTokenIssuers(raw.issuers, reader),
  };
}
