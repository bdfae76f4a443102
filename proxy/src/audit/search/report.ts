/** What was done to the data of a log, by whom and allowed by which rules: sums of records. */
import type { Condition, IndexWord, RecordQuery } from "./condition.ts";
import { tagKinds } from "./index-schema.ts";

export const reportSubjects = ["agent", "principal", "label", "table"] as const;
export type ReportSubject = (typeof reportSubjects)[number];

export interface ReportRow {
  readonly principal: string;
  /** For whom; empty where nobody is said. */
  readonly behalf: string;
  readonly target: string;
  /** Of `label` and `table`: the one; else the table that was read or written. Empty where a statement had none. */
  readonly what: string;
  readonly statements: number;
  readonly denied: number;
  /** Sent to the client, or changed. */
  readonly rows: number;
  readonly firstMs: number;
  readonly lastMs: number;
  /** Of what was read. */
  readonly labels: readonly string[];
  /** Because of which statements were allowed or denied. */
  readonly rules: readonly string[];
}

/** Statements in a piece of time. */
interface ReportTime {
  readonly startMs: number;
  readonly statements: number;
  readonly denied: number;
}

export interface Report {
  readonly by: ReportSubject;
  readonly rows: readonly ReportRow[];
  readonly times: readonly ReportTime[];
  readonly pieceMs: number;
}

/** An index with the tables of `index-schema.ts`, whichever server has them. */
export interface SummedIndex {
  readonly tables: { readonly records: string; readonly tags: string };
  /** `undefined` where nothing is found. */
  condition(query: RecordQuery): Promise<Condition | undefined>;
  /** Rows of SQL with `?` for values. */
  all<Row extends object>(sql: string, ...values: IndexWord[]): Row[] | Promise<Row[]>;
  /** Gives back words of which rows hold what `IndexWord` says. */
  words(): Promise<(word: IndexWord) => string>;
}

interface Group {
  readonly principal: IndexWord | null;
  readonly behalf: IndexWord | null;
  readonly target: IndexWord | null;
  readonly what: IndexWord | null;
}

interface SumRow extends Group {
  readonly statements: number;
  readonly denied: number;
  readonly rows: number;
  readonly first: number;
  readonly last: number;
}

const hourMs = 60 * 60 * 1000;
const dayMs = 24 * hourMs;
/** A chart with more bars cannot be read. */
const piecesMax = 100;

/** @param query which records count; `agent` takes those of principals of that kind only */
export async function reportOn(index: SummedIndex, by: ReportSubject, query: RecordQuery): Promise<Report> {
  const condition = await index.condition({
    ...query,
    event: "statement",
    ...(by === "agent" ? { principalKind: "agent" } : {}),
  });
  const nothing: Report = { by, rows: [], times: [], pieceMs: dayMs };
  if (condition === undefined) return nothing;
  const { record, from, where, values } = condition;
  const { records, tags } = index.tables;
  const found = `with found as materialized (select ${record} as id from ${from} where ${where})`;
  const tag = tagKinds[by === "label" ? "label" : "table"];
  // Statements without a table count too, but none without the label that is asked about.
  const grouped = `found join ${records} r on r.id = found.id ${by === "label" ? "" : "left "}join ${tags} w on w.record = r.id and w.kind = ${tag}`;
  const key = "r.principal, r.behalf, r.target, w.word";
  const sums = await index.all<SumRow>(
    `${found} select r.principal, r.behalf, r.target, w.word as what, count(*) as statements, sum(r.denied) as denied,
       coalesce(sum(r.rows), 0) as rows, min(r.time) as first, max(r.time) as last
     from ${grouped} group by ${key}`,
    ...values,
  );
  if (sums.length === 0) return nothing;
  const words = await index.words();
  const wordOf = (word: IndexWord | null): string => (word === null ? "" : words(word));
  const tagsOf = async (kind: number): Promise<ReadonlyMap<string, readonly string[]>> => {
    const lists = new Map<string, string[]>();
    const rows = await index.all<Group & { readonly tag: IndexWord }>(
      `${found} select distinct r.principal, r.behalf, r.target, w.word as what, t.word as tag
       from ${grouped} join ${tags} t on t.record = r.id and t.kind = ${kind}`,
      ...values,
    );
    for (const row of rows) {
      const list = lists.get(keyOf(row));
      if (list === undefined) lists.set(keyOf(row), [wordOf(row.tag)]);
      else list.push(wordOf(row.tag));
    }
    return lists;
  };
  const labels = await tagsOf(tagKinds.label);
  const rules = await tagsOf(tagKinds.rule);
  const rows = sums.map((sum) => ({
    principal: wordOf(sum.principal),
    behalf: wordOf(sum.behalf),
    target: wordOf(sum.target),
    what: wordOf(sum.what),
    statements: sum.statements,
    denied: sum.denied,
    rows: sum.rows,
    firstMs: sum.first,
    lastMs: sum.last,
    labels: (labels.get(keyOf(sum)) ?? []).toSorted(),
    rules: (rules.get(keyOf(sum)) ?? []).toSorted(),
  }));
  rows.sort((one, other) => other.statements - one.statements || compare(orderOf(one), orderOf(other)));
  const first = Math.min(...sums.map((sum) => sum.first));
  const last = Math.max(...sums.map((sum) => sum.last));
  const pieceMs = last - first > piecesMax * hourMs ? Math.ceil((last - first) / piecesMax / dayMs) * dayMs : hourMs;
  const times = await index.all<ReportTime>(
    `${found} select r.time / ${pieceMs} * ${pieceMs} as "startMs", count(*) as statements, sum(r.denied) as denied
     from found join ${records} r on r.id = found.id group by 1 order by 1`,
    ...values,
  );
  return { by, rows, times, pieceMs };
}

/** Among rows with as many statements. */
function orderOf({ principal, behalf, target, what }: ReportRow): string {
  return [principal, behalf, target, what].join("\n");
}

function compare(one: string, other: string): number {
  return one < other ? -1 : 1;
}

function keyOf({ principal, behalf, target, what }: Group): string {
  return `${principal} ${behalf} ${target} ${what}`;
}
