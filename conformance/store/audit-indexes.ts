/** The index of one log and that of all proxies, each with the records of one file. */
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RecordQuery } from "../../proxy/src/audit/search/condition.ts";
import type { StatementResult } from "../../proxy/src/audit/search/indexed-record.ts";
import { RecordIndex } from "../../proxy/src/audit/search/record-index.ts";
import { type Report, reportOn, type ReportSubject } from "../../proxy/src/audit/search/report.ts";
import { SharedIndex } from "../../proxy/src/audit/shared/shared-index.ts";
import { SharedIndexSink } from "../../proxy/src/audit/shared/shared-index-sink.ts";
import { SharedTables } from "../../proxy/src/audit/shared/shared-tables.ts";
import { LogFiles } from "../../proxy/src/audit/sinks/log-place.ts";
import { LogReader } from "../../proxy/src/audit/sinks/log-reader.ts";
import { fixedPassword } from "../../proxy/src/credentials/password-source.ts";
import type { PostgresServer } from "../support/postgres-server.ts";

interface FoundText {
  /** Of the statement; of what is none, its event. */
  readonly text: string;
  readonly result: StatementResult | undefined;
}

export interface AuditIndex {
  /** Puts lines into the log, and into the index. */
  readonly write: (...lines: readonly string[]) => Promise<void>;
  readonly search: (query: RecordQuery, limit?: number) => Promise<readonly FoundText[]>;
  readonly report: (by: ReportSubject, query: RecordQuery) => Promise<Report>;
  readonly close: () => Promise<void>;
}

const firstLine = (chain: string) =>
  `{"event":"segment","time":"2026-01-01T00:00:00.000Z","chain":"${chain}","segment":1}\n`;

/** So few that many statements and their results come in different batches. */
const batchRecords = 20;

/** A log, and whatever is read of it. */
class LogFolder {
  readonly path: string;
  readonly #folder = mkdtempSync(join(tmpdir(), "penstock-index-"));

  constructor(chain: string) {
    this.path = join(this.#folder, "audit.jsonl");
    writeFileSync(this.path, firstLine(chain));
  }

  append(lines: readonly string[]): void {
    appendFileSync(this.path, lines.map((line) => `${line}\n`).join(""));
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true });
  }
}

export function localIndex(): AuditIndex {
  const log = new LogFolder("local");
  const index = new RecordIndex(log.path, `${log.path}.index`);
  return {
    write: (...lines) => {
      log.append(lines);
      return Promise.resolve(index.update(() => undefined));
    },
    search: async (query, limit = 1000) => {
      const found: FoundText[] = [];
      for await (const { line, result } of index.find(query, limit))
        found.push({ ...textOf(JSON.parse(line)), result });
      return found;
    },
    report: (by, query) => reportOn(index, by, query),
    close: () => {
      index.close();
      return Promise.resolve(log.remove());
    },
  };
}

export function tablesOf({ host, port, user, password }: PostgresServer): SharedTables {
  const address = { host, port, user, password: fixedPassword(password), database: "postgres", tls: undefined };
  return new SharedTables(address);
}

export interface SharedAuditIndex extends AuditIndex {
  /** Brings everything from the beginning, as after a crash that has lost the place. @param together records in one batch */
  readonly again: (together: number) => Promise<void>;
}

/** @param proxy its name, and that of its log's chain */
export function sharedIndex(server: PostgresServer, proxy: string, keepDays?: number): SharedAuditIndex {
  const log = new LogFolder(proxy);
  const tables = tablesOf(server);
  const index = new SharedIndex(tables);
  const sink = new SharedIndexSink({ tables, proxy, keepDays });
  const files = new LogFiles(log.path);
  const reader = new LogReader(files, files.beginning());
  const bring = async (from: LogReader, together: number) => {
    for (;;) {
      const batch = await from.read(together, 1e6);
      if (batch === undefined) return;
      await sink.send(batch.records, new AbortController().signal);
      await from.taken(batch);
    }
  };
  return {
    write: (...lines) => {
      log.append(lines);
      return bring(reader, batchRecords);
    },
    again: async (together) => {
      const second = new LogReader(files, files.beginning());
      await bring(second, together);
      await second.close();
    },
    search: async (query, limit = 1000) => {
      const found = await index.search({ ...query, proxy }, limit);
      return found.map(({ record, result }) => ({ ...textOf(record), result }));
    },
    report: (by, query) => index.report({ ...query, proxy }, by),
    close: async () => {
      await reader.close();
      await sink.close();
      index.close();
      log.remove();
    },
  };
}

function textOf({ text, event }: { readonly text?: unknown; readonly event?: unknown }): { readonly text: string } {
  return { text: String(text ?? event) };
}
