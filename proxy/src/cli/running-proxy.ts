import { ownDigestKey } from "@penstock/engine";
import type { Logger } from "pino";
import type { ProxyConfig } from "../config/load-config.ts";
import { errorMessage } from "../config/system-error.ts";
import { ownActivity } from "../enforce/activity.ts";
import { UsedTokens } from "../identity/jwt/used-tokens.ts";
import type { UserStore } from "../identity/user-store.ts";
import { proxyLimits } from "../limits.ts";
import type { Store } from "../store/store.ts";
import { Crew } from "../workers/crew.ts";
import { unreadableNames } from "../targets/changed-targets.ts";
import { ConfiguredTargets } from "../targets/configured-targets.ts";
import { connectParts, type Opened } from "./connect-parts.ts";
import { CommandError, exitCodes } from "./exit-codes.ts";
import { explainListenError } from "./explain-listen-error.ts";
import { logCrewEvent } from "./log-events.ts";
import { openAudit, type OpenAudit } from "./open-audit.ts";
import { openTokenLogins, watchRevoked } from "./open-identity.ts";
import { openStore } from "./open-store.ts";
import { type ProxyParts, refreshCatalogs, startAsking, tellRenames, watchUsers } from "./proxy-parts.ts";
import { Reloader } from "./reload/reloader.ts";
import type { StartPolicies } from "./running-policies.ts";

/** A proxy with everything that keeps it up to date, until a signal ends it. */
export class RunningProxy {
  readonly #parts: ProxyParts;
  readonly #reloader: Reloader;
  /** From before it listens: who reads that it does may end it at once. */
  readonly #ending = firstSignal();
  /** SIGHUP. */
  readonly hangUp = (): void => this.#reloader.hangUp();

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
      const usedTokens = new UsedTokens();
      const tokens = await openTokenLogins(config.identity, log, usedTokens);
      // A seventh of the modules of a proxy: those that have no such API need not wait for them.
      const api = config.admin === undefined ? undefined : await import("../admin/running-admin.ts");
      const parts = () => (running === undefined ? undefined : running.#parts);
      const crew = config.workers === 1 ? undefined : crewOf(file, config, audit, log, parts);
      const opened = { file, started: config, config, users, policies, log, audit, targets, store, tokens, usedTokens };
      running = new RunningProxy({ ...opened, api, crew });
      tellRenames(running.#parts);
      await running.#listen();
      return running;
    } catch (error) {
      targets.close();
      if (running !== undefined) await running.#parts.crew?.stop();
      await store?.close();
      await audit.close();
      throw error;
    }
  }

  async #listen(): Promise<void> {
    const parts = this.#parts;
    const { config, targets, listeners, log, server, crew } = parts;
    await openCrew(crew);
    const ports = await listeners.prepare(targets.all);
    if (ports.problems.length > 0) throw new CommandError(ports.problems.join("\n"), exitCodes.listen);
    for (const line of listeners.apply(ports).own) log.info(line);
    const adminPort = await this.#listenAdmin();
    await parts.policies.start();
    parts.usersWatch = watchUsers(parts);
    parts.crlWatch = watchRevoked(() => parts.config, server, log);
    refreshCatalogs(parts);
    startAsking(parts);
    const policies = parts.policies.current;
    const details = {
      targets: targets.all.map(({ name }) => name),
      users: parts.users.count,
      policies: policies.origin,
      revision: policies.enforcer.revision,
      ...(config.tokens === undefined ? {} : { tokenKey: config.tokens.keyId }),
      ...(crew === undefined ? {} : { workers: crew.size }),
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
    const { log, server, crew } = this.#parts;
    const signal = await this.#ending;
    // Whoever asks twice does not want to wait.
    for (const again of ["SIGTERM", "SIGINT"] as const) process.once(again, () => process.exit(exitCodes.failure));
    log.info(`${signal}: no new connections, waiting for running statements`);
    await this.stop();
    const { sessionsTotal, statements, denials } = (await (crew ?? ownActivity(server)).readings()).counts;
    log.info({ sessions: sessionsTotal, statements, denials }, "stopped");
    process.exit(exitCodes.success);
  }

  async stop(): Promise<void> {
    const { admin, policies, usersWatch, crlWatch, targets, server, webhook, store, audit, crew } = this.#parts;
    this.#reloader.close();
    admin?.drain();
    policies.close();
    usersWatch?.close();
    crlWatch?.close();
    targets.close();
    await crew?.stop();
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

/** @param parts there once workers are started */
function crewOf(
  file: string,
  started: ProxyConfig,
  audit: OpenAudit,
  log: Logger,
  parts: () => ProxyParts | undefined,
): Crew {
  return new Crew({
    count: started.workers,
    keepAliveMs: () => (parts()?.config ?? started).limits.keepAliveMs ?? proxyLimits.keepAliveMs,
    start: () => {
      const running = parts();
      if (running === undefined) throw new Error("a worker is started before what it needs");
      const { config, policies, users } = running;
      return {
        file,
        text: { started: started.text, inForce: config.text },
        policies: { inForce: policies.current.content, shadow: policies.shadow?.content },
        digestKey: ownDigestKey(),
        mockSecret: users.mockSecret,
      };
    },
    audit,
    catalogChanged: (target) =>
      parts()
        ?.targets.all.find(({ name }) => name === target)
        ?.catalog.changedElsewhere(),
    report: (event) => logCrewEvent(event, log),
  });
}

/** Throws a CommandError. */
async function openCrew(crew: Crew | undefined): Promise<void> {
  try {
    await crew?.open();
  } catch (error) {
    throw new CommandError(`a worker cannot start: ${errorMessage(error)}`, exitCodes.failure);
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
