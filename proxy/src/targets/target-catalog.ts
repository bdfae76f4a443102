import { createHash } from "node:crypto";
import { type Catalog, loadPostgresCatalog } from "@penstock/engine";
import type { TargetConfig } from "../config/load-config.ts";
import type { CatalogSource } from "../enforce/catalog-source.ts";
import { type RunQuery, withConnection } from "./target-connection.ts";

/** What the proxy knows of one target's schema: one snapshot for all its sessions. */
export class TargetCatalog implements CatalogSource {
  /** Why the newest attempt to read it failed; `undefined` when it did not. */
  lastError: unknown;
  readonly #target: TargetConfig;
  #current: Snapshot | undefined;
  #running: Promise<Catalog> | undefined;
  #next: Promise<Catalog> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  /** @param target not connected to before `refresh`, which must succeed once before `current`. */
  constructor(target: TargetConfig) {
    this.#target = target;
  }

  current(): Catalog {
    if (this.#current === undefined) throw new Error(`the catalog of target "${this.#target.name}" was never read`);
    return this.#current.catalog;
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

  /** Reads again and again. @param failed told of every attempt that fails; the old snapshot stays. */
  startRefreshing(everyMs: number, failed: (error: unknown) => void): void {
    const turn = () => {
      this.refresh()
        .catch(failed)
        .finally(() => {
          if (!this.#closed) this.#timer = setTimeout(turn, everyMs);
        });
    };
    this.#timer = setTimeout(turn, everyMs);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
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
    try {
      const next = await withConnection(this.#target, (run) => readCatalog(run, this.#current?.catalog));
      // Decisions are cached by the snapshot's identity: an unchanged schema must not make them all anew.
      if (next.digest !== this.#current?.digest) this.#current = next;
      this.lastError = undefined;
      return this.#current.catalog;
    } catch (error) {
      this.lastError = error;
      throw error;
    }
  }
}

interface Snapshot {
  readonly catalog: Catalog;
  /** Of the rows that were read beside what PostgreSQL itself brings. */
  readonly digest: string;
}

async function readCatalog(run: RunQuery, previous: Catalog | undefined): Promise<Snapshot> {
  const known = previous ?? (await loadPostgresCatalog(run));
  const hash = createHash("sha256");
  const catalog = await loadPostgresCatalog(digesting(run, hash), known);
  // Another version of the server brings other functions: the whole is read again.
  if (catalog.serverVersionNum !== known.serverVersionNum) return readCatalog(run, undefined);
  return { catalog, digest: hash.digest("hex") };
}

function digesting(run: RunQuery, hash: ReturnType<typeof createHash>): RunQuery {
  return async (sql) => {
    const rows = await run(sql);
    for (const row of rows) hash.update(JSON.stringify(row));
    return rows;
  };
}
