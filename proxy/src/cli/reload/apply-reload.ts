/**
 * Puts a prepared configuration in force. INVARIANT: synchronous from the first line to the last, and nothing in it throws: every statement and
 * every login is held to the configuration before or to this one, and never to a part of each.
 */
import { certificateLogins, watchRevoked } from "../open-identity.ts";
import {
  adminSettings,
  openWebhook,
  type ProxyParts,
  recordingUsers,
  refreshCatalogs,
  tellRenames,
  watchUsers,
} from "../proxy-parts.ts";
import type { PreparedReload } from "./prepare-reload.ts";

/** @param prepared whose policies are not outdated */
export function applyReload(parts: ProxyParts, prepared: PreparedReload): void {
  const { server, targets, listeners, policies, audit, admin, log } = parts;
  const { changes, tls, tokens } = prepared;
  const { config, sections } = changes;
  const warnings = recordingUsers(parts, () => prepared.users?.() ?? []);
  const isDecidedOtherwise = policies.apply(prepared.policies);
  const takesTokens = config.identity !== undefined && tokens !== undefined;
  server.change({
    settings: {
      enforcer: policies.enforcer,
      tls,
      tlsRequired: config.listen.tls?.required === true,
      certificates: certificateLogins(config.identity),
      tokens: takesTokens ? tokens : undefined,
      approvalRules: config.approvals,
      redacts: config.audit.redaction !== undefined,
      limits: config.limits,
    },
    targets: prepared.targets.replaced,
    decidesAnew: isDecidedOtherwise || [...changes.targets.changed.values()].some(({ isPolicy }) => isPolicy),
    loginsBeginAnew: sections.has("identity"),
  });
  targets.apply(prepared.targets);
  targets.release(server.sessions);
  const opened = listeners.apply(prepared.ports);
  for (const line of [...opened.shared, ...opened.own]) log.info(line);
  audit.keep(config.audit.keepDays);
  log.level = config.log.level;
  parts.config = config;
  if (tokens !== undefined) parts.tokens = tokens;
  if (sections.has("approvals")) {
    parts.webhook?.close();
    parts.webhook = openWebhook(config.webhook, log);
  }
  const settings = adminSettings(config);
  if (
    settings !== undefined &&
    (["admin", "approvals", "limits", "identity"] as const).some((each) => sections.has(each))
  )
    admin?.change(settings);
  if (sections.has("users") || sections.has("identity")) {
    parts.usersWatch?.close();
    parts.usersWatch = watchUsers(parts);
  }
  if (sections.has("identity") || sections.has("listen.tls")) {
    parts.crlWatch?.close();
    parts.crlWatch = watchRevoked(() => parts.config, server, log);
  }
  if (sections.has("catalog.refresh_seconds")) refreshCatalogs(parts);
  tellRenames(parts);
  for (const warning of warnings) log.warn(warning);
}
