import type { Catalog, Principal } from "@penstock/engine";
import type { ProxyConfig } from "../config/load-config.ts";
import { type Protocol, protocolOf, type Target, type TargetChoice, type Targets } from "../enforce/target.ts";
import { NamesFile } from "./names-file.ts";
import { TargetCatalog } from "./target-catalog.ts";
import { explainTargetError } from "./target-connection.ts";

export interface ConfiguredTarget extends Target {
  readonly catalog: TargetCatalog;
}

/** A target as its operator sees it. */
export interface TargetState {
  readonly name: string;
  readonly engine: string;
  readonly environment: string;
  readonly version: string;
  /** How many tables and views the proxy knows there. */
  readonly relations: number;
  /** The last look at its schema has succeeded. */
  readonly isUp: boolean;
  /** Why it has not. */
  readonly error: string | undefined;
}

interface TargetsOptions {
  /** Where the names of tables and columns are kept when the proxy does not run. */
  readonly namesFolder?: string | undefined;
  /** As `TargetCatalog` tells it. */
  readonly replaced?: (target: string, catalog: Catalog, unwritten: unknown) => void;
}

/** The targets of the configuration: clients choose one by giving its name as the database. */
export class ConfiguredTargets implements Targets {
  readonly all: readonly ConfiguredTarget[];

  /** @throws where a file with names cannot be read */
  constructor(config: ProxyConfig["targets"], { namesFolder, replaced }: TargetsOptions = {}) {
    this.all = config.map((target) => ({
      ...target,
      catalog: new TargetCatalog(target, {
        ...(namesFolder === undefined ? {} : { namesFile: new NamesFile(namesFolder, target.name) }),
        ...(replaced === undefined
          ? {}
          : { replaced: (catalog, unwritten) => replaced(target.name, catalog, unwritten) }),
      }),
    }));
  }

  /** Reads every catalog; resolves with why targets cannot be used, all of them at once. */
  async open(): Promise<string[]> {
    const outcomes = await Promise.allSettled(this.all.map((target) => target.catalog.refresh()));
    return outcomes.flatMap((outcome, index) => {
      const target = this.all[index];
      return outcome.status === "fulfilled" || target === undefined ? [] : [explainTargetError(target, outcome.reason)];
    });
  }

  find(database: string, _principal: Principal, protocol: Protocol): Promise<TargetChoice> {
    const reachable = this.#reachable(protocol);
    const target = reachable.find(({ name }) => name === database);
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

  mysqlVersion(): string {
    const [first] = this.#reachable("mysql");
    if (first === undefined) throw new Error("there is no target of MySQL's protocol");
    return first.catalog.current().mysql?.version ?? "";
  }

  #reachable(protocol: Protocol): readonly ConfiguredTarget[] {
    return this.all.filter(({ engine }) => protocolOf[engine] === protocol);
  }

  get states(): readonly TargetState[] {
    return this.all.map((target) => {
      const { name, engine, environment, catalog } = target;
      const { relations, mysql, serverVersionNum } = catalog.current();
      const version = mysql?.version ?? `${Math.floor(serverVersionNum / 10_000)}.${serverVersionNum % 10_000}`;
      const error = catalog.lastError === undefined ? undefined : explainTargetError(target, catalog.lastError);
      return { name, engine, environment, version, relations: relations.size, isUp: error === undefined, error };
    });
  }

  startRefreshing(everyMs: number, failed: (explanation: string) => void): void {
    for (const target of this.all) {
      target.catalog.startRefreshing(everyMs, (error) => failed(explainTargetError(target, error)));
    }
  }

  close(): void {
    for (const target of this.all) target.catalog.close();
  }
}
