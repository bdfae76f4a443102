/** Puts what was opened together to a proxy: who tells whom of what. */
import type { Logger } from "pino";
import type { ReloadOutcome } from "../admin/admin-host.ts";
import type { RunningAdmin } from "../admin/running-admin.ts";
import { ownActivity } from "../enforce/activity.ts";
import type { ProxyConfig } from "../config/load-config.ts";
import type { AuditLog } from "../audit/audit-log.ts";
import type { Peers } from "../enforce/peers.ts";
import type { TokenUses } from "../identity/jwt/used-tokens.ts";
import type { TokenLogins } from "../identity/token-logins.ts";
import type { Loader } from "../policies/policy-loader.ts";
import type { Crew } from "../workers/crew.ts";
import type { UserStore } from "../identity/user-store.ts";
import { createProxyServer } from "../proxy-server.ts";
import type { Store } from "../store/store.ts";
import type { ConfiguredTargets } from "../targets/configured-targets.ts";
import { Listeners, type Ports } from "./listeners.ts";
import { logProxyEvent } from "./log-events.ts";
import type { OpenAudit } from "./open-audit.ts";
import { certificateLogins, tlsOptions } from "./open-identity.ts";
import { adminSettings, openWebhook, type ProxyParts, tellRenames } from "./proxy-parts.ts";
import { Renames } from "./renames.ts";
import { RunningPolicies, type StartPolicies } from "./running-policies.ts";

/** What can fail, and has not. */
export interface Opened {
  readonly file: string;
  /** As of `ProxyParts`. */
  readonly started: ProxyConfig;
  readonly config: ProxyConfig;
  readonly users: UserStore;
  readonly policies: StartPolicies;
  readonly log: Logger;
  readonly audit: OpenAudit;
  readonly targets: ConfiguredTargets;
  readonly store: Store | undefined;
  readonly tokens: TokenLogins | undefined;
  readonly usedTokens: TokenUses;
  /** Where other processes have the sessions, and this one has the ports. */
  readonly crew: Crew | undefined;
  /** Where this is one of those processes. */
  readonly worker?: WorkerSide;
  /** The module; `undefined` where there is no API. */
  readonly api: { readonly RunningAdmin: typeof RunningAdmin } | undefined;
}

/** What a worker has of the first process. */
interface WorkerSide {
  /** Of sessions. */
  readonly audit: AuditLog;
  readonly peers: Peers;
  readonly shadow: Loader;
}

/** @param reload asked for by the HTTP API */
export function connectParts(opened: Opened, reload: (by: string) => Promise<ReloadOutcome>): ProxyParts {
  const { config, users, log, targets, store, tokens, usedTokens, crew, worker } = opened;
  const audit = worker?.audit ?? opened.audit;
  const spread = () => void crew?.policies({ inForce: policies.current.content, shadow: policies.shadow?.content });
  const policies = new RunningPolicies({
    config,
    start: opened.policies,
    log,
    audit,
    swapped: () => {
      server.setEnforcer(policies.enforcer);
      tellRenames(parts);
      spread();
    },
    shadowSwapped: spread,
    shadowGiven: worker?.shadow,
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
    ...(worker === undefined ? {} : { peers: worker.peers }),
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
            audit: opened.audit,
            people: users,
            store,
            activity: crew ?? ownActivity(server, () => policies.shadowCounts),
            targets,
            policies: () => policies.state,
            reloadPolicies: async () => {
              await policies.reload();
              await crew?.settled();
            },
            putBundle: async (bytes, decided) => {
              const put = await policies.put(bytes, decided);
              await crew?.settled();
              return put;
            },
            reloadConfig: ({ id }) => reload(id),
            warn: (message, report) => log.warn({ report }, message),
          },
          settings,
        );
  const parts: ProxyParts = {
    file: opened.file,
    started: opened.started,
    config,
    log,
    audit: opened.audit,
    users,
    targets,
    store,
    server,
    listeners: new Listeners(worker === undefined ? (crew?.ports ?? server) : elsewhere, config.listen),
    policies,
    renames: worker === undefined ? new Renames(log, audit) : { tell: () => undefined },
    admin,
    webhook: openWebhook(config.webhook, log),
    tokens,
    usedTokens,
    crew,
    usersWatch: undefined,
    crlWatch: undefined,
  };
  return parts;
}

/** Of a worker: the first process listens. */
const elsewhere: Ports = {
  listen: (port) => Promise.resolve(port),
  unlisten: () => undefined,
  relisten: () => undefined,
};
