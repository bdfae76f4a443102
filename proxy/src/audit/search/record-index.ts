/**
 * An index of the audit log in SQLite, beside it: which records tell of whom, and of which tables, labels and rules. It holds no text of statements:
 * records are read from the log itself. Made and brought up to date by whoever searches, so that the proxy has no work with it.
 */
import { DatabaseSync } from "node:sqlite";
import { endedFiles } from "../ended-files.ts";
import { FilePieces } from "../file-lines.ts";
import { type Condition, conditionOf, type IndexWord, type RecordQuery } from "./condition.ts";
import { schema, schemaVersion } from "./index-schema.ts";
import { IndexWriter } from "./index-writer.ts";
import type { StatementResult } from "./indexed-record.ts";
import type { SummedIndex } from "./report.ts";

/** A line of the log, and what became of its statement. */
export interface FoundRecord {
  readonly line: string;
  /** `undefined` while it runs, and where there is none. */
  readonly result: StatementResult | undefined;
}

interface RecordRow {
  readonly path: string;
  readonly start: number;
  readonly length: number;
  readonly rows: number | null;
  readonly duration_us: number | null;
  readonly sqlstate: string | null;
}

const cacheKibibytes = 256 * 1024;

export class RecordIndex implements SummedIndex {
  readonly tables = { records: "records", tags: "tags" };
  readonly #log: string;
  readonly #database: DatabaseSync;

  /**
   * @param log the file that the proxy writes; those before it are found beside it
   * @param path of the index; made when it is missing, and anew when it is of another version
   */
  constructor(log: string, path: string) {
    this.#log = log;
    this.#database = new DatabaseSync(path);
    // Most of a large index is written anew when it is made: in the default of 2 MB, each page would be written many times.
    this.#database.exec(`pragma cache_size = -${cacheKibibytes}`);
    const [version] = this.all<{ readonly user_version: number }>("pragma user_version");
    if (version?.user_version === schemaVersion) return;
    const old = this.all<{ readonly name: string }>("select name from sqlite_master where type = 'table'");
    this.#database.exec("pragma journal_mode = wal; pragma synchronous = normal; begin");
    for (const { name } of old) this.#database.exec(`drop table "${name}"`);
    this.#database.exec(`${schema}; commit`);
  }

  close(): void {
    this.#database.close();
  }

  /** Reads what the log has more than the index. @param progress told now and then how many lines were read */
  update(progress: (lines: number) => void): void {
    const writer = new IndexWriter(this.#database, progress);
    const paths = [...endedFiles(this.#log), this.#log];
    for (const path of paths) writer.read(path);
    writer.forgetOthers(paths);
  }

  /** The newest first. */
  async *find(query: RecordQuery, limit: number): AsyncGenerator<FoundRecord> {
    const condition = await this.condition(query);
    if (condition === undefined) return;
    const { record, from, where, values } = condition;
    const rows = this.all<RecordRow>(
      `select f.path, r.start, r.length, r.rows, r.duration_us, s.word as sqlstate
       from (select ${record} as id from ${from} where ${where} order by ${record} desc limit ?) as found
       join records r on r.id = found.id join files f on f.id = r.file left join words s on s.id = r.sqlstate
       order by r.id desc`,
      ...values,
      limit,
    );
    const pieces = new FilePieces();
    try {
      for (const { path, start, length, rows: count, duration_us: durationUs, sqlstate } of rows) {
        const line = pieces.read(path, start, length);
        yield {
          line,
          result: sqlstate === null ? undefined : { rows: count ?? 0, durationUs: durationUs ?? 0, sqlstate },
        };
      }
    } finally {
      pieces.close();
    }
  }

  /** `undefined` where a word is asked for that no record has. */
  condition(query: RecordQuery): Promise<Condition | undefined> {
    return conditionOf(query, {
      ...this.tables,
      word: (word) => this.all<{ readonly id: number }>("select id from words where word = ?", word)[0]?.id,
      sendersFor: (behalf) =>
        this.all<{ readonly id: number }>("select distinct principal as id from records where behalf = ?", behalf).map(
          ({ id }) => id,
        ),
      sessions: (start) => {
        const ids = this.all<{ readonly id: number }>(
          "select id from words where word >= ? and word < ? and id in (select session from records)",
          start,
          `${start}\u{10ffff}`,
        ).map(({ id }) => id);
        return ids.length === 0 ? undefined : { where: `r.session in (${ids.map(() => "?").join(", ")})`, values: ids };
      },
      proxy: () => undefined,
      time: "r.time",
      timeValue: (ms) => ms,
    });
  }

  async words(): Promise<(word: IndexWord) => string> {
    const words = new Map<IndexWord, string>(
      this.all<{ readonly id: number; readonly word: string }>("select id, word from words").map(({ id, word }) => [
        id,
        word,
      ]),
    );
    return Promise.resolve((word) => words.get(word) ?? "");
  }

  /** Rows of the caller's own SQL. */
  all<Row extends object>(sql: string, ...values: IndexWord[]): Row[] {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the tables are strict, and their columns known (index-schema.ts)
    return this.#database.prepare(sql).all(...values) as Row[];
  }
}
