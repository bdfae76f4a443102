/**
 * Puts a prepared configuration in force. INVARIANT: synchronous from the first line to the last: every statement and every login is held to the
 * configuration before or to this one, and never to a part of each. What can fail was done in `prepare-reload.ts`; where something fails here all the
 * same, which is a fault of ours, what comes after it is put in force nevertheless, and the fault is told.
 */
import { errorMessage } from "../../config/system-error.ts";
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

/**
 * @param prepared whose policies are not outdated
 * @returns what could not be done, by name and with why; nothing, unless the proxy has a fault
 */
export function applyReload(parts: ProxyParts, prepared: PreparedReload): readonly string[] {
  const { server, targets, listeners, policies, audit, admin, log } = parts;
  const { changes, tls, tokens } = prepared;
  const { config, sections } = changes;
  const faults: string[] = [];
  const step = <T>(what: string, otherwise: T, work: () => T): T => {
    try {
      return work();
    } catch (error) {
      faults.push(`${what}: ${errorMessage(error)}`);
      return otherwise;
    }
  };
  const put = (what: string, work: () => void) => step(what, undefined, work);

  const warnings = step("users", [], () => recordingUsers(parts, () => prepared.users?.() ?? []));
  const isDecidedOtherwise = step("policies", true, () => policies.apply(prepared.policies));
  put("sessions", () =>
    server.change({
      settings: {
        enforcer: policies.enforcer,
        tls,
        tlsRequired: config.listen.tls?.required === true,
        certificates: certificateLogins(config.identity),
        tokens: config.identity === undefined ? undefined : tokens,
        approvalRules: config.approvals,
        redacts: config.audit.redaction !== undefined,
        limits: config.limits,
      },
      targets: prepared.targets.replaced,
      decidesAnew: isDecidedOtherwise || [...changes.targets.changed.values()].some(({ isPolicy }) => isPolicy),
      loginsBeginAnew: sections.has("identity"),
    }),
  );
  put("targets", () => targets.apply(prepared.targets));
  put("targets that are gone", () => targets.release(server.sessions));
  const opened = step("ports", { shared: [], own: [] }, () => listeners.apply(prepared.ports));
  parts.config = config;
  if (tokens !== undefined) parts.tokens = tokens;
  put("audit.keep_days", () => audit.keep(config.audit.keepDays));
  put("log.level", () => (log.level = config.log.level));
  if (sections.has("approvals")) {
    const before = parts.webhook;
    parts.webhook = step("approvals.webhook", undefined, () => openWebhook(config.webhook, log));
    put("approvals.webhook of before", () => before?.close());
  }
  const settings = adminSettings(config);
  if (
    settings !== undefined &&
    (["admin", "approvals", "limits", "identity"] as const).some((each) => sections.has(each))
  )
    put("admin", () => admin?.change(settings));
  if (sections.has("users") || sections.has("identity")) {
    put("users before", () => parts.usersWatch?.close());
    put("changes of users", () => (parts.usersWatch = watchUsers(parts)));
  }
  if (sections.has("identity") || sections.has("listen.tls")) {
    put("revoked certificates before", () => parts.crlWatch?.close());
    put("changes of revoked certificates", () => (parts.crlWatch = watchRevoked(() => parts.config, server, log)));
  }
  if (sections.has("catalog.refresh_seconds")) put("catalog.refresh_seconds", () => refreshCatalogs(parts));
  put("renamed tables and columns", () => tellRenames(parts));
  put("log", () => {
    for (const line of [...opened.shared, ...opened.own]) log.info(line);
    for (const warning of warnings) log.warn(warning);
  });
  return faults;
}
