import { z } from "zod";
import { filledText } from "../fields.ts";
import type { TokenIssuer } from "../../identity/jwt/token-issuer.ts";
import type { SectionReader } from "../section-reader.ts";
import { type CertificatesConfig, clientCertificatesSection, readClientCertificates } from "./client-certificates.ts";
import { type MintConfig, mintSection, readMint } from "./mint.ts";
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
    certificates: clientCertificatesSection,
    mint: mintSection,
  })
  .optional()
  .describe("Who may connect besides the users of the users file. Needs `listen.tls`.");

/** Who may connect besides the users of the users file. */
export interface IdentityConfig {
  readonly tokenUsers: readonly string[];
  readonly tokenBytesMax: number;
  readonly clockSkewMs: number;
  readonly issuers: readonly TokenIssuer[];
  readonly certificates: CertificatesConfig | undefined;
  readonly mint: MintConfig | undefined;
  /** User names that say how a client logs in, and so belong to nobody. */
  readonly reservedUsers: readonly string[];
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
  const certificates = readClientCertificates(raw.certificates, reader);
  const byCertificate = (certificates?.rules ?? []).filter(({ withPassword }) => !withPassword).map(({ user }) => user);
  for (const user of new Set(byCertificate)) {
    if (raw.token_users.includes(user))
      reader.fail(["identity", "token_users"], `has \`${user}\`, which is a \`user\` of \`certificates.map\` too`);
  }
  for (const [index, { withPassword, user }] of (certificates?.rules ?? []).entries()) {
    if (withPassword && (byCertificate.includes(user) || raw.token_users.includes(user))) {
      reader.fail(
        ["identity", "certificates", "map", index, "user"],
        "must be a user of the users file, for its password",
      );
    }
  }
  const mint = readMint(raw.mint, reader);
  if (mint !== undefined && raw.issuers.some(({ issuer }) => issuer === mint.name))
    reader.fail(["identity", "mint", "name"], "is the name of one of `issuers` too");
  return {
    tokenUsers: raw.token_users,
    certificates,
    mint,
    reservedUsers: [...raw.token_users, ...new Set(byCertificate)],
    tokenBytesMax: raw.token_bytes,
    clockSkewMs: raw.clock_skew_seconds * 1000,
    issuers: readTokenIssuers(raw.issuers, reader),
  };
}
