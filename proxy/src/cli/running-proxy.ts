import { type FileWatch, watchFiles } from "@penstock/engine";
import type { Logger } from "pino";
import type { RunningAdmin } from "../admin/running-admin.ts";
import { Webhook } from "../approvals/webhook.ts";
import { fileChangeLine } from "../audit/audit-records.ts";
import { changesBetween } from "../audit/file-changes.ts";
import type { ProxyConfig } from "../config/load-config.ts";
import type { AdminConfig } from "../config/sections/admin.ts";
import { formatProblems } from "../config/problem.ts";
import { errorMessage } from "../config/system-error.ts";
import type { TokenIdentities } from "../identity/token-logins.ts";
import type { UserStore } from "../identity/user-store.ts";
import { proxyLimits } from "../limits.ts";
import { type Protocol, protocolOf } from "../enforce/target.ts";
import { createProxyServer, type ProxyServer } from "../proxy-server.ts";
import type { Store } from "../store/store.ts";
import { ConfiguredTargets } from "../targets/configured-targets.ts";
import { CommandError, exitCodes } from "./exit-codes.ts";
import { openStore } from "./open-store.ts";
import { Renames } from "./renames.ts";
import { RunningPolicies, type StartPolicies } from "./running-policies.ts";
import { explainListenError } from "./explain-listen-error.ts";
import { logProxyEvent, logTargetState } from "./log-events.ts";
import { type OpenAudit, openAudit } from "./open-audit.ts";
import { certificateLogins, openTokenLogins, tlsOptions, watchRevoked } from "./open-identity.ts";

/** How often the users file is looked at, besides what the system tells. */
const usersPollMs = 5000;

/** A proxy with everything that keeps it up to date, until a signal ends it. */
export class RunningProxy {
  readonly #config: ProxyConfig;
  readonly #users: UserStore;
  readonly #log: Logger;
  readonly #audit: OpenAudit;
  readonly #targets: ConfiguredTargets;
  readonly #server: ProxyServer;
  readonly #policies: RunningPolicies;
  readonly #renames: Renames;
  #admin: RunningAdmin | undefined;
  readonly #store: Store | undefined;
  readonly #webhook: Webhook | undefined;
  #usersWatch: FileWatch | undefined;
  #crlWatch: FileWatch | undefined;
  /** From before it listens: who reads that it does may end it at once. */
  readonly #ending = firstSignal();

