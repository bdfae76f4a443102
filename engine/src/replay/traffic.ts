/** Recorded statements from audit files: who asked, with which search_path, and what. Nothing that is left out goes uncounted. */
import { fromValue, parseJson, toValue, type Value } from "@penstock/language";
import type { PrincipalContext } from "../enforcer.ts";
import { contextFromRoots, fieldsOf, textOf } from "./roots.ts";
import { linesOf, type TrafficLine } from "./traffic-lines.ts";

export interface TrafficStatement {
  /** The same object for the statements of one session. */
  readonly who: PrincipalContext;
  readonly searchPath: readonly string[];
  readonly text: string;
}

export interface TrafficCounts {
  lines: number;
  statements: number;
  /** Statements of sessions whose `connect` is not in the files, or is of an older version: claims, tags and search_path are not known. */
  assumed: number;
  /** Last lines that were cut off. */
  torn: number;
  /** Lines that are no record: no JSON, no event, a statement without its text, or too long. */
  malformed: number;
  /** The first of them, as `file:line`. */
  firstMalformed: string | undefined;
  /** Lines that the proxy could not write, as it says itself. */
  lost: number;
}

interface Session {
  readonly who: PrincipalContext;
  searchPath: readonly string[];
  readonly isAssumed: boolean;
}

/** Sessions that are remembered; of more that are open at once, those that began first are assumed. */
const sessionsMax = 100_000;
const defaultSearchPath = ["public"];

export function newCounts(): TrafficCounts {
  return { lines: 0, statements: 0, assumed: 0, torn: 0, malformed: 0, firstMalformed: undefined, lost: 0 };
}

/** @param files in the order in which they were written. @param counts filled on the way. */
export async function* readTraffic(files: readonly string[], counts: TrafficCounts): AsyncGenerator<TrafficStatement> {
  const sessions = new Map<string, Session>();
  for (const file of files) {
    for await (const line of linesOf(file)) {
      const statement = takeLine(line, sessions, counts);
      if (statement !== undefined) yield statement;
    }
  }
}

function takeLine(
  line: TrafficLine,
  sessions: Map<string, Session>,
  counts: TrafficCounts,
): TrafficStatement | undefined {
  const { text, isTorn } = line;
  // After a gap the proxy begins with a line break, so as not to go on in half a line.
  if (text?.trim() === "") return undefined;
  counts.lines++;
  const record = text === undefined ? undefined : parseRecord(text);
  if (record === undefined) {
    if (isTorn) counts.torn++;
    else countMalformed(line, counts);
    return undefined;
  }
  const id = textOf(record["session"]);
  switch (record["event"]) {
    case "connect":
      remember(sessions, id, sessionOf(text ?? "", record));
      return undefined;
    case "disconnect":
      sessions.delete(id);
      return undefined;
    case "audit_gap": {
      const { lines_lost: lost } = record;
      counts.lost += typeof lost === "number" ? lost : 0;
      return undefined;
    }
    case "statement":
      if (typeof record["text"] === "string") return statementOf(record, record["text"], id, sessions, counts);
      countMalformed(line, counts);
      return undefined;
    default:
      if (typeof record["event"] !== "string") countMalformed(line, counts);
      return undefined;
  }
}

function parseRecord(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? fieldsOf(value) : undefined;
  } catch {
    return undefined;
  }
}

function countMalformed({ file, number }: TrafficLine, counts: TrafficCounts): void {
  counts.malformed++;
  counts.firstMalformed ??= `${file}:${number}`;
}

function statementOf(
  record: Readonly<Record<string, unknown>>,
  text: string,
  id: string,
  sessions: Map<string, Session>,
  counts: TrafficCounts,
): TrafficStatement {
  counts.statements++;
  let session = sessions.get(id);
  if (session === undefined) {
    session = assumedSession(record);
    remember(sessions, id, session);
  }
  // Written where it is not what it was for the session's statement before.
  const path = record["search_path"];
  if (Array.isArray(path)) session.searchPath = path.map(textOf);
  if (session.isAssumed) counts.assumed++;
  return { who: session.who, searchPath: session.searchPath, text };
}

function remember(sessions: Map<string, Session>, id: string, session: Session): void {
  const [oldest] = sessions.keys();
  if (sessions.size >= sessionsMax && oldest !== undefined) sessions.delete(oldest);
  sessions.set(id, session);
}

function sessionOf(line: string, record: Readonly<Record<string, unknown>>): Session {
  if (record["roots"] === undefined) return assumedSession(record);
  // Once more with exact numbers: a claim may be larger than JavaScript's.
  const roots = fieldsOf(fromValue(parseJson(line)))["roots"];
  return { who: contextFromRoots(toValue(roots)), searchPath: defaultSearchPath, isAssumed: false };
}

/** From what every statement's own record says. */
function assumedSession({ principal, target, database, session }: Readonly<Record<string, unknown>>): Session {
  const known = {
    principal: fieldsOf(principal),
    session: { id: textOf(session), database: textOf(database), user: textOf(fieldsOf(principal)["id"]) },
    target: { name: textOf(target) },
  };
  const roots: Value = toValue(known);
  return { who: contextFromRoots(roots), searchPath: defaultSearchPath, isAssumed: true };
}
