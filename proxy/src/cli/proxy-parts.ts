/** What a running proxy is made of. What is not readonly is replaced when its configuration changes. */
import { type FileWatch, watchFiles } from "@penstock/engine";
import type { Logger } from "pino";
import type { AdminSettings, RunningAdmin } from "../admin/running-admin.ts";
import type { WebhookConfig } from "../approvals/links.ts";
import { Webhook } from "../approvals/webhook.ts";
import { fileChangeLine } from "../audit/audit-records.ts";
import { changesBetween } from "../audit/file-changes.ts";
import type { ProxyConfig } from "../config/load-config.ts";
import { formatProblems } from "../config/problem.ts";
import type { TokenUses } from "../identity/jwt/used-tokens.ts";
import type { TokenLogins } from "../identity/token-logins.ts";
import type { UserStore } from "../identity/user-store.ts";
import { proxyLimits } from "../limits.ts";
import type { ProxyServer } from "../proxy-server-options.ts";
import type { Store } from "../store/store.ts";
import type { ConfiguredTargets } from "../targets/configured-targets.ts";
import type { Crew } from "../workers/crew.ts";
import type { Listeners } from "./listeners.ts";
import { logTargetState } from "./log-events.ts";
import type { OpenAudit } from "./open-audit.ts";
import type { Renames } from "./renames.ts";
import type { RunningPolicies } from "./running-policies.ts";

export interface ProxyParts {
  /** Path of the configuration. */
  readonly file: string;
  /** With which the process began: what only a restart changes is there. */
  readonly started: ProxyConfig;
  /** In force. */
  config: ProxyConfig;
  readonly log: Logger;
  /** Of what is changed in the proxy itself; a worker leaves that to the first process. */
  readonly audit: OpenAudit;
  readonly users: UserStore;
  readonly targets: ConfiguredTargets;
  readonly store: Store | undefined;
  readonly server: ProxyServer;
  readonly listeners: Listeners;
  readonly policies: RunningPolicies;
  readonly renames: Pick<Renames, "tell">;
  readonly admin: RunningAdmin | undefined;
  webhook: Webhook | undefined;
  tokens: TokenLogins | undefined;
  readonly usedTokens: TokenUses;
  /** Other processes, which have the sessions; `undefined` where this one has. */
  readonly crew: Crew | undefined;
  usersWatch: FileWatch | undefined;
  crlWatch: FileWatch | undefined;
}

export function openWebhook(config: WebhookConfig | undefined, log: Logger): Webhook | undefined {
  if (config === undefined) return undefined;
  return new Webhook(config, (problem) => log.warn({ report: problem }, "a webhook was not delivered"));
}

/** Of a configuration that has the API. */
export function adminSettings({ admin, limits, approvals, webhook, identity }: ProxyConfig): AdminSettings | undefined {
  if (admin === undefined) return undefined;
  return {
    config: admin,
    limits: { ...proxyLimits, ...limits },
    approvalRules: approvals,
    links: webhook,
    mint: identity?.mint,
  };
}

type UserParts = Pick<ProxyParts, "users" | "log" | "audit" | "crew">;

/** Records what has become of users. @param change reads them */
export function recordingUsers<T>({ users, audit }: Pick<UserParts, "users" | "audit">, change: () => T): T {
  const before = [...users.users.byName.values()];
  const result = change();
  const now = [...users.users.byName.values()];
  const changes = changesBetween(before, now, ["id", "kind", "groups", "claims", "onBehalfOf", "verifier"]);
  if (changes !== undefined) audit.append(fileChangeLine("users", users.file, changes));
  return result;
}

export function reloadUsers(parts: UserParts): void {
  const { users, log } = parts;
  const result = recordingUsers(parts, () => users.load());
  if (result.ok) {
    parts.crew?.users();
    log.info({ users: users.count }, "read the users file again");
    for (const warning of result.warnings) log.warn(warning);
  } else {
    log.error(
      { report: formatProblems(result.problems) },
      "the changed users file has mistakes: the users before stay",
    );
  }
}

/** How often the users file is looked at, besides what the system tells. */
const usersPollMs = 5000;

export function watchUsers(parts: UserParts): FileWatch {
  return watchFiles([parts.users.file], usersPollMs, () => reloadUsers(parts));
}

/** Reads schemas as often as the configuration says, from now on. */
export function refreshCatalogs({ targets, config, log }: Pick<ProxyParts, "targets" | "config" | "log">): void {
  targets.startRefreshing(config.catalogRefreshMs, (explanation) =>
    log.warn({ report: explanation }, "a catalog could not be read again: the old one stays in use"),
  );
}

/** Asks targets whether they answer, from now on. */
export function startAsking(parts: ProxyParts): void {
  const { targets, server, log } = parts;
  targets.startAsking(
    () => parts.config.limits.upstreamConnectMs ?? proxyLimits.upstreamConnectMs,
    (state) => logTargetState(state, log),
    (target) => server.endSilent(target),
  );
}

/** Of all targets: it is asked when a schema or the policies have changed, which is rare. */
export function tellRenames({
  targets,
  renames,
  policies,
}: Pick<ProxyParts, "targets" | "renames" | "policies">): void {
  for (const { name, catalog } of targets.all) renames.tell(name, catalog.current(), policies.enforcer);
}
