import { closeSync, fstatSync, openSync } from "node:fs";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { isOfChain } from "../chain.ts";
import { fileLines, lineBreak } from "../file-lines.ts";
import { type AuditRecord, parseRecord } from "../print-record.ts";
import { tagEntries } from "./index-schema.ts";
import { indexedRecord, statementResult } from "./indexed-record.ts";

const batchLines = 100_000;

/** Puts into the index what is new in files of the log. */
export class IndexWriter {
  readonly #database: DatabaseSync;
  readonly #progress: (lines: number) => void;
  readonly #words = new Map<string, number>();
  /** Statements whose result has not been read, by session and number. */
  readonly #running = new Map<string, number>();
  readonly #insertWord: StatementSync;
  readonly #findWord: StatementSync;
  readonly #insertRecord: StatementSync;
  readonly #insertTag: StatementSync;
  readonly #findStatement: StatementSync;
  readonly #setResult: StatementSync;
  #lines = 0;

  constructor(database: DatabaseSync, progress: (lines: number) => void) {
    this.#database = database;
    this.#progress = progress;
    this.#insertWord = database.prepare("insert into words (word) values (?)");
    this.#findWord = database.prepare("select id from words where word = ?");
    this.#insertRecord = database.prepare(
      `insert into records (file, start, length, time, event, session, statement, principal, behalf, principal_kind, target, kind, denied)
       values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#insertTag = database.prepare(
      "insert or ignore into tags (kind, word, principal, record) values (?, ?, ?, ?)",
    );
    this.#findStatement = database.prepare(
      "select id from records where session = ? and statement = ? and sqlstate is null order by id desc limit 1",
    );
    this.#setResult = database.prepare("update records set rows = ?, duration_us = ?, sqlstate = ? where id = ?");
  }

  /** Whole lines that are not in the index yet; what is still being written is left for the next time. */
  read(path: string): void {
    const descriptor = openSync(path, "r");
    try {
      const [firstLine] = fileLines(descriptor);
      if (firstLine === undefined || firstLine.at(-1) !== lineBreak) return;
      const { id, size } = this.#file(firstLine.toString("utf8"), path);
      if (fstatSync(descriptor).size < size) {
        throw new Error(
          `${path} is shorter than when it was last looked at: it was cut. Remove the index to make it anew`,
        );
      }
      this.#readFrom(descriptor, id, size);
    } finally {
      closeSync(descriptor);
    }
  }

  /** Of files that are removed, such as by `audit.keep_days`, nothing is found any more. @param paths those that are there, read before */
  forgetOthers(paths: readonly string[]): void {
    const known = this.#database.prepare("select id, path from files").all();
    const gone = known.filter(({ path }) => !paths.includes(String(path))).map(({ id }) => Number(id));
    if (gone.length === 0) return;
    this.#database.exec("begin immediate");
    try {
      for (const file of gone) {
        this.#database.prepare("delete from tags where record in (select id from records where file = ?)").run(file);
        this.#database.prepare("delete from records where file = ?").run(file);
        this.#database.prepare("delete from files where id = ?").run(file);
      }
      this.#database.exec("commit");
    } catch (error) {
      this.#database.exec("rollback");
      throw error;
    }
  }

  #readFrom(descriptor: number, file: number, from: number): void {
    let position = from;
    this.#database.exec("begin immediate");
    try {
      for (const bytes of fileLines(descriptor, from)) {
        if (bytes.at(-1) !== lineBreak) break;
        this.#line(bytes, file, position);
        position += bytes.length;
        if (++this.#lines % batchLines !== 0) continue;
        this.#progress(this.#lines);
        this.#readTo(file, position);
        this.#database.exec("commit; begin immediate");
      }
      this.#readTo(file, position);
      this.#database.exec("commit");
    } catch (error) {
      this.#database.exec("rollback");
      throw error;
    }
  }

  #readTo(file: number, position: number): void {
    this.#database.prepare("update files set size = ? where id = ?").run(position, file);
  }

  #file(first: string, path: string): { id: number; size: number } {
    const known = this.#database.prepare("select id, size, path from files where first = ?").get(first);
    if (known === undefined) {
      const { lastInsertRowid } = this.#database
        .prepare("insert into files (first, path, size) values (?, ?, 0)")
        .run(first, path);
      return { id: Number(lastInsertRowid), size: 0 };
    }
    const { id, size } = known;
    if (known["path"] !== path) this.#database.prepare("update files set path = ? where id = ?").run(path, Number(id));
    return { id: Number(id), size: Number(size) };
  }

  #line(bytes: Buffer, file: number, start: number): void {
    const line = bytes.toString("utf8");
    if (isOfChain(line)) return;
    const record = parseRecord(line);
    if (record === undefined) return;
    if (record.event === "result") this.#result(record);
    else this.#record(record, file, start, bytes.length);
  }

  #record(record: AuditRecord, file: number, start: number, length: number): void {
    const { timeMs, event, session, statement, principal, behalf, principalKind, target, kind, isDenied, tags } =
      indexedRecord(record);
    const sender = this.#word(principal);
    const wordOrNone = (word: string | undefined) => (word === undefined ? null : this.#word(word));
    const { lastInsertRowid } = this.#insertRecord.run(
      file,
      start,
      length,
      timeMs,
      this.#word(event),
      this.#word(session),
      statement ?? null,
      sender,
      wordOrNone(behalf),
      wordOrNone(principalKind),
      wordOrNone(target),
      wordOrNone(kind),
      isDenied ? 1 : 0,
    );
    const id = Number(lastInsertRowid);
    if (event !== "statement") return;
    this.#running.set(`${session} ${statement ?? ""}`, id);
    for (const [tag, number] of tagEntries)
      for (const word of tags[tag]) this.#insertTag.run(number, this.#word(word), sender, id);
  }

  #result(record: AuditRecord): void {
    const { session, statement } = record;
    const key = `${session} ${statement ?? ""}`;
    const id = this.#running.get(key) ?? this.#findStatement.get(this.#word(session), statement ?? null)?.["id"];
    this.#running.delete(key);
    if (id === undefined || id === null) return;
    const { rows, durationUs, sqlstate } = statementResult(record);
    this.#setResult.run(rows, durationUs, this.#word(sqlstate), id);
  }

  #word(word: string): number {
    const known = this.#words.get(word);
    if (known !== undefined) return known;
    const found = this.#findWord.get(word)?.["id"];
    const id = Number(found ?? this.#insertWord.run(word).lastInsertRowid);
    this.#words.set(word, id);
    return id;
  }
}
