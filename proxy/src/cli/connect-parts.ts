/** Puts what was opened together to a proxy: who tells whom of what. */
import type { Logger } from "pino";
import type { ReloadOutcome } from "../admin/admin-host.ts";
import type { RunningAdmin } from "../admin/running-admin.ts";
import { ownActivity } from "../enforce/activity.ts";
import type { ProxyConfig } from "../config/load-config.ts";
import type { TokenLogins } from "../identity/token-logins.ts";
import type { UserStore } from "../identity/user-store.ts";
import { createProxyServer } from "../proxy-server.ts";
import type { Store } from "../store/store.ts";
import type { ConfiguredTargets } from "../targets/configured-targets.ts";
import { Listeners } from "./listeners.ts";
import { logProxyEvent } from "./log-events.ts";
import type { OpenAudit } from "./open-audit.ts";
import { certificateLogins, tlsOptions } from "./open-identity.ts";
import { adminSettings, openWebhook, type ProxyParts, tellRenames } from "./proxy-parts.ts";
import { Renames } from "./renames.ts";
import { RunningPolicies, type StartPolicies } from "./running-policies.ts";

/** What can fail, and has not. */
export interface Opened {
  readonly file: string;
  readonly config: ProxyConfig;
  readonly users: UserStore;
  readonly policies: StartPolicies;
  readonly log: Logger;
  readonly audit: OpenAudit;
  readonly targets: ConfiguredTargets;
  readonly store: Store | undefined;
  readonly tokens: TokenLogins | undefined;
  /** The module; `undefined` where there is no API. */
  readonly api: { readonly RunningAdmin: typeof RunningAdmin } | undefined;
}

/** @param reload asked for by the HTTP API */
export function connectParts(opened: Opened, reload: (by: string) => Promise<ReloadOutcome>): ProxyParts {
  const { config, users, log, audit, targets, store, tokens } = opened;
  const policies = new RunningPolicies({
    config,
    start: opened.policies,
    log,
    audit,
    swapped: () => {
      server.setEnforcer(policies.enforcer);
      tellRenames(parts);
    },
  });
  const tls = tlsOptions(config);
  const certificates = certificateLogins(config.identity);
  const server = createProxyServer({
    enforcer: policies.enforcer,
    audit,
    identities: users,
    ...(tokens === undefined ? {} : { tokens }),
    targets,
    ...(tls === undefined ? {} : { tls, tlsRequired: config.listen.tls?.required === true }),
    ...(certificates === undefined ? {} : { certificates }),
    ...(store === undefined
      ? {}
      : {
          approvals: {
            store,
            people: users,
            rules: config.approvals,
            announce: (request) => parts.webhook?.asked(request),
          },
        }),
    ...(config.tokens === undefined ? {} : { tokenKey: config.tokens.key }),
    redacts: config.audit.redaction !== undefined,
    limits: config.limits,
    report: (event) => {
      logProxyEvent(event, targets, log);
      if (event.kind === "session_closed") targets.release(server.sessions);
    },
  });
  const settings = adminSettings(config);
  const admin =
    settings === undefined || opened.api === undefined
      ? undefined
      : new opened.api.RunningAdmin(
          {
            auditPath: config.audit.file,
            audit,
            people: users,
            store,
            activity: ownActivity(server),
            targets,
            policies: () => policies.state,
            reloadPolicies: () => policies.reload(),
            putBundle: (bytes, decided) => policies.put(bytes, decided),
            reloadConfig: ({ id }) => reload(id),
            warn: (message, report) => log.warn({ report }, message),
          },
          settings,
        );
  const parts: ProxyParts = {
    file: opened.file,
    started: config,
    config,
    log,
    audit,
    users,
    targets,
    store,
    server,
    listeners: new Listeners(server, config.listen),
    policies,
    renames: new Renames(log, audit),
    admin,
    webhook: openWebhook(config.webhook, log),
    tokens,
    usersWatch: undefined,
    crlWatch: undefined,
  };
  return parts;
}
