import { createPrivateKey } from "node:crypto";
import { hostname } from "node:os";
import type { Redaction } from "@penstock/engine";
import { z } from "zod";
import { filledText } from "../fields.ts";
import { type SealKey, sealKey } from "../../audit/chain.ts";
import type { ConfiguredSink } from "../../audit/sinks/audit-sinks.ts";
import type { PostgresAddress } from "../../store/postgres-connection.ts";
import type { SectionReader } from "../section-reader.ts";
import { errorMessage } from "../system-error.ts";
import { auditSinks, isNoFile, readAuditSinks } from "./audit-sinks.ts";
import type { StoreConfig } from "./store.ts";

export const auditSection = z
  .strictObject({
    file: filledText.describe("The audit log, JSON Lines; created if missing. `/dev/stdout` works too."),
    strict: z
      .boolean()
      .default(false)
      .describe(
        "Wait until the record is on disk (fdatasync) before a statement goes upstream. Left out, it is in the operating system's hands by then.",
      ),
    key_file: filledText
      .optional()
      .describe(
        "Private key, Ed25519 in PEM (`policy keygen` makes one), that only the proxy's own account may read. Seals are signed with it; left out, they are not signed.",
      ),
    segment_megabytes: z
      .int()
      .min(1)
      .max(1_000_000)
      .default(256)
      .describe("A file that is larger gets the time into its name, and the next one begins."),
    keep_days: z
      .int()
      .min(1)
      .max(100_000)
      .optional()
      .describe(
        "How long a file that has ended is kept, and longer where a sink has not read it yet. Left out, until somebody removes it.",
      ),
    redact: z
      .strictObject({
        labels: z
          .array(filledText)
          .min(1)
          .describe(
            "Statements that touch columns with these labels, or with labels below them, are recorded with `?` in place of each literal; what cannot be read, by its digest.",
          ),
      })
      .optional()
      .describe("What is left out of records. Values of parameters stand in none in any case."),
    sinks: auditSinks,
    proxy_name: filledText
      .max(200)
      .optional()
      .describe(
        "What this proxy is called where the records of several are searched together (`store.audit_index`). Left out, the machine's name and the path of `file`.",
      ),
  })
  .describe("Where statements are recorded. When the record cannot be written, the statement is refused.");

export interface AuditConfig {
  readonly file: string;
  readonly strict: boolean;
  readonly key: SealKey | undefined;
  readonly segmentBytes: number;
  readonly keepDays: number | undefined;
  /** `undefined` where nothing is left out. */
  readonly redaction: Redaction | undefined;
  readonly sinks: readonly ConfiguredSink[];
  readonly proxyName: string;
  /** The database with the index over all proxies; `undefined` where there is none. */
  readonly sharedIndex: PostgresAddress | undefined;
}

export function readAudit(
  raw: z.output<typeof auditSection>,
  store: StoreConfig | undefined,
  reader: SectionReader,
): AuditConfig {
  const { file, strict, key_file: keyFile, segment_megabytes: megabytes, keep_days: keepDays } = raw;
  const path = reader.path(file);
  const sharedIndex = store?.kind === "postgres" && store.hasAuditIndex ? store : undefined;
  if (sharedIndex !== undefined && isNoFile(path))
    reader.fail(["audit", "file"], "is no regular file, and `store.audit_index` is fed from it");
  return {
    file: path,
    strict,
    key: keyFile === undefined ? undefined : sealKeyOf(keyFile, reader),
    segmentBytes: megabytes * 1e6,
    keepDays,
    redaction: raw.redact,
    sinks: readAuditSinks(raw, reader),
    proxyName: raw.proxy_name ?? `${hostname()}:${path}`,
    sharedIndex,
  };
}

function sealKeyOf(file: string, reader: SectionReader): SealKey | undefined {
  const at = ["audit", "key_file"] as const;
  const pem = reader.readFile(at, file);
  if (pem === undefined) return undefined;
  reader.failIfExposed(at, file, "forge seals");
  try {
    return sealKey(createPrivateKey(pem));
  } catch (error) {
    reader.fail(
      at,
      `the key file is no private key to sign with: ${errorMessage(error)}`,
      "make a pair: npx policy keygen --output audit",
    );
    return undefined;
  }
}
