/**
 * A store in a file, for the proxies and commands of one machine. Each transaction is on disk when it ends. The file holds statements and
 * values, and whoever can write it can approve anything: so nobody but the proxy's own account may open it.
 */
import { closeSync, fstatSync, lstatSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { errorMessage } from "../config/system-error.ts";
import { storeLimits } from "./limits.ts";
import { migrate } from "./migrations.ts";
import type { SqlRow, SqlTransaction, SqlValue } from "./sql.ts";
import { SqlStore } from "./sql-store.ts";
import { StoreError } from "./store.ts";
import { Turns } from "./turns.ts";

export class SqliteStore extends SqlStore {
  readonly place: string;
  readonly #turns: Turns;
  readonly #statements = new Map<string, StatementSync>();
  #database: DatabaseSync | undefined;
  #version = 0;
  #poll: NodeJS.Timeout | undefined;

  constructor(file: string) {
    super();
    this.place = file;
    this.#turns = new Turns(file, (work) => this.#run(work));
  }

  async open(): Promise<void> {
    try {
      refuseShared(this.place);
      const database = new DatabaseSync(this.place, { timeout: 0 });
      this.#database = database;
      await this.#patiently(() => {
        database.exec("pragma journal_mode = wal; pragma synchronous = full");
      });
    } catch (error) {
      throw new StoreError(this.place, `cannot be opened: ${errorMessage(error)}`, error);
    }
    await this.transaction(migrate);
    // The commit has been seen by nobody, and is our own.
    this.#version = this.#dataVersion();
    this.#poll = setInterval(() => this.#look(), storeLimits.sqlitePollMs);
    this.#poll.unref();
  }

  async close(): Promise<void> {
    clearInterval(this.#poll);
    this.#turns.close();
    this.#statements.clear();
    this.#database?.close();
    this.#database = undefined;
    return Promise.resolve();
  }

  protected transaction<T>(work: (tx: SqlTransaction) => Promise<T>, isFirst?: boolean): Promise<T> {
    return this.#turns.take(work, isFirst);
  }

  async #run(work: (tx: SqlTransaction) => Promise<void>): Promise<void> {
    const database = this.#database;
    if (database === undefined) throw new StoreError(this.place, "is not open");
    let tells = false;
    const tx: SqlTransaction = {
      engine: "sqlite",
      nowMs: Date.now(),
      // oxlint-disable-next-line typescript/require-await -- what it throws must reject
      all: async (sql, ...values) => this.#all(sql, values),
      tellOthers: () => {
        tells = true;
      },
    };
    try {
      await this.#patiently(() => database.exec("begin immediate"));
      await work(tx);
      database.exec("commit");
    } catch (error) {
      if (database.isOpen && database.isTransaction) database.exec("rollback");
      if (isOfFile(error))
        throw new StoreError(this.place, `failed: ${errorMessage(error)}`, error, isBusy(error) ? "undone" : undefined);
      throw error;
    }
    if (tells) this.changed();
  }

  #all(sql: string, values: readonly SqlValue[]): readonly SqlRow[] {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      if (this.#database === undefined) throw new StoreError(this.place, "is not open");
      statement = this.#database.prepare(sql.replaceAll(/\$(\d+)/g, "?$1"));
      this.#statements.set(sql, statement);
    }
    return statement.all(...values).map(rowOf);
  }

  /** Another process may write: its turn ends soon. The event loop goes on meanwhile. */
  async #patiently(action: () => void): Promise<void> {
    const end = Date.now() + storeLimits.queryMs;
    for (let waitMs = 1; ; waitMs = Math.min(2 * waitMs, 20)) {
      try {
        action();
        return;
      } catch (error) {
        if (!isBusy(error) || Date.now() > end) throw error;
      }
      await sleep(waitMs);
    }
  }

  /** Whether another process has changed something. */
  #look(): void {
    try {
      const version = this.#dataVersion();
      if (version === this.#version) return;
      this.#version = version;
      this.changed();
    } catch {
      // The next call says what is wrong.
    }
  }

  #dataVersion(): number {
    const row = this.#database?.prepare("pragma data_version").get();
    return Number(row?.["data_version"] ?? 0);
  }
}

/** Makes the file if there is none. Throws where others could open it or put another one in its place. */
function refuseShared(file: string): void {
  const { mode: folderMode } = lstatSync(dirname(file));
  if ((folderMode & 0o022) !== 0 && (folderMode & 0o1000) === 0) {
    throw new Error(`others may write to its folder, and so approve anything: chmod go-w ${dirname(file)}`);
  }
  const descriptor = openSync(file, "a", 0o600);
  try {
    const { mode, uid } = fstatSync(descriptor);
    if ((mode & 0o077) !== 0) {
      throw new Error(
        `others may open it (mode ${(mode & 0o777).toString(8)}), and so read statements and approve anything: chmod 600 ${file}`,
      );
    }
    const self = process.getuid?.();
    if (self !== undefined && self !== 0 && uid !== self)
      throw new Error("it belongs to another account, who could approve anything");
  } finally {
    closeSync(descriptor);
  }
}

function rowOf(row: Record<string, unknown>): SqlRow {
  const values = Object.entries(row).map(([column, value]): [string, SqlValue] => {
    if (value === null || typeof value === "string" || typeof value === "number") return [column, value];
    throw new Error(`the store's column ${column} holds what no column holds`);
  });
  return Object.fromEntries(values);
}

/** SQLITE_CONSTRAINT and SQLITE_MISMATCH: a call's own fault. */
const ownFaults: ReadonlySet<number> = new Set([19, 20]);
const busy = 5;

/** The file, its disk or its lock is to blame. */
function isOfFile(error: unknown): boolean {
  const code = sqliteCode(error);
  return code !== undefined && !ownFaults.has(code);
}

/** SQLITE_BUSY: another connection writes. */
function isBusy(error: unknown): boolean {
  return sqliteCode(error) === busy;
}

function sqliteCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("errcode" in error) || typeof error.errcode !== "number") return undefined;
  return error.errcode & 0xff;
}
