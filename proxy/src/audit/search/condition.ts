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
  /** Its name; an index of one log finds none by it. */
  readonly proxy?: string | undefined;
  readonly denied?: boolean | undefined;
  readonly sinceMs?: number | undefined;
  /** Not included. */
  readonly untilMs?: number | undefined;
}

/** How an index keeps a word: as the word itself, or as its number. */
export type IndexWord = string | number;

/** A query in SQL, with `?` for values, in their order. */
export interface Condition {
  /** What holds a record's id. */
  readonly record: string;
  readonly from: string;
  readonly where: string;
  readonly values: readonly IndexWord[];
}

type MaybeLater<T> = T | Promise<T>;

/** A part of a condition on the record `r`. */
interface IndexTerm {
  readonly where: string;
  readonly values: readonly IndexWord[];
}

/** How an index is asked. `undefined` means that no record has what is looked for. */
export interface IndexTerms {
  /** Names of its tables. */
  readonly records: string;
  readonly tags: string;
  readonly word: (word: string) => MaybeLater<IndexWord | undefined>;
  /** Who has sent something for somebody. */
  readonly sendersFor: (behalf: IndexWord) => MaybeLater<readonly IndexWord[]>;
  /** Whose id begins so. */
  readonly sessions: (start: string) => MaybeLater<IndexTerm | undefined>;
  readonly proxy: (name: string) => IndexTerm | undefined;
  /** What holds the time, and as what. */
  readonly time: string;
  readonly timeValue: (ms: number) => IndexWord;
}

/** @returns `undefined` where a word is asked for that no record has: nothing is found */
export async function conditionOf(query: RecordQuery, terms: IndexTerms): Promise<Condition | undefined> {
  const { principal, label, table, rule, session, proxy, denied, sinceMs, untilMs } = query;
  const wheres: string[] = [];
  const values: IndexWord[] = [];
  const where = (text: string, ...of: readonly IndexWord[]): void => {
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

  const who = principal === undefined ? undefined : await terms.word(principal);
  if (principal !== undefined && who === undefined) return undefined;
  const senders = who === undefined ? [] : [...new Set([who, ...(await terms.sendersFor(who))])];
  for (const [index, [kind, word = ""]] of wanted.entries()) {
    const id = await terms.word(word);
    if (id === undefined) return undefined;
    const tag = `t${index}`;
    where(`${tag}.kind = ${tagKinds[kind]} and ${tag}.word = ?`, id);
    if (index > 0) where(`${tag}.principal = t0.principal and ${tag}.record = t0.record`);
    else if (who !== undefined) where(`t0.principal in (${senders.map(() => "?").join(", ")})`, ...senders);
  }
  const ofRecord = (text: string, ...of: readonly IndexWord[]): void => {
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
    const id = await terms.word(word);
    if (id === undefined) return undefined;
    ofRecord(`r.${column} = ?`, id);
  }
  const found = [
    ...(session === undefined ? [] : [await terms.sessions(session)]),
    ...(proxy === undefined ? [] : [terms.proxy(proxy)]),
  ];
  for (const term of found) {
    if (term === undefined) return undefined;
    ofRecord(term.where, ...term.values);
  }
  if (denied === true) ofRecord("r.denied = 1");
  if (sinceMs !== undefined) ofRecord(`${terms.time} >= ?`, terms.timeValue(sinceMs));
  if (untilMs !== undefined) ofRecord(`${terms.time} < ?`, terms.timeValue(untilMs));
  const tables = wanted.map((_, index) => `${terms.tags} t${index}`);
  return {
    record: wanted.length > 0 ? "t0.record" : "r.id",
    // In this order: SQLite knows nothing of how many records have a word.
    from: [...tables, ...(needsRecord ? [`${terms.records} r`] : [])].join(" cross join "),
    where: [...(needsRecord && wanted.length > 0 ? ["r.id = t0.record"] : []), ...wheres].join(" and ") || "true",
    values,
  };
}
