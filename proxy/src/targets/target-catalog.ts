import { createHash } from "node:crypto";
import {
  type Catalog,
  loadMysqlCatalog,
  loadPostgresCatalog,
  readDatabaseId,
  readMysqlDatabaseId,
  type SeenNames,
  seenNamesOf,
} from "@penstock/engine";
import type { TargetConfig } from "../config/sections/targets.ts";
import type { CatalogSource } from "../enforce/catalog-source.ts";
import { protocolOf } from "../enforce/target.ts";
import type { NamesFile } from "./names-file.ts";
import { explainTargetError, type RunQuery, withConnection } from "./target-connection.ts";

/** When to read again what could not be read because it was locked. */
const lockedAgainMs = 1_000;

interface TargetCatalogOptions {
  /** Names to begin with where no file has any. */
  readonly former?: SeenNames | undefined;
  /** Nothing is written or told before `adopt`. */
  readonly isTrial?: boolean;
  /** Where names are remembered when the proxy does not run. */
  readonly namesFile?: NamesFile;
  /** Another process writes that file. */
  readonly readsNamesOnly?: boolean;
  /** Told when the schema was seen to change here. */
  readonly changed?: () => void;
  /** A new snapshot is in force. @param unwritten why its names are remembered in this process only */
  readonly replaced?: (catalog: Catalog, unwritten: unknown) => void;
}

/** What the proxy knows of one target's schema: one snapshot for all its sessions. */
export class TargetCatalog implements CatalogSource {
  /** Why the newest attempt to read it failed; `undefined` when it did not. */
  lastError: unknown;
  #target: TargetConfig;
  /** Whether what is read is remembered in the file and told. */
  #isInForce: boolean;
  #others: readonly TargetCatalog[] = [];
  readonly #options: TargetCatalogOptions;
  #current: Snapshot | undefined;
  /** The one that was read last, which is not in force where the schema was the same. */
  #newest: Snapshot | undefined;
  /** Names to begin with, in place of those of `#current`. */
  #seen: SeenNames | undefined;
  #running: Promise<Catalog> | undefined;
  #next: Promise<Catalog> | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** How often it was said how often to read. */
  #turns = 0;
  #lockedTimer: NodeJS.Timeout | undefined;
  #closed = false;
  /** How often the schema was seen to change, and how often it had when the load began that gave `#current`. */
  #changes = 0;
  #changesRead = 0;
  /** The same of the load that runs. */
  #changesReading = 0;

  /**
   * @param target not connected to before `refresh`, which must succeed once before `current`.
   * @throws what `NamesFile.read` does
   */
  constructor(target: TargetConfig, options: TargetCatalogOptions = {}) {
    this.#target = target;
    this.#options = options;
    this.#isInForce = options.isTrial !== true;
    this.#seen = options.namesFile?.read() ?? options.former;
  }

