import type { Catalog, Principal } from "@penstock/engine";
import type { ProxyConfig } from "../config/load-config.ts";
import type { TargetConfig } from "../config/sections/targets.ts";
import { type Protocol, protocolOf, type Target, type TargetChoice, type Targets } from "../enforce/target.ts";
import { prepareTargets, type PreparedTargets, type TargetChange } from "./changed-targets.ts";
import { NamesFile } from "./names-file.ts";
import { TargetCatalog } from "./target-catalog.ts";
import { TargetHealth, type HealthState } from "./target-health.ts";
import { explainTargetError } from "./target-connection.ts";

export interface ConfiguredTarget extends Target, Pick<TargetConfig, "listenPort" | "healthMs"> {
  readonly catalog: TargetCatalog;
}

/** A target as its operator sees it. */
export interface TargetState {
  readonly name: string;
  readonly engine: string;
  readonly environment: string;
  readonly version: string;
  /** How many tables and views the proxy knows there, without the server's own. */
  readonly relations: number;
  /** It has answered when it was asked last. */
  readonly isUp: boolean;
  /** `Date.now()` when that began; `undefined` before it is asked. */
  readonly sinceMs: number | undefined;
  /** Why it has not. */
  readonly error: string | undefined;
}

interface TargetsOptions {
  /** Where the names of tables and columns are kept when the proxy does not run. */
  readonly namesFolder?: string | undefined;
  /** Another process writes there. */
  readonly readsNamesOnly?: boolean;
  /** A session has changed the schema. */
  readonly changed?: (target: string) => void;
  /** As `TargetCatalog` tells it. */
  readonly replaced?: (target: string, catalog: Catalog, unwritten: unknown) => void;
}

const defaultHealthMs = 10_000;

interface Asking {
  readonly timeoutMs: () => number;
  readonly changed: (state: HealthState) => void;
  readonly failed: (target: string) => void;
}

interface Refreshing {
  readonly everyMs: number;
  readonly failed: (explanation: string) => void;
}

/** The targets of the configuration: clients choose one by giving its name as the database. */
export class ConfiguredTargets implements Targets {
  readonly #options: TargetsOptions;
  readonly #health = new Map<string, TargetHealth>();
  #all: readonly ConfiguredTarget[];
  /** Those that sessions still have, and nobody can connect to any more. */
  readonly #retired = new Set<ConfiguredTarget>();
  #asking: Asking | undefined;
  #refreshing: Refreshing | undefined;

  /** @throws where a file with names cannot be read */
  constructor(config: ProxyConfig["targets"], options: TargetsOptions = {}) {
    this.#options = options;
    this.#all = config.map((target) => ({ ...target, catalog: this.#catalogOf(target, undefined, false) }));
  }

