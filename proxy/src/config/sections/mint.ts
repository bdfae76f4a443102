/** `identity.mint`: the key with which `policy-proxy token` makes tokens for agents. */
import { createPrivateKey } from "node:crypto";
import { z } from "zod";
import { filledText } from "../fields.ts";
import type { Mint } from "../../identity/mint/mint-token.ts";
import type { SectionReader } from "../section-reader.ts";
import { errorMessage } from "../system-error.ts";

export const mintSection = z
  .strictObject({
    key_file: filledText.describe(
      "Private key, Ed25519 in PEM (`policy keygen` makes one), that only the proxy's own account may read: who can read it can mint tokens.",
    ),
    record: filledText.describe(
      "File to which each minted token is added before it is given out: a line of JSON, without the token.",
    ),
    max_ttl_seconds: z
      .int()
      .min(60)
      .max(86_400)
      .default(3600)
      .describe("Longest time for which a token is minted, and taken."),
    name: filledText
      .default("penstock")
      .describe("`iss` and `aud` of these tokens. Proxies with the same key and name take each other's."),
  })
  .optional()
  .describe("Tokens for agents, made by `policy-proxy token`. Left out, none are made or taken.");

export interface MintConfig extends Mint {
  /** Absolute path. */
  readonly record: string;
}

export function readMint(raw: z.output<typeof mintSection>, reader: SectionReader): MintConfig | undefined {
  if (raw === undefined) return undefined;
  const at = ["identity", "mint", "key_file"] as const;
  const pem = reader.readFile(at, raw.key_file);
  if (pem === undefined) return undefined;
  reader.failIfExposed(at, raw.key_file, "mint tokens");
  try {
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType !== "ed25519") throw new Error("it is of another kind than Ed25519");
    return { name: raw.name, key, lifetimeMsMax: raw.max_ttl_seconds * 1000, record: reader.path(raw.record) };
  } catch (error) {
    reader.fail(
      at,
      `the key file is no private key to sign with: ${errorMessage(error)}`,
      "make a pair: npx policy keygen --output mint",
    );
    return undefined;
  }
}
