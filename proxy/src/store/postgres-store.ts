/**
 * A store in PostgreSQL, for proxies on several machines: tables in a schema of its own. A lock makes transactions follow one another; who holds
 * it and says nothing loses it. Changes are told by NOTIFY; who hears none looks from time to time.
 */
import type { ConnectionOptions } from "node:tls";
import { setTimeout as sleep } from "node:timers/promises";
import { Client, type ClientConfig, DatabaseError } from "pg";
import { errorMessage } from "../config/system-error.ts";
import { type PasswordSource, withPassword } from "../credentials/password-source.ts";
import { storeLimits } from "./limits.ts";
import { migrate } from "./migrations.ts";
import type { SqlRow, SqlTransaction, SqlValue } from "./sql.ts";
import { SqlStore } from "./sql-store.ts";
import { StoreError } from "./store.ts";
import { Turns } from "./turns.ts";

export interface PostgresStoreOptions {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: PasswordSource;
  readonly tls: ConnectionOptions | undefined;
  /** Default: `penstock`. */
  readonly schema?: string;
  /** Whether changes are listened to; without it they are only looked for. */
  readonly listens?: boolean;
  /** The connection is lost, or there again. */
  readonly report?: (problem: string | undefined) => void;
}

/** Of PostgreSQL's advisory locks: the bytes of `penstock`. */
const lockKey = "8099005281265083243";
const channel = "penstock_store";
/** Of the server's side: who holds the lock and says nothing for so long is put out. */
const silentTransactionMs = 1_500;

export class PostgresStore extends SqlStore {
  readonly place: string;
  readonly #options: PostgresStoreOptions;
  readonly #schema: string;
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
    const { host, port, database, schema = "penstock" } = options;
    this.#options = options;
    this.#schema = `"${schema.replaceAll('"', '""')}"`;
    this.place = `postgres://${host}:${port}/${database}`;
    this.#turns = new Turns(this.place, (work) => this.#run(work));
  }

  async open(): Promise<void> {
    if (this.#options.listens !== false) void this.#listen();
    await this.transaction(async () => Promise.resolve());
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
    try {
      client = await this.#connected();
      let tells = false;
      const tx = await begin(client, () => {
        tells = true;
      });
      await work(tx);
      if (tells) await client.query(`notify ${channel}`);
      await client.query("commit");
      if (tells) this.changed();
    } catch (error) {
      const isOfServer = error instanceof DatabaseError;
      // Of a connection in an unknown state nothing is expected any more.
      if (client !== undefined && (!isOfServer || isFatal(error))) this.#drop();
      else await client?.query("rollback").catch(() => this.#drop());
      throw isOfServer && !isFatal(error) ? error : this.#failure(error);
    }
  }

  #failure(error: unknown): Error {
    if (error instanceof StoreError) return error;
    return new StoreError(this.place, `failed: ${errorMessage(error)}`, error);
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
          : new StoreError(this.place, `cannot be reached: ${errorMessage(error)}`, error);
      this.#away(failure.message);
      throw failure;
    }
  }

  async #migrate(client: Client): Promise<void> {
    try {
      const tx = await begin(client, () => undefined);
      await client.query(`create schema if not exists ${this.#schema}`);
      await migrate(tx);
      await client.query("commit");
      this.#isMigrated = true;
    } catch (error) {
      await client.end().catch(() => undefined);
      throw new StoreError(this.place, `cannot be used: ${errorMessage(error)}`, error);
    }
  }

  #connect(name: string): Promise<Client> {
    return withPassword(this.#options.password, (password) => this.#connectWith(password, name));
  }

  async #connectWith(password: string | undefined, name: string): Promise<Client> {
    const { host, port, database, user, tls } = this.#options;
    const config: ClientConfig = {
      host,
      port,
      database,
      user,
      // A function keeps pg from looking into a password file or the environment.
      password: () => password ?? "",
      ssl: tls ?? false,
      connectionTimeoutMillis: storeLimits.connectMs,
      query_timeout: storeLimits.queryMs,
      keepAlive: true,
      application_name: name,
      types: { getTypeParser: (oid: number) => (value: string) => (oid === 20 || oid === 23 ? Number(value) : value) },
    };
    const client = new Client(config);
    client.on("error", () => this.#lost(client));
    client.on("end", () => this.#lost(client));
    try {
      await client.connect();
      await client.query(
        `set search_path = ${this.#schema}; set idle_in_transaction_session_timeout = ${silentTransactionMs};
         set statement_timeout = ${storeLimits.queryMs}; set default_transaction_isolation = 'read committed'; set synchronous_commit = on`,
      );
    } catch (error) {
      await client.end().catch(() => undefined);
      throw error;
    }
    return client;
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

async function begin(client: Client, tellOthers: () => void): Promise<SqlTransaction> {
  const results: unknown = await client.query(
    `begin; select pg_advisory_xact_lock(${lockKey}); select floor(extract(epoch from clock_timestamp()) * 1000)::int8 as now`,
  );
  const nowMs = nowOf(results);
  return {
    nowMs,
    tellOthers,
    all: async (sql: string, ...values: readonly SqlValue[]) => {
      const { rows } = await client.query<SqlRow>({ name: nameOf(sql), text: sql, values: [...values] });
      return rows;
    },
  };
}

const names = new Map<string, string>();

/** The server keeps a statement by its name, once for each connection. There are few of them. */
function nameOf(sql: string): string {
  let name = names.get(sql);
  if (name === undefined) names.set(sql, (name = `s${names.size}`));
  return name;
}

/** Of several statements pg gives an array of results. */
function nowOf(results: unknown): number {
  const last: unknown = Array.isArray(results) ? results.at(-1) : undefined;
  if (typeof last === "object" && last !== null && "rows" in last && Array.isArray(last.rows)) {
    const [row]: readonly unknown[] = last.rows;
    if (typeof row === "object" && row !== null && "now" in row && typeof row.now === "number") return row.now;
  }
  throw new Error("the store has not told the time");
}

/** The session is over, or its transaction is. */
function isFatal(error: DatabaseError): boolean {
  return error.severity === "FATAL" || (error.code ?? "").startsWith("57P") || (error.code ?? "").startsWith("25P");
}
