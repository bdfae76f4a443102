/** The certificate of a port that the proxy listens on. */
import { createSecureContext } from "node:tls";
import { filledText } from "../fields.ts";
import type { SectionReader } from "../section-reader.ts";
import { errorMessage } from "../system-error.ts";
import type { YamlPath } from "../yaml-document.ts";

export const certificateKeys = {
  cert: filledText.describe("Certificate chain, a PEM file."),
  key: filledText.describe("Private key of the certificate, a PEM file that others must not be able to read."),
};

/** PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** `undefined` where there is none, or it cannot be used, which is told then. */
export function readCertificate(
  at: YamlPath,
  files: { readonly cert: string; readonly key: string } | undefined,
  reader: SectionReader,
): Certificate | undefined {
  if (files === undefined) return undefined;
  const cert = reader.readFile([...at, "cert"], files.cert);
  const key = reader.readFile([...at, "key"], files.key);
  if (cert === undefined || key === undefined) return undefined;
  reader.warnIfExposed(files.key, "the private key");
  try {
    createSecureContext({ cert, key });
  } catch (error) {
    reader.fail(
      at,
      `certificate and key cannot be used: ${errorMessage(error)}`,
      "`cert` is a PEM chain, `key` the PEM key that belongs to its first certificate",
    );
  }
  return { cert, key };
}
