/** Searches the records of all proxies on a store. Each question sees the index as it was at its beginning, and has a connection to itself meanwhile. */
import type { Client } from "pg";
import { errorCode } from "../../config/system-error.ts";
import { parseRecord } from "../print-record.ts";
import { type Condition, conditionOf, type IndexWord, type RecordQuery } from "../search/condition.ts";
import type { ToldRecord } from "../search/search-thread.ts";
import { type Report, reportOn, type ReportSubject, type SummedIndex } from "../search/report.ts";
import { explainDatabaseError } from "../sinks/postgres-sink.ts";
import { indexWord } from "./index-word.ts";
import { firstKeyAt } from "./record-key.ts";
import type { SharedTables } from "./shared-tables.ts";

/** A record of one of the proxies. */
export interface SharedRecord extends ToldRecord {
  /** The proxy's name. */
  readonly proxy: string;
}

interface FoundRow {
  readonly proxy: string;
  readonly line: string;
  readonly rows: number | null;
  readonly duration_us: number | null;
  readonly sqlstate: string | null;
}

/** Together below what callers of the API wait for. */
const connectMs = 5_000;
const queryMs = 15_000;
/** Each has a connection; further ones are refused. */
const questionsMax = 10;

export class SharedIndex {
  readonly #tables: SharedTables;
  readonly #answerMs: number;
  #questions = 0;
  /** Kept for the next question. */
  #idle: Client | undefined;
  #isClosed = false;

  /** @param answerMs for each query of a question, at most */
  constructor(tables: SharedTables, answerMs: number = queryMs) {
    this.#tables = tables;
    this.#answerMs = answerMs;
  }

  /** The newest first. @throws what keeps it from being searched, without values */
  search(query: RecordQuery, limit: number): Promise<readonly SharedRecord[]> {
    return this.#ask((index) => index.find(query, limit));
  }

  /** @throws what keeps it from being searched, without values */
  report(query: RecordQuery, by: ReportSubject): Promise<Report> {
    return this.#ask((index) => reportOn(index, by, query));
  }

  /** Ends the connection that is kept. */
  close(): void {
    this.#isClosed = true;
    this.#drop(this.#idle);
  }

  async #ask<T>(question: (index: Snapshot) => Promise<T>): Promise<T> {
    if (this.#questions >= questionsMax) throw new Error("too many searches run already");
    this.#questions++;
    let client: Client | undefined;
    try {
      client = await this.#begun();
      const answer = await question(new Snapshot(client));
      await client.query("commit");
      this.#keep(client);
      return answer;
    } catch (error) {
      this.#drop(client);
      if (client !== undefined && isTooSlow(error)) {
        const help = "ask for less, such as a shorter time (since, until)";
        throw new Error(`the store ${this.#tables.place} has no answer after ${this.#answerMs} ms: ${help}`, {
          cause: error,
        });
      }
      const what = client === undefined ? "cannot be reached" : "failed";
      throw new Error(`the store ${this.#tables.place} ${what}: ${explainDatabaseError(error)}`, { cause: error });
    } finally {
      this.#questions--;
    }
  }

  /** A connection with a transaction: the one that was kept, where it still works. */
  async #begun(): Promise<Client> {
    const kept = this.#idle;
    this.#idle = undefined;
    if (kept !== undefined) {
      try {
        await begin(kept);
        return kept;
      } catch {
        this.#drop(kept);
      }
    }
    const client = await this.#tables.connect({
      name: "penstock audit search",
      connectMs,
      queryMs: this.#answerMs,
      lost: (lost) => {
        if (this.#idle === lost) this.#idle = undefined;
      },
    });
    // Reports sort and join what they find; the server's default is for small rows.
    await client.query("set work_mem = '64MB'");
    await begin(client);
    return client;
  }

  #keep(client: Client): void {
    if (this.#idle === undefined && !this.#isClosed) this.#idle = client;
    else this.#drop(client);
  }

  #drop(client: Client | undefined): void {
    if (this.#idle === client) this.#idle = undefined;
    void client?.end().catch(() => undefined);
  }
}

/** Of the server, query_canceled; of pg, which looks at the same time, an error that has but its text. */
function isTooSlow(error: unknown): boolean {
  return errorCode(error) === "57014" || (error instanceof Error && error.message === "Query read timeout");
}

async function begin(client: Client): Promise<void> {
  // One whose server is gone without a word must not use up the time of the search.
  const query = { text: "begin isolation level repeatable read, read only", query_timeout: connectMs };
  await client.query(query);
}

/** As it was when a transaction began. */
class Snapshot implements SummedIndex {
  readonly tables = { records: "audit_records", tags: "audit_tags" };
  readonly #client: Client;

  constructor(client: Client) {
    this.#client = client;
  }

  async find(query: RecordQuery, limit: number): Promise<SharedRecord[]> {
    const condition = await this.condition(query);
    if (condition === undefined) return [];
    const { record, from, where, values } = condition;
    const rows = await this.all<FoundRow>(
      `select l.proxy, r.line, r.rows, r.duration_us, r.sqlstate
       from (select ${record} as id from ${from} where ${where} order by ${record} desc limit ?) as found
       join audit_records r on r.id = found.id join audit_logs l on l.id = r.log
       order by r.id desc`,
      ...values,
      limit,
    );
    return rows.map(({ proxy, line, rows: count, duration_us: durationUs, sqlstate }) => ({
      proxy,
      record: parseRecord(line) ?? {},
      result: sqlstate === null ? undefined : { rows: count ?? 0, durationUs: durationUs ?? 0, sqlstate },
    }));
  }

  condition(query: RecordQuery): Promise<Condition | undefined> {
    return conditionOf(query, {
      ...this.tables,
      word: indexWord,
      sendersFor: async (behalf) => {
        const sql = "select distinct principal from audit_records where behalf = ?";
        const rows = await this.all<{ readonly principal: string }>(sql, behalf);
        return rows.map(({ principal }) => principal);
      },
      sessions: (start) => ({
        where: "r.session >= ? and r.session < ?",
        values: [indexWord(start), `${indexWord(start)}\u{10ffff}`],
      }),
      proxy: (name) => ({ where: "r.log in (select id from audit_logs where proxy = ?)", values: [name] }),
      time: "r.id",
      timeValue: firstKeyAt,
    });
  }

  words(): Promise<(word: IndexWord) => string> {
    return Promise.resolve(String);
  }

  async all<Row extends object>(sql: string, ...values: IndexWord[]): Promise<Row[]> {
    let count = 0;
    const { rows } = await this.#client.query<Row>(
      sql.replaceAll("?", () => `$${++count}`),
      values,
    );
    return rows;
  }
}
