/**
 * The keys of `penstock.yaml`; each section with more than a few of them is a file in `sections/`, with what is made of it. The
 * descriptions are the reference in docs/configuration.md (a test keeps them the same).
 */
import { z } from "zod";
import { filledText } from "./fields.ts";
import { adminSection } from "./sections/admin.ts";
import { approvalsSection } from "./sections/approvals.ts";
import { auditSection } from "./sections/audit.ts";
import { identitySection } from "./sections/identity.ts";
import { limitsSection } from "./sections/limits.ts";
import { listenSection } from "./sections/listen.ts";
import { policiesSection } from "./sections/policies.ts";
import { storeSection } from "./sections/store.ts";
import { targetsSection } from "./sections/targets.ts";
import { tokensSection } from "./sections/tokens.ts";

const file = filledText.describe("A path, relative to this file's folder.");

export const configSchema = z.strictObject({
  listen: listenSection,
  targets: targetsSection,
  users: file.describe(
    "The users file: who may connect. `policy-proxy user add` writes it. A path relative to this file's folder, as all paths here.",
  ),
  identity: identitySection,
  policies: policiesSection,
  audit: auditSection,
  catalog: z
    .strictObject({
      refresh_seconds: z
        .int()
        .min(1)
        .max(86_400)
        .default(60)
        .describe(
          "How often the schema of each target is read again. After DDL that went through the proxy it is read at once.",
        ),
      names: filledText
        .optional()
        .describe(
          "Folder that keeps the names under which tables and columns were seen, so that what was renamed stays protected under the name that policies give it when the proxy has been started again. Left out, such names are forgotten with the process.",
        ),
    })
    .prefault({})
    .describe("What the proxy knows of the targets' tables, columns and views."),
  store: storeSection,
  approvals: approvalsSection,
  tokens: tokensSection,
  admin: adminSection,
  log: z
    .strictObject({
      level: z.enum(["debug", "info", "warn", "error"]).default("info").describe("The least severe messages to print."),
      format: z
        .enum(["auto", "json", "pretty"])
        .default("auto")
        .describe("`json` for machines, `pretty` for people; `auto` is `pretty` on a terminal."),
    })
    .prefault({})
    .describe("Messages for the operator, on standard error."),
  limits: limitsSection,
  workers: z
    .union([z.int().min(1).max(256), z.literal("auto")])
    .default(1)
    .describe(
      "Processes among which clients are spread, so that all cores are used; `auto` for as many as there are cores. With 1, the proxy is one process. Limits hold for all of them together.",
    ),
});

export type RawConfig = z.output<typeof configSchema>;
