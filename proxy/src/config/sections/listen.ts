import { createSecureContext } from "node:tls";
import { z } from "zod";
import { filledText } from "../fields.ts";
import { isThisMachine, type SectionReader } from "../section-reader.ts";
import { errorMessage } from "../system-error.ts";

const clientTls = z
  .strictObject({
    cert: filledText.describe("Certificate chain, a PEM file."),
    key: filledText.describe("Private key of the certificate, a PEM file that others must not be able to read."),
    required: z.boolean().default(true).describe("Refuse clients that do not ask for TLS."),
  })
  .optional()
  .describe("TLS towards clients. Without it, what clients send and receive travels in the clear.");

export const listenSection = z
  .strictObject({
    host: filledText.default("127.0.0.1").describe("Address to listen on; `0.0.0.0` or `::` for all."),
    port: z
      .int()
      .min(0)
      .max(65_535)
      .default(6432)
      .describe("TCP port for clients of PostgreSQL targets; 0 for any free one, which the log then names."),
    mysql_port: z
      .int()
      .min(0)
      .max(65_535)
      .default(6433)
      .describe("TCP port for clients of MySQL and MariaDB targets, where there are any; 0 for any free one."),
    tls: clientTls,
  })
  .prefault({})
  .describe("Where clients connect.");

export interface ListenConfig {
  readonly host: string;
  readonly port: number;
  readonly mysqlPort: number;
  readonly tls: { readonly cert: string; readonly key: string; readonly required: boolean } | undefined;
}

export function readListen(raw: z.output<typeof listenSection>, reader: SectionReader): ListenConfig {
  if (raw.tls === undefined && !isThisMachine(raw.host)) {
    reader.warnings.push(`listening on ${raw.host} without \`listen.tls\`: statements and results travel in the clear`);
  }
  return { host: raw.host, port: raw.port, mysqlPort: raw.mysql_port, tls: readTls(raw.tls, reader) };
}

function readTls(tls: z.output<typeof clientTls>, reader: SectionReader): ListenConfig["tls"] {
  if (tls === undefined) return undefined;
  const cert = reader.readFile(["listen", "tls", "cert"], tls.cert);
  const key = reader.readFile(["listen", "tls", "key"], tls.key);
  if (cert === undefined || key === undefined) return undefined;
  reader.warnIfExposed(tls.key, "the private key");
  try {
    createSecureContext({ cert, key });
  } catch (error) {
    reader.fail(
      ["listen", "tls"],
      `certificate and key cannot be used: ${errorMessage(error)}`,
      "`cert` is a PEM chain, `key` the PEM key that belongs to its first certificate",
    );
  }
  return { cert, key, required: tls.required };
}
