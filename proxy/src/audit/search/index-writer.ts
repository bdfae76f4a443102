import { closeSync, fstatSync, openSync } from "node:fs";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { isOfChain } from "../chain.ts";
import { fileLines, lineBreak } from "../file-lines.ts";
import { type AuditRecord, isDenied, parseRecord } from "../print-record.ts";
import { type TagKind, tagKinds } from "./index-schema.ts";

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
    const { event, session, statement, principal, target, kind } = record;
    const sender = this.#word(principal?.id ?? record.by ?? record.user ?? "");
    const { lastInsertRowid } = this.#insertRecord.run(
      file,
      start,
      length,
      Date.parse(record.time) || 0,
      this.#word(event),
      this.#word(session),
      statement ?? null,
      sender,
      principal?.on_behalf_of === undefined ? null : this.#word(principal.on_behalf_of),
      principal?.kind === undefined ? null : this.#word(principal.kind),
      target === undefined ? null : this.#word(target),
      kind === undefined ? null : this.#word(kind),
      isDenied(record) || event === "refused" ? 1 : 0,
    );
    const id = Number(lastInsertRowid);
    if (event !== "statement") return;
    this.#running.set(`${session} ${statement ?? ""}`, id);
    const tag = (of: TagKind, words: readonly string[]): void => {
      for (const word of words) this.#insertTag.run(tagKinds[of], this.#word(word), sender, id);
    };
    tag("label", record.labels);
    tag("table", record.tables);
    tag("rule", record.rules);
    tag(
      "package",
      record.rules.map((rule) => rule.slice(0, rule.lastIndexOf(":"))),
    );
  }

  #result({ session, statement, rows = 0, duration_us: durationUs = 0, sqlstate = "" }: AuditRecord): void {
    const key = `${session} ${statement ?? ""}`;
    const id = this.#running.get(key) ?? this.#findStatement.get(this.#word(session), statement ?? null)?.["id"];
    this.#running.delete(key);
    if (id === undefined || id === null) return;
    this.#setResult.run(rows, Math.round(durationUs), this.#word(sqlstate), id);
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
