import { accessSync, chmodSync } from "node:fs";
import { escapeForTerminal, escapeJsonLine } from "../audit/escape.ts";
import { parseRecord, printRecord } from "../audit/print-record.ts";
import type { RecordQuery } from "../audit/search/condition.ts";
import { type FoundRecord, RecordIndex } from "../audit/search/record-index.ts";
import { printReport, type ReportFormat } from "../audit/search/print-report.ts";
import { reportOn, type ReportSubject } from "../audit/search/report.ts";
import { errorMessage } from "../config/system-error.ts";
import { CommandError, exitCodes } from "./exit-codes.ts";

/** What `search` and `report` look at. */
export interface FilterOptions {
  readonly principal?: string;
  readonly principalKind?: string;
  readonly target?: string;
  readonly label?: string;
  readonly table?: string;
  readonly rule?: string;
  readonly kind?: string;
  readonly session?: string;
  readonly denied?: true;
  readonly since?: number;
  readonly until?: number;
  readonly index?: string;
}

export interface SearchOptions extends FilterOptions {
  readonly event?: string;
  readonly lines: number;
  readonly format: "pretty" | "json";
  readonly full?: true;
}

export interface ReportOptions extends FilterOptions {
  readonly by: ReportSubject;
  readonly format: ReportFormat;
}

/** `policy-proxy audit search`. */
export function search(log: string, options: SearchOptions): Promise<void> {
  return withIndex(log, options, async (index) => {
    for await (const found of index.find({ ...queryOf(options), event: options.event }, options.lines)) {
      process.stdout.write(`${print(found, options)}\n`);
    }
  });
}

/** `policy-proxy audit report`. */
export function report(log: string, options: ReportOptions): Promise<void> {
  return withIndex(log, options, async (index) => {
    const { by, format } = options;
    process.stdout.write(printReport(await reportOn(index, by, queryOf(options)), format, reportTitle(by)));
  });
}

export function reportTitle(by: ReportSubject): string {
  const subjects = { agent: "agents", principal: "people, services and agents", label: "labels", table: "tables" };
  return `What ${subjects[by]} the audit log tells of`;
}

function queryOf({ since, until, ...options }: FilterOptions): RecordQuery {
  return { ...options, sinceMs: since, untilMs: until };
}

async function withIndex(
  log: string,
  options: FilterOptions,
  use: (index: RecordIndex) => Promise<void>,
): Promise<void> {
  const path = options.index ?? `${log}.index`;
  try {
    // Before an index is made of nothing.
    accessSync(log);
    const index = new RecordIndex(log, path);
    try {
      chmodSync(path, 0o600);
      index.update((lines) => {
        if (process.stderr.isTTY) process.stderr.write(`\r${lines} new lines read`);
      });
      await use(index);
    } finally {
      index.close();
    }
  } catch (error) {
    if (error instanceof CommandError) throw error;
    throw new CommandError(
      `${log} cannot be searched: ${errorMessage(error)}\n  help: the index ${path} is made where it is missing; --index puts it elsewhere`,
      exitCodes.misuse,
    );
  }
}

function print(found: FoundRecord, { format, full }: SearchOptions): string {
  return format === "json" ? escapeJsonLine(found.line.trimEnd()) : printFound(found, full === true);
}

/** One line of text without line break. @param full shows the whole statement */
export function printFound({ line, result }: FoundRecord, full: boolean): string {
  const record = parseRecord(line);
  if (record === undefined) return escapeForTerminal(line);
  const outcome =
    result === undefined
      ? ""
      : ` | ${result.rows} rows in ${(result.durationUs / 1000).toFixed(1)} ms${result.sqlstate === "00000" ? "" : `, error ${escapeForTerminal(result.sqlstate)}`}`;
  return `${printRecord(record, full)}${outcome}`;
}