  #catalogOf(target: TargetConfig, former: TargetCatalog | undefined, isTrial: boolean): TargetCatalog {
    const { namesFolder, readsNamesOnly = false, replaced, changed } = this.#options;
    return new TargetCatalog(target, {
      isTrial,
      former: former?.seenNames,
      readsNamesOnly,
      ...(changed === undefined ? {} : { changed: () => changed(target.name) }),
      ...(namesFolder === undefined ? {} : { namesFile: new NamesFile(namesFolder, target.name) }),
      ...(replaced === undefined
        ? {}
        : { replaced: (catalog, unwritten) => replaced(target.name, catalog, unwritten) }),
    });
  }

  get all(): readonly ConfiguredTarget[] {
    return this.#all;
  }

  /** Connects to what is new. Nothing changes before `apply`; what is not applied must be given to `discard`. */
  prepare(next: readonly TargetConfig[], changes: ReadonlyMap<string, TargetChange>): Promise<PreparedTargets> {
    return prepareTargets(this.#all, next, changes, (target, former) => this.#catalogOf(target, former, true));
  }

  discard({ opened }: PreparedTargets): void {
    for (const catalog of opened) catalog.close();
  }

  /** In force from here on. */
  apply({ all, opened, replaced }: PreparedTargets): void {
    const before = this.#all;
    this.#all = all;
    for (const target of before) {
      if (!replaced.gone.has(target)) continue;
      target.catalog.retire(opened);
      this.#retired.add(target);
    }
    for (const catalog of opened) {
      const { name } = all.find((target) => target.catalog === catalog) ?? { name: "" };
      this.#options.replaced?.(name, catalog.current(), catalog.adopt());
      // Somebody may have changed the schema since it was read.
      catalog.changedElsewhere();
      this.#refresh(catalog);
    }
    for (const now of replaced.settings.values()) now.catalog.use(now);
    for (const target of before) {
      if (!replaced.gone.has(target) && !replaced.settings.has(target)) continue;
      this.#health.get(target.name)?.close();
      this.#health.delete(target.name);
    }
    for (const target of all) if (!this.#health.has(target.name)) this.#ask(target);
  }

  /** What this has become; `undefined` where no client is connected to it any more. */
  present(target: Target): Target | undefined {
    return this.#all.find(({ name, catalog }) => name === target.name && catalog === target.catalog);
  }

  /** Lets go of what is gone and has no sessions. */
  release(sessions: Iterable<{ readonly target: Target }>): void {
    if (this.#retired.size === 0) return;
    const used = new Set([...sessions].map(({ target }) => target.catalog));
    for (const target of this.#retired) {
      if (used.has(target.catalog)) continue;
      this.#retired.delete(target);
      target.catalog.close();
    }
  }

  /** Reads every catalog; resolves with why targets cannot be used, all of them at once. */
  async open(): Promise<string[]> {
    const outcomes = await Promise.allSettled(this.all.map((target) => target.catalog.refresh()));
    return outcomes.flatMap((outcome, index) => {
      const target = this.all[index];
      return outcome.status === "fulfilled" || target === undefined ? [] : [explainTargetError(target, outcome.reason)];
    });
  }

  find(database: string, _principal: Principal, protocol: Protocol, own?: string): Promise<TargetChoice> {
    const reachable = this.#reachable(protocol, own);
    const target = reachable.find(
      ({ name, database: upstream }) => name === database || (own !== undefined && upstream === database),
    );
    if (target !== undefined) return Promise.resolve({ kind: "target", target, database: target.database });
    const [only, ...others] = reachable;
    // A MySQL server has many databases, and a client may begin in any of them or in none.
    if (protocol === "mysql" && only !== undefined && others.length === 0)
      return Promise.resolve({ kind: "target", target: only, database: database === "" ? undefined : database });
    return Promise.resolve({
      kind: "refused",
      sqlstate: "3D000",
      message: database === "" ? "no database was named" : `database "${database}" does not exist`,
      hint: `The proxy has ${reachable.map(({ name }) => `"${name}"`).join(", ")}.`,
    });
  }

  mysqlVersion(own?: string): string | undefined {
    const [first] = this.#reachable("mysql", own);
    return first?.catalog.current().mysql?.version;
  }

  /** @param own the one target of a port that is its own */
  #reachable(protocol: Protocol, own: string | undefined): readonly ConfiguredTarget[] {
    return this.all.filter(
      ({ engine, name }) => protocolOf[engine] === protocol && (own === undefined || name === own),
    );
  }

  /**
   * Asks each target again and again whether it answers.
   * @param changed told when one is down, or up again
   * @param failed told of each answer that did not come
   */
  startAsking(timeoutMs: () => number, changed: (state: HealthState) => void, failed: (target: string) => void): void {
    this.#asking = { timeoutMs, changed, failed };
    for (const target of this.all) this.#ask(target);
  }

  #ask(target: ConfiguredTarget): void {
    if (this.#asking === undefined) return;
    const { timeoutMs, changed, failed } = this.#asking;
    const { healthMs: everyMs = defaultHealthMs, name } = target;
    const health = new TargetHealth(target, { everyMs, timeoutMs, changed, failed: () => failed(name) });
    health.start();
    this.#health.set(name, health);
  }

  get states(): readonly TargetState[] {
    return this.all.map((target) => {
      const { name, engine, environment, catalog } = target;
      const { relations, mysql, serverVersionNum } = catalog.current();
      const version = mysql?.version ?? `${Math.floor(serverVersionNum / 10_000)}.${serverVersionNum % 10_000}`;
      const unread = catalog.lastError === undefined ? undefined : explainTargetError(target, catalog.lastError);
      const health = this.#health.get(name)?.state;
      const own = [...relations.values()].filter(({ isSystem }) => !isSystem).length;
      // Of the two, the younger one: a target is asked more often than its schema is read.
      const error = health === undefined ? unread : health.problem;
      const isUp = error === undefined;
      return { name, engine, environment, version, relations: own, isUp, sinceMs: health?.sinceMs, error };
    });
  }

  /** Reads every schema again and again; called anew, from then on in another rhythm. */
  startRefreshing(everyMs: number, failed: (explanation: string) => void): void {
    this.#refreshing = { everyMs, failed };
    for (const { catalog } of [...this.#all, ...this.#retired]) this.#refresh(catalog);
  }

  #refresh(catalog: TargetCatalog): void {
    if (this.#refreshing === undefined) return;
    const { everyMs, failed } = this.#refreshing;
    catalog.startRefreshing(everyMs, (error) => failed(catalog.explain(error)));
  }

  close(): void {
    for (const { catalog } of [...this.#all, ...this.#retired]) catalog.close();
    for (const health of this.#health.values()) health.close();
  }
}
