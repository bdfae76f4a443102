/** Records as rows of the store's index. */
import { setImmediate as nextTurn } from "node:timers/promises";
import { isOfChain } from "../chain.ts";
import { type AuditRecord, parseRecord } from "../print-record.ts";
import { tagEntries } from "../search/index-schema.ts";
import { indexedRecord, statementResult } from "../search/indexed-record.ts";
import type { SinkRecord } from "../sinks/sink.ts";
import { indexWord } from "./index-word.ts";
import { recordKey } from "./record-key.ts";

/** What became of a statement; all of it or nothing. */
interface ResultColumns {
  rows?: number | null;
  duration_us?: number | null;
  sqlstate?: string;
  /** Key of the record that says so. */
  result?: string;
}

interface SharedRow extends ResultColumns {
  readonly id: string;
  readonly time: number;
  readonly event: string;
  readonly session: string;
  readonly statement: number | null;
  readonly principal: string;
  readonly behalf: string | undefined;
  readonly principal_kind: string | undefined;
  readonly target: string | undefined;
  readonly kind: string | undefined;
  readonly denied: 0 | 1;
  readonly line: string;
  /** Number of the kind, and word. */
  readonly tags: readonly (readonly [number, string])[];
}

/** A result whose statement came before. */
interface LateResult extends ResultColumns {
  readonly session: string;
  readonly statement: number | null;
}

/** As JSON, an array each; `undefined` where there is none. */
export interface SharedRows {
  readonly rows: string | undefined;
  readonly results: string | undefined;
}

/** Records in a row that statements may have to wait for. */
const recordsTogether = 50;

/** @param records of one log. Results are put into the rows of their statements, where those are among the records. */
export async function sharedRows(records: readonly SinkRecord[]): Promise<SharedRows> {
  const rows: SharedRow[] = [];
  const results: LateResult[] = [];
  const running = new Map<string, SharedRow>();
  for (const [index, record] of records.entries()) {
    if (index % recordsTogether === recordsTogether - 1) await nextTurn();
    const parsed = isOfChain(record.line) ? undefined : parseRecord(record.line);
    if (parsed === undefined) continue;
    const { event, session, statement } = parsed;
    const key = `${session} ${statement ?? ""}`;
    if (event === "result") {
      const result = resultOf(parsed, record);
      const row = running.get(key);
      if (row === undefined) {
        results.push({ session: indexWord(session), statement: wholeNumber(statement), ...result });
      } else Object.assign(row, result);
      running.delete(key);
    } else {
      const row = rowOf(parsed, record);
      rows.push(row);
      if (event === "statement") running.set(key, row);
    }
  }
  return { rows: await jsonOf(rows), results: await jsonOf(results) };
}

async function jsonOf(rows: readonly (SharedRow | LateResult)[]): Promise<string | undefined> {
  if (rows.length === 0) return undefined;
  const parts: string[] = [];
  for (let start = 0; start < rows.length; start += recordsTogether) {
    parts.push(JSON.stringify(rows.slice(start, start + recordsTogether)).slice(1, -1));
    await nextTurn();
  }
  return `[${parts.join(",")}]`;
}

function rowOf(parsed: AuditRecord, record: SinkRecord): SharedRow {
  const { timeMs, event, session, statement, principal, behalf, principalKind, target, kind, isDenied, tags } =
    indexedRecord(parsed);
  return {
    id: recordKey(timeMs, record),
    time: timeMs,
    event: indexWord(event),
    session: indexWord(session),
    statement: wholeNumber(statement),
    principal: indexWord(principal),
    behalf: wordOrNone(behalf),
    principal_kind: wordOrNone(principalKind),
    target: wordOrNone(target),
    kind: wordOrNone(kind),
    denied: isDenied ? 1 : 0,
    // What a line has of U+0000 is escaped.
    line: record.line.replaceAll("\0", "\uFFFD"),
    tags: tagEntries.flatMap(([tag, number]) => tags[tag].map((word) => [number, indexWord(word)] as const)),
  };
}

function resultOf(parsed: AuditRecord, record: SinkRecord): Required<ResultColumns> {
  const { rows, durationUs, sqlstate } = statementResult(parsed);
  return {
    rows: wholeNumber(rows),
    duration_us: wholeNumber(durationUs),
    sqlstate: indexWord(sqlstate),
    result: recordKey(Date.parse(parsed.time) || 0, record),
  };
}

function wordOrNone(word: string | undefined): string | undefined {
  return word === undefined ? undefined : indexWord(word);
}

/** What no column holds is no reason to take no record any more. */
function wholeNumber(number: number | undefined): number | null {
  return number !== undefined && Number.isSafeInteger(number) ? number : null;
}