  private constructor(
    config: ProxyConfig,
    users: UserStore,
    start: StartPolicies,
    log: Logger,
    audit: OpenAudit,
    targets: ConfiguredTargets,
    store: Store | undefined,
    tokens: TokenIdentities | undefined,
  ) {
    this.#config = config;
    this.#store = store;
    this.#webhook =
      config.webhook === undefined
        ? undefined
        : new Webhook(config.webhook, (problem) => log.warn({ report: problem }, "a webhook was not delivered"));
    this.#users = users;
    this.#log = log;
    this.#audit = audit;
    this.#targets = targets;
    this.#renames = new Renames(log, audit);
    this.#policies = new RunningPolicies({
      config,
      start,
      log,
      audit,
      swapped: () => {
        this.#server.setEnforcer(this.#policies.enforcer);
        this.#tellRenames();
      },
    });
    const tls = tlsOptions(config);
    const certificates = certificateLogins(config.identity);
    this.#server = createProxyServer({
      enforcer: this.#policies.enforcer,
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
              announce: (request) => this.#webhook?.asked(request),
            },
          }),
      ...(config.tokens === undefined ? {} : { tokenKey: config.tokens.key }),
      redacts: config.audit.redaction !== undefined,
      limits: config.limits,
      report: (event) => logProxyEvent(event, targets, log),
    });
  }

  async #makeAdmin(config: AdminConfig): Promise<RunningAdmin> {
    // A seventh of the modules of a proxy: those that have no such API need not wait for them.
    const { RunningAdmin } = await import("../admin/running-admin.ts");
    return new RunningAdmin({
      config,
      limits: { ...proxyLimits, ...this.#config.limits },
      auditPath: this.#config.audit.file,
      audit: this.#audit,
      people: this.#users,
      store: this.#store,
      approvalRules: this.#config.approvals,
      links: this.#config.webhook,
      mint: this.#config.identity?.mint,
      server: this.#server,
      targets: this.#targets,
      policies: () => this.#policies.state,
      reloadPolicies: () => this.#policies.reload(),
      warn: (message, report) => this.#log.warn({ report }, message),
    });
  }

  /** Opens the audit log, reads the catalogs, listens. Throws a CommandError for what an operator can mend. */
  static async start(
    config: ProxyConfig,
    users: UserStore,
    policies: StartPolicies,
    log: Logger,
  ): Promise<RunningProxy> {
    const audit = openAudit(config.audit, log);
    let running: RunningProxy | undefined;
    let store: Store | undefined;
    const targets = openTargets(config, log, () => {
      if (running !== undefined) running.#tellRenames();
    });
    try {
      const problems = await targets.open();
      if (problems.length > 0) throw new CommandError(problems.join("\n"), exitCodes.upstream);
      store = await openStore(config, log);
      const tokens = await openTokenLogins(config.identity, log);
      running = new RunningProxy(config, users, policies, log, audit, targets, store, tokens);
      running.#tellRenames();
      await running.#listen();
      return running;
    } catch (error) {
      targets.close();
      await store?.close();
      await audit.close();
      throw error;
    }
  }

  /** Of all targets: it is asked when a schema or the policies have changed, which is rare. */
  #tellRenames(): void {
    for (const { name, catalog } of this.#targets.all)
      this.#renames.tell(name, catalog.current(), this.#policies.enforcer);
  }

  async #listen(): Promise<void> {
    const { host } = this.#config.listen;
    const addresses: string[] = [];
    for (const [protocol, port] of this.#ports) addresses.push(`${host}:${await this.#listenOn(protocol, port)}`);
    for (const { name, engine, listenPort } of this.#targets.all) {
      if (listenPort === undefined) continue;
      await this.#listenOn(protocolOf[engine], listenPort, name);
      this.#log.info(`listening on ${host}:${listenPort} for target ${name} alone`);
    }
    const adminPort = await this.#listenAdmin();
    await this.#policies.start();
    this.#usersWatch = watchFiles([this.#users.file], usersPollMs, () => this.#reloadUsers());
    this.#crlWatch = watchRevoked(this.#config, this.#server, this.#log);
    this.#targets.startRefreshing(this.#config.catalogRefreshMs, (explanation) =>
      this.#log.warn({ report: explanation }, "a catalog could not be read again: the old one stays in use"),
    );
    this.#targets.startAsking(
      this.#config.limits.upstreamConnectMs ?? proxyLimits.upstreamConnectMs,
      (state) => logTargetState(state, this.#log),
      (target) => this.#server.endSilent(target),
    );
    const policies = this.#policies.current;
    const details = {
      targets: this.#targets.all.map(({ name }) => name),
      users: this.#users.count,
      policies: policies.origin,
      revision: policies.enforcer.revision,
      ...(this.#config.tokens === undefined ? {} : { tokenKey: this.#config.tokens.keyId }),
      ...(adminPort === undefined ? {} : { admin: `${this.#config.admin?.host}:${adminPort}` }),
      pid: process.pid,
      ...reportOf(policies.warnings),
    };
    this.#log.info(details, `listening on ${addresses.join(" and, for MySQL, ")}`);
  }

  async #listenAdmin(): Promise<number | undefined> {
    const { admin } = this.#config;
    if (admin === undefined) return undefined;
    this.#admin = await this.#makeAdmin(admin);
    try {
      return await this.#admin.listen();
    } catch (error) {
      throw new CommandError(explainListenError(error, "admin", admin.host, admin.port), exitCodes.listen);
    }
  }

  /** Of the protocols that some target has. */
  get #ports(): readonly (readonly [Protocol, number])[] {
    const { port, mysqlPort } = this.#config.listen;
    const protocols = new Set(this.#targets.all.map(({ engine }) => protocolOf[engine]));
    const ports = [
      ["postgres", port],
      ["mysql", mysqlPort],
    ] as const;
    return ports.filter(([protocol]) => protocols.has(protocol));
  }

  async #listenOn(protocol: Protocol, port: number, only?: string): Promise<number> {
    const { host } = this.#config.listen;
    try {
      return await this.#server.listen(port, host, protocol, only);
    } catch (error) {
      throw new CommandError(explainListenError(error, "listen", host, port), exitCodes.listen);
    }
  }

  /** Resolves after SIGTERM or SIGINT, when sessions have ended and the last audit line is written. */
  async untilStopped(): Promise<void> {
    const hangUp = () => void this.#reloadAll();
    process.on("SIGHUP", hangUp);
    const signal = await this.#ending;
    // Whoever asks twice does not want to wait.
    for (const again of ["SIGTERM", "SIGINT"] as const) process.once(again, () => process.exit(exitCodes.failure));
    this.#log.info(`${signal}: no new connections, waiting for running statements`);
    await this.stop();
    process.off("SIGHUP", hangUp);
    const { sessionsTotal, statements, denials } = this.#server.meters;
    this.#log.info({ sessions: sessionsTotal, statements, denials }, "stopped");
    process.exit(exitCodes.success);
  }

  async stop(): Promise<void> {
    this.#admin?.drain();
    this.#policies.close();
    this.#usersWatch?.close();
    this.#crlWatch?.close();
    this.#targets.close();
    await this.#server.close();
    await this.#admin?.close();
    this.#webhook?.close();
    await this.#store?.close();
    await this.#audit.close();
  }

  /** SIGHUP: users, policies, catalogs anew, and the audit log's path opened again. The configuration is read at start only. */
  async #reloadAll(): Promise<void> {
    this.#log.info("SIGHUP: reading users, policies and catalogs again, opening the audit log again");
    try {
      this.#audit.reopen();
    } catch (error) {
      this.#log.error(
        { error: errorMessage(error) },
        "the audit log could not be opened again: writing goes on to the old file",
      );
    }
    this.#reloadUsers();
    for (const { name, catalog } of this.#targets.all) {
      try {
        catalog.readNamesAgain();
      } catch (error) {
        this.#log.error(
          { target: name, error: errorMessage(error) },
          "the file with former names cannot be read: those that are known stay",
        );
      }
    }
    const problems = await Promise.all([this.#policies.reload().then(() => []), this.#targets.open()]);
    for (const report of problems.flat())
      this.#log.warn({ report }, "a catalog could not be read again: the old one stays in use");
  }

  #reloadUsers(): void {
    const before = [...this.#users.users.byName.values()];
    const result = this.#users.load();
    if (result.ok) {
      const now = [...this.#users.users.byName.values()];
      const changes = changesBetween(before, now, ["id", "kind", "groups", "claims", "onBehalfOf", "verifier"]);
      if (changes !== undefined) this.#audit.append(fileChangeLine("users", this.#users.file, changes));
      this.#log.info({ users: this.#users.count }, "read the users file again");
      for (const warning of result.warnings) this.#log.warn(warning);
    } else {
      this.#log.error(
        { report: formatProblems(result.problems) },
        "the changed users file has mistakes: the users before stay",
      );
    }
  }
}

function openTargets(config: ProxyConfig, log: Logger, changed: () => void): ConfiguredTargets {
  try {
    return new ConfiguredTargets(config.targets, {
      namesFolder: config.namesFolder,
      replaced: (target, _catalog, unwritten) => {
        if (unwritten !== undefined) {
          const report = "former names are remembered until the proxy ends only: their file cannot be written";
          log.error({ target, error: errorMessage(unwritten) }, report);
        }
        changed();
      },
    });
  } catch (error) {
    throw new CommandError(
      `a file with former names cannot be read: ${errorMessage(error)}\n  help: mend it, or remove it to forget them; it is in the folder \`catalog.names\``,
      exitCodes.misuse,
    );
  }
}

function reportOf(text: string): { readonly report?: string } {
  return text === "" ? {} : { report: text };
}

function firstSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => resolve(signal));
  });
}
