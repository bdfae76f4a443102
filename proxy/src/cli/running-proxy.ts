import type { Logger } from "pino";
import type { ProxyConfig } from "../config/load-config.ts";
import { errorMessage } from "../config/system-error.ts";
import type { UserStore } from "../identity/user-store.ts";
import { proxyLimits } from "../limits.ts";
import type { Store } from "../store/store.ts";
import { unreadableNames } from "../targets/changed-targets.ts";
import { ConfiguredTargets } from "../targets/configured-targets.ts";
import { connectParts, type Opened } from "./connect-parts.ts";
import { CommandError, exitCodes } from "./exit-codes.ts";
import { explainListenError } from "./explain-listen-error.ts";
import { logTargetState } from "./log-events.ts";
import { openAudit } from "./open-audit.ts";
import { openTokenLogins, watchRevoked } from "./open-identity.ts";
import { openStore } from "./open-store.ts";
import { type ProxyParts, refreshCatalogs, tellRenames, watchUsers } from "./proxy-parts.ts";
import { Reloader } from "./reload/reloader.ts";
import type { StartPolicies } from "./running-policies.ts";

/** A proxy with everything that keeps it up to date, until a signal ends it. */
export class RunningProxy {
  readonly #parts: ProxyParts;
  readonly #reloader: Reloader;
  /** From before it listens: who reads that it does may end it at once. */
  readonly #ending = firstSignal();
  readonly #hangUp = (): void => this.#reloader.hangUp();

  private constructor(opened: Opened) {
    const parts = connectParts(opened, (by) => this.#reloader.reload(by));
    this.#parts = parts;
    this.#reloader = new Reloader(parts);
  }

  /**
   * Opens the audit log, reads the catalogs, listens. Throws a CommandError for what an operator can mend.
   * @param file of the configuration
   */
  static async start(
    file: string,
    config: ProxyConfig,
    users: UserStore,
    policies: StartPolicies,
    log: Logger,
  ): Promise<RunningProxy> {
    const audit = openAudit(config.audit, log);
    let running: RunningProxy | undefined;
    let store: Store | undefined;
    const targets = openTargets(config, log, () => {
      if (running !== undefined) tellRenames(running.#parts);
    });
    try {
      const problems = await targets.open();
      if (problems.length > 0) throw new CommandError(problems.join("\n"), exitCodes.upstream);
      store = await openStore(config, log);
      const tokens = await openTokenLogins(config.identity, log);
      // A seventh of the modules of a proxy: those that have no such API need not wait for them.
      const api = config.admin === undefined ? undefined : await import("../admin/running-admin.ts");
      running = new RunningProxy({ file, config, users, policies, log, audit, targets, store, tokens, api });
      tellRenames(running.#parts);
      await running.#listen();
      return running;
    } catch (error) {
      targets.close();
      await store?.close();
      await audit.close();
      throw error;
    }
  }

  async #listen(): Promise<void> {
    const parts = this.#parts;
    const { config, targets, listeners, log, server } = parts;
    const ports = await listeners.prepare(targets.all);
    if (ports.problems.length > 0) throw new CommandError(ports.problems.join("\n"), exitCodes.listen);
    for (const line of listeners.apply(ports).own) log.info(line);
    const adminPort = await this.#listenAdmin();
    await parts.policies.start();
    parts.usersWatch = watchUsers(parts);
    parts.crlWatch = watchRevoked(() => parts.config, server, log);
    refreshCatalogs(parts);
    targets.startAsking(
      () => parts.config.limits.upstreamConnectMs ?? proxyLimits.upstreamConnectMs,
      (state) => logTargetState(state, log),
      (target) => server.endSilent(target),
    );
    const policies = parts.policies.current;
    const details = {
      targets: targets.all.map(({ name }) => name),
      users: parts.users.count,
      policies: policies.origin,
      revision: policies.enforcer.revision,
      ...(config.tokens === undefined ? {} : { tokenKey: config.tokens.keyId }),
      ...(adminPort === undefined ? {} : { admin: `${config.admin?.host}:${adminPort}` }),
      pid: process.pid,
      ...reportOf(policies.warnings),
    };
    log.info(details, `listening on ${listeners.addresses.join(" and, for MySQL, ")}`);
  }

  async #listenAdmin(): Promise<number | undefined> {
    const { admin, config } = this.#parts;
    try {
      return await admin?.listen();
    } catch (error) {
      const { host = "", port = 0 } = config.admin ?? {};
      throw new CommandError(explainListenError(error, "admin", host, port), exitCodes.listen);
    }
  }

  /** Resolves after SIGTERM or SIGINT, when sessions have ended and the last audit line is written. */
  async untilStopped(): Promise<void> {
    const { log, server } = this.#parts;
    process.on("SIGHUP", this.#hangUp);
    const signal = await this.#ending;
    // Whoever asks twice does not want to wait.
    for (const again of ["SIGTERM", "SIGINT"] as const) process.once(again, () => process.exit(exitCodes.failure));
    log.info(`${signal}: no new connections, waiting for running statements`);
    await this.stop();
    process.off("SIGHUP", this.#hangUp);
    const { sessionsTotal, statements, denials } = server.meters;
    log.info({ sessions: sessionsTotal, statements, denials }, "stopped");
    process.exit(exitCodes.success);
  }

  async stop(): Promise<void> {
    const { admin, policies, usersWatch, crlWatch, targets, server, webhook, store, audit } = this.#parts;
    this.#reloader.close();
    admin?.drain();
    policies.close();
    usersWatch?.close();
    crlWatch?.close();
    targets.close();
    await server.close();
    await admin?.close();
    webhook?.close();
    await store?.close();
    await audit.close();
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
    throw new CommandError(unreadableNames(error), exitCodes.misuse);
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
