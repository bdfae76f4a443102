import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import type { ProxyLimits } from "../limits.ts";
import type { WebhookConfig } from "../approvals/links.ts";
import { ConfigPrint } from "./config-print.ts";
import type { ConfigProblem } from "./problem.ts";
import { configSchema, type RawConfig } from "./schema.ts";
import { SectionReader } from "./section-reader.ts";
import { type AdminConfig, readAdmin } from "./sections/admin.ts";
import { type ApprovalsConfig, readApprovals, readWebhook } from "./sections/approvals.ts";
import { type AuditConfig, readAudit } from "./sections/audit.ts";
import { type IdentityConfig, readIdentity } from "./sections/identity.ts";
import { toLimits } from "./sections/limits.ts";
import { type ListenConfig, readListen } from "./sections/listen.ts";
import { type PoliciesConfig, readPolicies } from "./sections/policies.ts";
import { readStore, type StoreConfig } from "./sections/store.ts";
import { readTargets, type TargetConfig } from "./sections/targets.ts";
import { readTokens, type TokensConfig } from "./sections/tokens.ts";
import { cannotRead, errorCode } from "./system-error.ts";
import { readYaml } from "./yaml-document.ts";

/** The configuration with paths made absolute and secrets read. Never printed: it holds passwords. */
export interface ProxyConfig {
  readonly listen: ListenConfig;
  readonly targets: readonly TargetConfig[];
  readonly usersFile: string;
  /** `undefined` where only users of the users file connect. */
  readonly identity: IdentityConfig | undefined;
  readonly policies: PoliciesConfig;
  /** Those that only tell what would be different; `undefined` where there are none. */
  readonly shadowPolicies: PoliciesConfig | undefined;
  readonly audit: AuditConfig;
  /** `undefined` where nobody is asked for approval. */
  readonly store: StoreConfig | undefined;
  readonly approvals: ApprovalsConfig;
  /** `undefined` where nobody is told of requests. */
  readonly webhook: WebhookConfig | undefined;
  /** `undefined` where no tokens are made. */
  readonly tokens: TokensConfig | undefined;
  /** `undefined` where there is no HTTP API. */
  readonly admin: AdminConfig | undefined;
  readonly catalogRefreshMs: number;
  /** `undefined` where names are remembered by the process only. */
  readonly namesFolder: string | undefined;
  readonly log: RawConfig["log"];
  readonly limits: Partial<ProxyLimits>;
  /** What is allowed and unwise, for the log. */
  readonly warnings: readonly string[];
  /** Processes that have the clients' sessions; 1: the one that reads this. */
  readonly workers: number;
  /** By which it is told from another reading. */
  readonly print: ConfigPrint;
  /** Of the file. Never printed: it may hold passwords. */
  readonly text: string;
}

export type ConfigResult =
  | { readonly ok: true; readonly config: ProxyConfig }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] };

/** Reads and checks `penstock.yaml` and the files and variables that it names; reports all mistakes at once. Never throws. */
export function loadConfig(file: string, environment: NodeJS.ProcessEnv): ConfigResult {
  return readWith(file, environment, readConfig);
}

/** As `loadConfig`, where somebody has read the file. @param file that paths are relative to */
export function parseConfig(file: string, text: string, environment: NodeJS.ProcessEnv): ConfigResult {
  return parseWith(file, text, environment, readConfig);
}

/** Of a configuration what answering requests needs: nothing else that it names is read, and so no other secret need be at hand. */
export interface AnsweringConfig extends Pick<ProxyConfig, "approvals" | "limits" | "usersFile"> {
  readonly store: StoreConfig | undefined;
}

export type AnsweringConfigResult =
  | { readonly ok: true; readonly config: AnsweringConfig }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] };

/** As `loadConfig`. */
export function loadAnsweringConfig(file: string, environment: NodeJS.ProcessEnv): AnsweringConfigResult {
  return readWith(file, environment, ({ users, store, approvals, limits }, reader) => ({
    usersFile: reader.path(users),
    store: readStore(store, reader),
    approvals: readApprovals(approvals),
    limits: toLimits(limits),
  }));
}

/** Of a configuration what minting tokens needs. */
export type MintingConfig = Pick<ProxyConfig, "identity" | "usersFile">;

/** As `loadConfig`; no login of a target need be at hand. */
export function loadMintingConfig(
  file: string,
  environment: NodeJS.ProcessEnv,
):
  | { readonly ok: true; readonly config: MintingConfig }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] } {
  return readWith(file, environment, ({ users, identity, listen }, reader) => ({
    usersFile: reader.path(users),
    identity: readIdentity(identity, listen.tls !== undefined, reader),
  }));
}

function readWith<T>(
  file: string,
  environment: NodeJS.ProcessEnv,
  make: (raw: RawConfig, reader: SectionReader, text: string) => T,
): { readonly ok: true; readonly config: T } | { readonly ok: false; readonly problems: readonly ConfigProblem[] } {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    return unreadable(file, error);
  }
  return parseWith(file, text, environment, make);
}

function parseWith<T>(
  file: string,
  text: string,
  environment: NodeJS.ProcessEnv,
  make: (raw: RawConfig, reader: SectionReader, text: string) => T,
): { readonly ok: true; readonly config: T } | { readonly ok: false; readonly problems: readonly ConfigProblem[] } {
  const read = readYaml(file, text, configSchema);
  if (!read.ok) return read;
  const reader = new SectionReader(file, read.document, environment, new ConfigPrint(text, read.value));
  const config = make(read.value, reader, text);
  return reader.problems.length === 0 ? { ok: true, config } : { ok: false, problems: reader.problems };
}

function unreadable(file: string, error: unknown): Extract<ConfigResult, { readonly ok: false }> {
  const help = errorCode(error) === "ENOENT" ? "start from the example in docs/configuration.md" : undefined;
  return { ok: false, problems: [{ file, line: undefined, column: undefined, message: cannotRead(error), help }] };
}

/** The second pass, over a text that has the right shape: what its values name must exist and fit together. */
function readConfig(raw: RawConfig, reader: SectionReader, text: string): ProxyConfig {
  const optionalPath = (file: string | undefined) => (file === undefined ? undefined : reader.path(file));
  const policies = readPolicies(raw.policies, reader);
  const store = readStore(raw.store, reader);
  return {
    listen: readListen(raw.listen, reader),
    targets: readTargets(raw.targets, reader),
    usersFile: reader.path(raw.users),
    identity: readIdentity(raw.identity, raw.listen.tls !== undefined, reader),
    policies: policies.inForce,
    shadowPolicies: policies.shadow,
    audit: readAudit(raw.audit, store, reader),
    store,
    approvals: readApprovals(raw.approvals),
    webhook: readWebhook(raw.approvals.webhook, raw.admin !== undefined, reader),
    tokens: readTokens(raw.tokens, reader),
    admin: readAdmin(raw.admin, reader),
    catalogRefreshMs: raw.catalog.refresh_seconds * 1000,
    namesFolder: optionalPath(raw.catalog.names),
    log: raw.log,
    limits: toLimits(raw.limits),
    warnings: reader.warnings,
    workers: raw.workers === "auto" ? availableParallelism() : raw.workers,
    print: reader.print,
    text,
  };
}
