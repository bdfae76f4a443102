/** TLS of connections that the proxy makes to databases. */
import { isIP } from "node:net";
import type { ConnectionOptions } from "node:tls";
import { z } from "zod";
import { filledText } from "../fields.ts";
import { isThisMachine, type SectionReader } from "../section-reader.ts";
import type { YamlPath } from "../yaml-document.ts";

const tlsModes = ["disable", "require", "verify-ca", "verify-full"] as const;

export const upstreamTls = z
  .strictObject({
    mode: z
      .enum(tlsModes)
      .default("verify-full")
      .describe(
        "As libpq's sslmode: `disable`, `require` (encrypts, trusts whoever answers), `verify-ca`, `verify-full`.",
      ),
    ca: filledText.optional().describe("Certificates to trust instead of the system's, a PEM file."),
  })
  .optional()
  .describe(
    "TLS towards the server. Left out, it is `mode: verify-full` for every host but this machine itself, where it is `mode: disable`.",
  );

interface RawServer {
  readonly host: string;
  readonly tls?: z.output<typeof upstreamTls>;
}

type TlsMode = (typeof tlsModes)[number];

export function tlsModeOf({ host, tls }: RawServer): TlsMode {
  return tls?.mode ?? (isThisMachine(host) ? "disable" : "verify-full");
}

/** @param at of the server's keys. `undefined` for none */
export function readUpstreamTls(raw: RawServer, at: YamlPath, reader: SectionReader): ConnectionOptions | undefined {
  const caFile = raw.tls?.ca;
  const ca = caFile === undefined ? undefined : reader.readFile([...at, "tls", "ca"], caFile);
  const trust = ca === undefined ? {} : { ca };
  const settings: Readonly<Record<TlsMode, ConnectionOptions | undefined>> = {
    disable: undefined,
    require: { ...trust, rejectUnauthorized: false },
    "verify-ca": { ...trust, rejectUnauthorized: true, checkServerIdentity: () => undefined },
    "verify-full": { ...trust, rejectUnauthorized: true, ...(isIP(raw.host) === 0 ? { servername: raw.host } : {}) },
  };
  return settings[tlsModeOf(raw)];
}
