import { createSecretKey, type KeyObject } from "node:crypto";
import { z } from "zod";
import { filledText } from "../fields.ts";
import { decodeBase64 } from "../../identity/scram-verifier.ts";
import type { SectionReader } from "../section-reader.ts";

export const tokensSection = z
  .strictObject({
    key_id: filledText.max(100).describe("A name for the key, for the log: tokens of two keys differ."),
    key_file: filledText.describe(
      "File that holds the key, at least 32 random bytes in base64, and that only the proxy's own account may read.",
    ),
  })
  .optional()
  .describe("With what the mask `token()` is made. Left out, columns that it masks are not shown.");

/** With which tokens are made. */
export interface TokensConfig {
  readonly keyId: string;
  readonly key: KeyObject;
}

const tokenKeyBytesMin = 32;

export function readTokens(tokens: z.output<typeof tokensSection>, reader: SectionReader): TokensConfig | undefined {
  if (tokens === undefined) return undefined;
  const at = ["tokens", "key_file"] as const;
  const text = reader.readFile(at, tokens.key_file);
  if (text === undefined) return undefined;
  reader.failIfExposed(at, tokens.key_file, "undo tokens by trying values");
  const key = decodeBase64(text.trim());
  if (key === undefined || key.length < tokenKeyBytesMin) {
    reader.fail(
      at,
      `the key file does not hold ${tokenKeyBytesMin} bytes or more in base64`,
      "make one: (umask 077; openssl rand -base64 32 > token.key)",
    );
    return undefined;
  }
  return { keyId: tokens.key_id, key: createSecretKey(key) };
}
