/** What another reading of the configuration changes: what of it can be done while the proxy runs, and what is for the next start. */
import type { ConfigPrint } from "../../config/config-print.ts";
import type { ProxyConfig } from "../../config/load-config.ts";
import type { YamlPath } from "../../config/yaml-document.ts";
import type { TargetChange } from "../../targets/changed-targets.ts";

/** Sections, or parts of them, that change as a whole while the proxy runs. */
const live = {
  "listen.tls": { at: ["listen", "tls"] },
  users: { at: ["users"] },
  identity: { at: ["identity"] },
  policies: { at: ["policies"], skip: ["shadow"] },
  "policies.shadow": { at: ["policies", "shadow"] },
  "audit.redact": { at: ["audit", "redact"] },
  "audit.keep_days": { at: ["audit", "keep_days"] },
  "catalog.refresh_seconds": { at: ["catalog", "refresh_seconds"] },
  approvals: { at: ["approvals"] },
  admin: { at: ["admin"], skip: ["host", "port"] },
  "log.level": { at: ["log", "level"] },
  limits: { at: ["limits"] },
} as const satisfies Readonly<Record<string, { readonly at: YamlPath; readonly skip?: readonly string[] }>>;

type LiveSection = keyof typeof live;

/** Sections of which some keys change while the proxy runs, and those keys. */
const mixed: Readonly<Record<string, readonly string[]>> = {
  listen: ["tls"],
  audit: ["redact", "keep_days"],
  catalog: ["refresh_seconds"],
  log: ["level"],
};
/** Of the API, what it was started with. */
const adminAddress = new Set(["host", "port"]);
const startOnly = ["store", "tokens", "workers"];

export interface ConfigChanges {
  /** With what was read, but for what needs a restart: that stays as it was. */
  readonly config: ProxyConfig;
  readonly sections: ReadonlySet<LiveSection>;
  readonly targets: TargetChanges;
  /** Keys whose change waits for the next start, such as `listen.port`. */
  readonly needsRestart: readonly string[];
}

interface TargetChanges {
  /** Names. */
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: ReadonlyMap<string, TargetChange>;
}

/**
 * @param started the configuration that the proxy was started with
 * @param current what is in force of what may change
 */
export function changesBetween(started: ProxyConfig, current: ProxyConfig, next: ProxyConfig): ConfigChanges {
  const names = Object.keys(live).filter((name): name is LiveSection => Object.hasOwn(live, name));
  const differs = (name: LiveSection) => {
    const { at, skip }: { readonly at: YamlPath; readonly skip?: readonly string[] } = live[name];
    return current.print.of(at, skip) !== next.print.of(at, skip);
  };
  const config = effective(started, next);
  const hasAdmin = config.admin !== undefined && next.admin !== undefined;
  return {
    config,
    sections: new Set(names.filter((name) => differs(name) && (name !== "admin" || hasAdmin))),
    targets: targetChanges(current, next),
    needsRestart: restartKeys(started.print, next.print),
  };
}

/** Whether anything is done about it now. */
export function isEmpty({ sections, targets: { added, removed, changed } }: ConfigChanges): boolean {
  return sections.size + added.length + removed.length + changed.size === 0;
}

function effective(started: ProxyConfig, next: ProxyConfig): ProxyConfig {
  const { host, port, mysqlPort } = started.listen;
  const { admin } = started;
  return {
    ...next,
    listen: { host, port, mysqlPort, tls: next.listen.tls },
    audit: { ...started.audit, redaction: next.audit.redaction, keepDays: next.audit.keepDays },
    store: started.store,
    workers: started.workers,
    tokens: started.tokens,
    admin: admin === undefined ? undefined : { ...(next.admin ?? admin), host: admin.host, port: admin.port },
    // Its links lead to the API.
    webhook: admin === undefined ? undefined : next.webhook,
    namesFolder: started.namesFolder,
    log: { ...started.log, level: next.log.level },
  };
}

function restartKeys(started: ConfigPrint, next: ConfigPrint): string[] {
  const differ = (at: YamlPath) => started.of(at) !== next.of(at);
  const within = (section: string, those: (key: string) => boolean) =>
    [...new Set([...started.keys([section]), ...next.keys([section])])]
      .filter((key) => those(key) && differ([section, key]))
      .map((key) => `${section}.${key}`);
  const hadApi = started.keys(["admin"]).length > 0;
  const hasApi = next.keys(["admin"]).length > 0;
  return [
    ...Object.entries(mixed).flatMap(([section, changing]) => within(section, (key) => !changing.includes(key))),
    ...(hadApi && hasApi ? within("admin", (key) => adminAddress.has(key)) : []),
    ...(hadApi === hasApi ? [] : ["admin"]),
    ...(hadApi && hasApi && hasTls(started) !== hasTls(next) ? ["admin.tls"] : []),
    ...startOnly.filter((section) => differ([section])),
  ];
}

function hasTls(print: ConfigPrint): boolean {
  return print.keys(["admin", "tls"]).length > 0;
}

/** What of a target is of its connections: who is connected stays so until it is idle. */
const ofConnection = new Set(["engine", "host", "port", "database", "user", "tls", "detect"]);
const ofPolicy = new Set(["environment", "tags"]);

function targetChanges(current: ProxyConfig, next: ProxyConfig): TargetChanges {
  const indexIn = (config: ProxyConfig, name: string) => config.targets.findIndex((target) => target.name === name);
  const isIn = (config: ProxyConfig) => (name: string) => indexIn(config, name) >= 0;
  const [before, after] = [current, next].map(({ targets }) => targets.map(({ name }) => name));
  const changed = new Map<string, TargetChange>();
  for (const name of (after ?? []).filter(isIn(current))) {
    const [old, now] = [indexIn(current, name), indexIn(next, name)];
    const print = (config: ProxyConfig, index: number, key: string) => config.print.of(["targets", index, key]);
    const differing = [
      ...new Set([...current.print.keys(["targets", old]), ...next.print.keys(["targets", now])]),
    ].filter((key) => print(current, old, key) !== print(next, now, key));
    if (differing.length === 0) continue;
    changed.set(name, {
      isConnection: differing.some((key) => ofConnection.has(key)),
      isLogin: differing.some((key) => key.startsWith("password")),
      isPolicy: differing.some((key) => ofPolicy.has(key)),
    });
  }
  return {
    added: (after ?? []).filter((name) => !isIn(current)(name)),
    removed: (before ?? []).filter((name) => !isIn(next)(name)),
    changed,
  };
}
