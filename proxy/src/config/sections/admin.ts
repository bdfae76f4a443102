import { z } from "zod";
import type { Permissions } from "../../admin/admin-host.ts";
import { filledText } from "../fields.ts";
import { isThisMachine, type SectionReader } from "../section-reader.ts";
import { type Certificate, certificateKeys, readCertificate } from "./certificate.ts";

const groups = z.array(filledText).default([]);

export const adminSection = z
  .strictObject({
    host: filledText.default("127.0.0.1").describe("Address to listen on."),
    port: z.int().min(0).max(65_535).default(6480).describe("TCP port; 0 for any free one, which the log then names."),
    tls: z
      .strictObject(certificateKeys)
      .optional()
      .describe("TLS for the API. Without it, tokens travel in the clear."),
    tokens: filledText.describe(
      "The file of API tokens, which `policy-proxy api-token add` writes; one that is not there has none.",
    ),
    allow: z
      .strictObject({
        sessions: groups.describe("Who may see sessions and end them."),
        policies: groups.describe(
          "Who may see which policies are in force, and have them and the configuration read again.",
        ),
        bundles: groups.describe("Who may put a signed bundle in force."),
        targets: groups.describe("Who may see the state of targets."),
        tokens: groups.describe("Who may have tokens minted for agents that act for them (`identity.mint`)."),
        audit: groups.describe("Who may search the audit log: it holds the text of everybody's statements."),
      })
      .prefault({})
      .describe(
        "Groups of users, by what they may do. Left out, nobody may. Approvals are not among it: rules name who may answer.",
      ),
    metrics: z
      .enum(["open", "token"])
      .default("open")
      .describe("Whether `/metrics` is for whoever can reach the port, or for whoever has a token."),
  })
  .optional()
  .describe("The HTTP API, with health and metrics. Left out, there is none.");

export interface AdminConfig {
  readonly host: string;
  readonly port: number;
  readonly tls: Certificate | undefined;
  readonly tokensFile: string;
  readonly permissions: Permissions;
  readonly openMetrics: boolean;
}

export function readAdmin(raw: z.output<typeof adminSection>, reader: SectionReader): AdminConfig | undefined {
  if (raw === undefined) return undefined;
  if (raw.tls === undefined && !isThisMachine(raw.host)) {
    reader.fail(
      ["admin", "host"],
      `tokens would travel in the clear to ${raw.host}`,
      "give `admin.tls`, or listen on 127.0.0.1",
    );
  }
  const { host, port, allow: permissions } = raw;
  const tls = readCertificate(["admin", "tls"], raw.tls, reader);
  return { host, port, tls, tokensFile: reader.path(raw.tokens), permissions, openMetrics: raw.metrics === "open" };
}
