import { z } from "zod";
import { filledText } from "../fields.ts";
import { isThisMachine, type SectionReader } from "../section-reader.ts";
import { type Certificate, certificateKeys, readCertificate } from "./certificate.ts";

const clientTls = z
  .strictObject({
    ...certificateKeys,
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
  readonly tls: (Certificate & { readonly required: boolean }) | undefined;
}

export function readListen(raw: z.output<typeof listenSection>, reader: SectionReader): ListenConfig {
  if (raw.tls === undefined && !isThisMachine(raw.host)) {
    reader.warnings.push(`listening on ${raw.host} without \`listen.tls\`: statements and results travel in the clear`);
  }
  const certificate = readCertificate(["listen", "tls"], raw.tls, reader);
  const tls = certificate === undefined ? undefined : { ...certificate, required: raw.tls?.required ?? true };
  return { host: raw.host, port: raw.port, mysqlPort: raw.mysql_port, tls };
}
