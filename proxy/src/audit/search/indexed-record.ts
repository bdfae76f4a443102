/** What an index keeps of a record: the same for the index beside the log and for the store's. */
import { type AuditRecord, isDenied } from "../print-record.ts";
import type { TagKind } from "./index-schema.ts";

export interface IndexedRecord {
  readonly timeMs: number;
  readonly event: string;
  readonly session: string;
  readonly statement: number | undefined;
  /** Empty where nobody is said. */
  readonly principal: string;
  /** For whom. */
  readonly behalf: string | undefined;
  readonly principalKind: string | undefined;
  readonly target: string | undefined;
  readonly kind: string | undefined;
  readonly isDenied: boolean;
  /** Of statements; empty for all else. */
  readonly tags: Readonly<Record<TagKind, readonly string[]>>;
}

/** What became of a statement. */
export interface StatementResult {
  readonly rows: number;
  readonly durationUs: number;
  readonly sqlstate: string;
}

const noTags: IndexedRecord["tags"] = { label: [], table: [], rule: [], package: [] };

/** @param record any but a `result` */
export function indexedRecord(record: AuditRecord): IndexedRecord {
  const { event, session, statement, principal, target, kind, labels, tables, rules } = record;
  return {
    timeMs: Date.parse(record.time) || 0,
    event,
    session,
    statement,
    principal: principal?.id ?? record.by ?? record.user ?? "",
    behalf: principal?.on_behalf_of,
    principalKind: principal?.kind,
    target,
    kind,
    isDenied: isDenied(record) || event === "refused",
    tags:
      event === "statement"
        ? {
            label: labels,
            table: tables,
            rule: rules,
            package: rules.map((rule) => rule.slice(0, rule.lastIndexOf(":"))),
          }
        : noTags,
  };
}

/** @param record a `result` */
export function statementResult({
  rows = 0,
  duration_us: durationUs = 0,
  sqlstate = "",
}: AuditRecord): StatementResult {
  return { rows, durationUs: Math.round(durationUs), sqlstate };
}