  current(): Catalog {
    if (this.#current === undefined) throw new Error(`the catalog of target "${this.#target.name}" was never read`);
    return this.#current.catalog;
  }

  /** For another catalog of the same database; `undefined` before the first `refresh`. */
  get seenNames(): SeenNames | undefined {
    return this.#current === undefined ? undefined : seenNamesOf(this.#current.catalog);
  }

  /** The target is in force: what was read on trial is remembered. @returns why that cannot be done */
  adopt(): unknown {
    this.#isInForce = true;
    return this.#newest === undefined ? undefined : this.#write(this.#newest);
  }

  /**
   * Goes on for sessions that are still there: another catalog has its file now.
   * @param others that may be of the same database, and hear of what these sessions change in it
   */
  retire(others: readonly TargetCatalog[]): void {
    this.#isInForce = false;
    this.#others = others;
  }

  /** Why it could not be read, for the operator. */
  explain(error: unknown): string {
    return explainTargetError(this.#target, error);
  }

  /** The same database with other settings, such as another password. */
  use(target: TargetConfig): void {
    this.#target = target;
  }

  refresh(): Promise<Catalog> {
    if (this.#running === undefined) return this.#start();
    // The load that runs may have read past what the caller saw change: one more follows, for all who ask meanwhile.
    this.#next ??= this.#running.then(
      () => this.#startNext(),
      () => this.#startNext(),
    );
    return this.#next;
  }

  caughtUp(): Promise<Catalog> {
    if (!this.isStale) return Promise.resolve(this.current());
    if (this.#running === undefined || this.#changesReading < this.#changes) return this.refresh();
    return this.#running.catch(() => this.refresh());
  }

  get isStale(): boolean {
    return this.#changesRead < this.#changes;
  }

  changed(): void {
    this.changedElsewhere();
    this.#options.changed?.();
  }

  /** As `changed`, of what another process has seen. */
  changedElsewhere(): void {
    this.#changes++;
    for (const other of this.#others) other.changed();
    // Whoever needs it asks again.
    this.refresh().catch(() => undefined);
  }

  /**
   * Takes the names of before from the file, with what somebody has changed there, at the next `refresh`; without the file, none but the present
   * ones. Nothing where no file is configured. @throws what `NamesFile.read` does
   */
  readNamesAgain(): void {
    const { namesFile } = this.#options;
    if (namesFile === undefined || this.#current === undefined) return;
    const { databaseId, relations } = seenNamesOf(this.#current.catalog);
    this.#seen = namesFile.read() ?? { databaseId, relations: relations.map((each) => ({ ...each, former: [] })) };
  }

  /** Reads again and again. @param failed told of every attempt that fails; the old snapshot stays. */
  startRefreshing(everyMs: number, failed: (error: unknown) => void): void {
    clearTimeout(this.#timer);
    const turns = ++this.#turns;
    const turn = () => {
      this.refresh()
        .catch(failed)
        .finally(() => {
          if (!this.#closed && turns === this.#turns) this.#timer = setTimeout(turn, everyMs);
        });
    };
    this.#timer = setTimeout(turn, everyMs);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#lockedTimer);
  }

  #startNext(): Promise<Catalog> {
    this.#next = undefined;
    return this.#start();
  }

  #start(): Promise<Catalog> {
    this.#running = this.#load().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #load(): Promise<Catalog> {
    const changes = this.#changes;
    this.#changesReading = changes;
    const seen = this.#seen;
    try {
      const next = await withConnection(this.#target, (run) =>
        readers[protocolOf[this.#target.engine]](run, this.#current?.catalog, seen ?? this.#newest?.names),
      );
      // Decisions are cached by the snapshot's identity: an unchanged schema must not make them all anew.
      if (next.digest !== this.#current?.digest || seen !== undefined) this.#replace(next);
      // Tables were rebuilt, which matters to nobody but who is to know them again when they are renamed.
      else if (next.ids !== this.#newest?.ids) this.#write(next);
      this.#newest = next;
      if (this.#seen === seen) this.#seen = undefined;
      this.#changesRead = changes;
      if (!this.#closed && hasLocked(next.catalog)) this.#againSoon();
      this.lastError = undefined;
      return this.current();
    } catch (error) {
      this.lastError = error;
      throw error;
    }
  }

  #againSoon(): void {
    clearTimeout(this.#lockedTimer);
    this.#lockedTimer = setTimeout(() => this.refresh().catch(() => undefined), lockedAgainMs);
  }

  #replace(next: Snapshot): void {
    this.#current = next;
    if (!this.#isInForce) return;
    this.#options.replaced?.(next.catalog, this.#write(next));
  }

  /** @returns why it could not be done */
  #write({ names }: Snapshot): unknown {
    if (!this.#isInForce) return undefined;
    if (this.#options.readsNamesOnly === true) return undefined;
    try {
      this.#options.namesFile?.write(names);
      return undefined;
    } catch (error) {
      return error;
    }
  }
}

interface Snapshot {
  readonly catalog: Catalog;
  /** Of the rows that were read beside what PostgreSQL itself brings. */
  readonly digest: string;
  /** The same of the numbers of MySQL's tables, which change without a change of the schema. */
  readonly ids?: string;
  readonly names: SeenNames;
}

/** Some definition is missing: until it is there, who reads what it is of may be refused. */
function hasLocked({ relations, isIncomplete }: Catalog): boolean {
  return (
    isIncomplete === true ||
    [...relations.values()].some(
      ({ definition, columns }) => definition === "" || columns.some(({ generated }) => generated === ""),
    )
  );
}

/** @param seen names of before, where they are not those of `previous` */
async function readPostgres(
  run: RunQuery,
  previous: Catalog | undefined,
  seen: SeenNames | undefined,
): Promise<Snapshot> {
  const databaseId = await readDatabaseId(run);
  const known = previous ?? (await loadPostgresCatalog(run));
  const names = seen ?? (previous === undefined ? undefined : seenNamesOf(previous));
  const hash = createHash("sha256");
  const catalog = await loadPostgresCatalog(digesting(run, hash), known, {
    databaseId,
    names: names ?? { databaseId, relations: [] },
  });
  // Another version of the server brings other functions: the whole is read again.
  if (catalog.serverVersionNum !== known.serverVersionNum) return readPostgres(run, undefined, names);
  return { catalog, digest: hash.digest("hex"), names: seenNamesOf(catalog) };
}

/** @param seen as of `readPostgres` */
async function readMysql(run: RunQuery, previous: Catalog | undefined, seen: SeenNames | undefined): Promise<Snapshot> {
  const databaseId = await readMysqlDatabaseId(run);
  const known = previous ?? (await loadMysqlCatalog(run));
  const names = seen ?? (previous === undefined ? undefined : seenNamesOf(previous));
  const [hash, ids] = [createHash("sha256"), createHash("sha256")];
  const catalog = await loadMysqlCatalog(
    digesting(run, hash),
    known,
    { databaseId, names: names ?? { databaseId, relations: [] } },
    digesting(run, ids),
  );
  // Where two tables that look alike have changed places, nothing else tells.
  const former = [...catalog.relations.values()].flatMap(({ former: namings, path }) =>
    namings === undefined ? [] : [path, namings.map(({ schema, name, columns }) => [schema, name, ...columns])],
  );
  hash.update(JSON.stringify(former));
  return { catalog, digest: hash.digest("hex"), ids: ids.digest("hex"), names: seenNamesOf(catalog) };
}

const readers = { postgres: readPostgres, mysql: readMysql } as const;

function digesting(run: RunQuery, hash: ReturnType<typeof createHash>): RunQuery {
  return async (sql) => {
    const rows = await run(sql);
    for (const row of rows) hash.update(JSON.stringify(row));
    return rows;
  };
}
