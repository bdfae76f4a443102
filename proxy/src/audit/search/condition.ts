import { tagKinds } from "./index-schema.ts";

/** What records are looked for: all that is given must hold. */
export interface RecordQuery {
  /** Who sent it, or for whom. */
  readonly principal?: string | undefined;
  readonly principalKind?: string | undefined;
  readonly target?: string | undefined;
  readonly label?: string | undefined;
  /** As records have it, with its schema. */
  readonly table?: string | undefined;
  /** `package:line`, or a package. */
  readonly rule?: string | undefined;
  /** Of the statement, such as `select`. */
  readonly kind?: string | undefined;
  readonly event?: string | undefined;
  /** The first characters of its id. */
  readonly session?: string | undefined;
  readonly denied?: boolean | undefined;
  readonly sinceMs?: number | undefined;
  /** Not included. */
  readonly untilMs?: number | undefined;
}

/** A query in SQL. */
export interface Condition {
  /** What holds a record's id. */
  readonly record: string;
  readonly from: string;
  readonly where: string;
  readonly values: readonly number[];
}

/** What the index knows; numbers are those of words. */
interface Words {
  readonly word: (word: string) => number | undefined;
  /** Who has sent something for somebody. */
  readonly sendersFor: (behalf: number) => readonly number[];
  readonly sessions: (start: string) => readonly number[];
}

/** @returns `undefined` where a word is asked for that no record has: nothing is found */
export function conditionOf(query: RecordQuery, words: Words): Condition | undefined {
  const { principal, label, table, rule, session, denied, sinceMs, untilMs } = query;
  const wheres: string[] = [];
  const values: number[] = [];
  const where = (text: string, ...of: readonly number[]): void => {
    wheres.push(text);
    values.push(...of);
  };
  const tags = [
    ["label", label],
    ["table", table],
    [rule?.includes(":") === true ? "rule" : "package", rule],
  ] as const;
  const wanted = tags.filter(([, word]) => word !== undefined);
  let needsRecord = wanted.length === 0;

  const who = principal === undefined ? undefined : words.word(principal);
  if (principal !== undefined && who === undefined) return undefined;
  const senders = who === undefined ? [] : [...new Set([who, ...words.sendersFor(who)])];
  for (const [index, [kind, word = ""]] of wanted.entries()) {
    const id = words.word(word);
    if (id === undefined) return undefined;
    const tag = `t${index}`;
    where(`${tag}.kind = ${tagKinds[kind]} and ${tag}.word = ?`, id);
    if (index > 0) where(`${tag}.principal = t0.principal and ${tag}.record = t0.record`);
    else if (who !== undefined) where(`t0.principal in (${senders.map(() => "?").join(", ")})`, ...senders);
  }
  const ofRecord = (text: string, ...of: readonly number[]): void => {
    needsRecord = true;
    where(text, ...of);
  };
  if (who !== undefined && (wanted.length === 0 || senders.length > 1))
    ofRecord("(r.principal = ? or r.behalf = ?)", who, who);
  const columns = [
    ["principal_kind", query.principalKind],
    ["target", query.target],
    ["kind", query.kind],
    ["event", query.event],
  ] as const;
  for (const [column, word] of columns) {
    if (word === undefined) continue;
    const id = words.word(word);
    if (id === undefined) return undefined;
    ofRecord(`r.${column} = ?`, id);
  }
  if (session !== undefined) {
    const ids = words.sessions(session);
    if (ids.length === 0) return undefined;
    ofRecord(`r.session in (${ids.map(() => "?").join(", ")})`, ...ids);
  }
  if (denied === true) ofRecord("r.denied = 1");
  if (sinceMs !== undefined) ofRecord("r.time >= ?", sinceMs);
  if (untilMs !== undefined) ofRecord("r.time < ?", untilMs);
  const tables = wanted.map((_, index) => `tags t${index}`);
  return {
    record: wanted.length > 0 ? "t0.record" : "r.id",
    // In this order: SQLite knows nothing of how many records have a word.
    from: [...tables, ...(needsRecord ? ["records r"] : [])].join(" cross join "),
    where: [...(needsRecord && wanted.length > 0 ? ["r.id = t0.record"] : []), ...wheres].join(" and ") || "true",
    values,
  };
}
