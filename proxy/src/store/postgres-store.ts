/**
 * A store in PostgreSQL, for proxies on several machines: tables in a schema of its own. A lock makes transactions follow one another; who holds
 * it and says nothing loses it. Changes are told by NOTIFY; who hears none looks from time to time.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "pg";
import { errorMessage } from "../config/system-error.ts";
import { storeLimits } from "./limits.ts";
import {
  beginStoreTransaction,
  connectPostgres,
  migratePostgres,
  placeOf,
  type PostgresAddress,
} from "./postgres-connection.ts";
import { asked, codeOf, Disconnected, isFatal, isPassing, silentTransaction } from "./postgres-errors.ts";
import type { SqlTransaction } from "./sql.ts";
import { SqlStore } from "./sql-store.ts";
import { StoreError } from "./store.ts";
import { Turns } from "./turns.ts";

export interface PostgresStoreOptions extends PostgresAddress {
  /** Whether changes are listened to; without it they are only looked for. */
  readonly listens?: boolean;
  /** The connection is lost, or there again. */
  readonly report?: (problem: string | undefined) => void;
}

const channel = "penstock_store";

export class PostgresStore extends SqlStore {
  readonly place: string;
  readonly #options: PostgresStoreOptions;
  readonly #turns: Turns;
  #worker: Promise<Client> | undefined;
  #ears: Client | undefined;
  #retryMs: number = storeLimits.reconnectMs;
  #retry: NodeJS.Timeout | undefined;
  #isClosed = false;
  #isAway = false;
  #isMigrated = false;

  constructor(options: PostgresStoreOptions) {
    super();
    this.#options = options;
    this.place = placeOf(options);
    this.#turns = new Turns(this.place, (work) => this.#run(work));
  }

  async open(): Promise<void> {
    if (this.#options.listens !== false) void this.#listen();
    await this.#connected();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#retry);
    this.#turns.close();
    const worker = await this.#worker?.catch(() => undefined);
    this.#worker = undefined;
    const ears = this.#ears;
    this.#ears = undefined;
    const ended = [worker, ears].map(async (client) => client?.end().catch(() => undefined));
    // A server that is cut off answers no goodbye.
    await Promise.race([Promise.all(ended), sleep(storeLimits.connectMs, undefined, { ref: false })]);
  }

  protected transaction<T>(work: (tx: SqlTransaction) => Promise<T>, isFirst?: boolean): Promise<T> {
    return this.#turns.take(work, isFirst);
  }

  async #run(work: (tx: SqlTransaction) => Promise<void>): Promise<void> {
    let client: Client | undefined;
    let isCommitting = false;
    let tells = false;
    try {
      client = await this.#connected();
      const tx = await beginStoreTransaction(client, () => {
        tells = true;
      });
      await work(tx);
      if (tells) await asked(client.query(`notify ${channel}`));
      isCommitting = true;
      await asked(client.query("commit"));
    } catch (error) {
      if (error instanceof StoreError) throw error;
      const isGone = error instanceof Disconnected || isFatal(error);
      // Of a connection in an unknown state nothing is expected any more.
      if (isGone) this.#drop();
      else await client?.query("rollback").catch(() => this.#drop());
      if (!isGone && !isPassing(error)) throw error;
      // Whoever was put out for its silence had not committed.
      const isUnknown = isCommitting && isGone && codeOf(error) !== silentTransaction;
      throw new StoreError(this.place, `failed: ${errorMessage(error)}`, error, isUnknown ? "unknown" : "undone");
    }
    if (tells) this.changed();
  }

  /** One connection for all calls, made when it is missing. */
  async #connected(): Promise<Client> {
    if (this.#isClosed) throw new StoreError(this.place, "is closed");
    this.#worker ??= this.#connect("penstock store").then(async (client) => {
      if (!this.#isMigrated) await this.#migrate(client);
      return client;
    });
    try {
      const client = await this.#worker;
      this.#away(undefined);
      return client;
    } catch (error) {
      this.#worker = undefined;
      const failure =
        error instanceof StoreError
          ? error
          : new StoreError(this.place, `cannot be reached: ${errorMessage(error)}`, error, "undone");
      this.#away(failure.message);
      throw failure;
    }
  }

  async #migrate(client: Client): Promise<void> {
    try {
      await migratePostgres(client, this.#options);
      this.#isMigrated = true;
    } catch (error) {
      await client.end().catch(() => undefined);
      throw new StoreError(this.place, `cannot be used: ${errorMessage(error)}`, error);
    }
  }

  #connect(name: string): Promise<Client> {
    const { queryMs } = storeLimits;
    return connectPostgres(this.#options, { name, queryMs, lost: (client) => this.#lost(client) });
  }

  /** Listens, and listens again where that has ended. */
  async #listen(): Promise<void> {
    try {
      const ears = await this.#connect("penstock store, listening");
      if (this.#isClosed) {
        await ears.end();
        return;
      }
      this.#ears = ears;
      ears.on("notification", () => this.changed());
      await ears.query(`listen ${channel}`);
      this.#retryMs = storeLimits.reconnectMs;
      // What was told meanwhile was not heard.
      this.changed();
    } catch {
      this.#ears = undefined;
      this.#listenLater();
    }
  }

  #listenLater(): void {
    if (this.#isClosed) return;
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => void this.#listen(), this.#retryMs);
    this.#retry.unref();
    this.#retryMs = Math.min(2 * this.#retryMs, storeLimits.reconnectMsMax);
  }

  #lost(client: Client): void {
    if (client === this.#ears) {
      this.#ears = undefined;
      this.#listenLater();
      return;
    }
    void this.#worker?.then(
      (worker) => {
        if (worker === client) this.#worker = undefined;
      },
      () => undefined,
    );
  }

  /** The connection is in no state to go on. */
  #drop(): void {
    const worker = this.#worker;
    this.#worker = undefined;
    void worker?.then(
      (client) => client.end().catch(() => undefined),
      () => undefined,
    );
  }

  #away(problem: string | undefined): void {
    const isAway = problem !== undefined;
    if (isAway === this.#isAway) return;
    this.#isAway = isAway;
    this.#options.report?.(problem);
  }
}
