/**
 * The lines of the audit log: one JSON object a line, `event` first. Hot: a statement costs one string concatenation, because
 * what stays the same for a session is made once here, and what stays the same for a statement text comes ready from the
 * engine (`StatementVerdict.auditFields`), by way of the statement's plan.
 *
 * | event | when | fields beside `time` and `session` |
 * |---|---|---|
 * | `connect` | a principal has logged in | `principal`, `target`, `client`, `login` (of a token or certificate: whose, and until when), `roots`: all that rules see of the session |
 * | `refused` | a login failed or a connection was not admitted | `user`, `client`, `reason` |
 * | `statement` | before a statement goes upstream, or is denied | `statement`, `principal`, `target`, `asserted` (what a driver says of it in a comment), `search_path` where it is not the one of the session's statement before, the engine's fields |
 * | `result` | a statement has ended | `statement`, `rows`, `bytes`, `duration_us`, `sqlstate`, `limited_by` where a policy's limit ended it, `found` where values were redacted: how many of each kind |
 * | `approval_request` | a statement waits for people | `request`, `principal`, `target`, `digest`, `texts`, `parameters` (how many), `needs`, `expires` |
 * | `approval_answer` | somebody has answered, whether it counts or not | `request`, `user`, `by`, `proof`, `answer`, `because`, `counted`, `message` |
 * | `approval_revoke` | an approval that could still be used was taken back | `request`, `grant`, `granted_by`, `used`, `user`, `by`, `proof`, `because` |
 * | `approval_end` | a statement waits no longer | `request`, `outcome`: `approved`, `denied`, `expired`, `cancelled`, or why it was withdrawn |
 * | `alert` | what must never happen has happened | `statement`, `message` |
 * | `renamed` | policies know a table or column by a name that it no longer has: of no session | `target`, `was`, `now` |
 * | `change` | somebody has changed something by the HTTP API, `by`; or the users file or that of API tokens was changed: of no session | `by`, `action`, and what it was done to |
 * | `shadow` | policies in the shadow decide a statement otherwise, once a session and text | `principal`, `target`, `revision` of the shadow, `fingerprint` of the statement, `changes` |
 * | `disconnect` | a session has ended | `statements`, `reason` |
 */
import {
  type NameContext,
  type OutdatedName,
  type Principal,
  type PrincipalContext,
  rootsJson,
  textDigest,
  withheld,
} from "@penstock/engine";
import { z } from "zod";
import type { Difference } from "../policies/shadow.ts";
import { escapeJsonLine, jsonOnLine } from "./escape.ts";
import type { FileChanges } from "./file-changes.ts";
import { now } from "./now.ts";

export interface StatementResult {
  /** Rows sent to the client, or changed. */
  readonly rows: number;
  /** Bytes of messages sent to the client for this statement. */
  readonly bytes: number;
  readonly durationUs: number;
  /** `00000` for success. */
  readonly sqlstate: string;
  /** The limit of a policy that cut the result or cancelled the statement. */
  readonly endedBy: "rows" | "bytes" | "duration" | undefined;
  /** What was found in values, by kind. */
  readonly found: ReadonlyMap<string, number> | undefined;
}

/** A statement that waits for people. */
interface RecordedRequest {
  readonly id: string;
  readonly digest: string;
  readonly texts: readonly string[];
  /** How many; their values stand in no audit record. */
  readonly parameters: number;
  readonly needs: readonly {
    readonly groups: readonly string[];
    readonly forMs: number | undefined;
    readonly because: string | undefined;
  }[];
  readonly expiresAtMs: number;
  /** Literals and reasons are left out. */
  readonly isRedacted: boolean;
}

interface RecordedAnswer {
  readonly request: string;
  /** The user's name as given. */
  readonly user: string;
  /** The principal's id, where there is such a user. */
  readonly by: string | undefined;
  /** How it was shown who they are. */
  readonly proof: string;
  readonly answer: "approve" | "deny";
  readonly because: string | undefined;
  readonly counted: boolean;
  /** What became of it. */
  readonly message: string;
}

/** An approval that was taken back. */
interface RecordedRevocation {
  readonly request: string;
  readonly grant: string;
  /** Who had said yes: a principal's id. */
  readonly granted_by: string;
  readonly used: number;
  readonly user: string;
  /** A principal's id; `undefined` where only the machine's account vouches. */
  readonly by: string | undefined;
  readonly proof: string;
  readonly because: string | undefined;
}

/** Makes the lines of one session. Statements are numbered from 1 by the caller. */
export class SessionRecords {
  readonly #context: PrincipalContext;
  readonly #redacts: boolean;
  /** `,"session":…` to be put after the time. */
  readonly #session: string;
  /** `,"principal":…,"target":…,"database":…` */
  readonly #who: string;
  /** What the last statement line was written with. */
  #searchPath: NameContext["searchPath"] | undefined;

  /** @param redacts whether texts of which the engine has not said that they may be shown are to be withheld */
  constructor(context: PrincipalContext, redacts = false) {
    this.#context = context;
    this.#redacts = redacts;
    this.#session = `,"session":${jsonOnLine(context.session.id)}`;
    const { principal, target, session } = context;
    const who: Record<string, unknown> = {
      id: principal.id,
      kind: principal.kind,
      groups: principal.groups,
      ...(principal.onBehalfOf === undefined ? {} : { on_behalf_of: principal.onBehalfOf.id }),
    };
    this.#who = `,"principal":${jsonOnLine(who)},"target":${jsonOnLine(target.name)},"database":${jsonOnLine(session.database)}`;
  }

  /** @param origin of the identity, where it is not a user of the users file */
  connect(origin?: Readonly<Record<string, unknown>>): string {
    const { client, user } = this.#context.session;
    const { method } = this.#context.principal.auth;
    const login = origin === undefined ? "" : `,"login":${jsonOnLine(origin)}`;
    return `${this.#start("connect")}${this.#who},"user":${jsonOnLine(user)},"method":"${method}"${login},"client":${jsonOnLine(client)},"roots":${escapeJsonLine(rootsJson(this.#context))}}`;
  }

  /**
   * @param auditFields of the statement's plan or refusal: JSON without the outer braces, safe as a part of a line.
   * @param names with which its names were resolved; its search_path is the same object while it is the same.
   */
  statement(number: number, auditFields: string, names: NameContext): string {
    const fields = this.#redacts && !auditFields.includes(ofEngine) ? withoutText(auditFields) : auditFields;
    return `${this.#start("statement")},"statement":${number}${this.#who}${this.#pathOf(names)},${fields}}`;
  }

  /** Hot: nothing for nearly every statement. */
  #pathOf({ searchPath }: NameContext): string {
    if (searchPath === this.#searchPath) return "";
    this.#searchPath = searchPath;
    return `,"search_path":${jsonOnLine(searchPath)}`;
  }

  result(number: number, result: StatementResult): string {
    const { rows, bytes, durationUs, sqlstate, endedBy, found } = result;
    const limited = endedBy === undefined ? "" : `,"limited_by":"${endedBy}"`;
    const redacted = found === undefined || found.size === 0 ? "" : `,"found":${jsonOnLine(Object.fromEntries(found))}`;
    return `${this.#start("result")},"statement":${number},"rows":${rows},"bytes":${bytes},"duration_us":${Math.round(durationUs)},"sqlstate":${sqlstate === "00000" ? success : jsonOnLine(sqlstate)}${limited}${redacted}}`;
  }

  approvalRequest(request: RecordedRequest): string {
    const { id, digest, texts, parameters, expiresAtMs } = request;
    const needs = request.needs.map(({ groups, forMs, because }) => ({ groups, for_ms: forMs, because }));
    const fields = {
      request: id,
      digest,
      texts,
      parameters,
      needs,
      expires: new Date(expiresAtMs).toISOString(),
      ...(request.isRedacted ? { redacted: true } : {}),
    };
    return `${this.#start("approval_request")}${this.#who},${jsonOnLine(fields).slice(1)}`;
  }

  approvalEnd(request: string, outcome: string): string {
    return `${this.#start("approval_end")},"request":${jsonOnLine(request)},"outcome":${jsonOnLine(outcome)}}`;
  }

  alert(number: number, message: string): string {
    return `${this.#start("alert")},"statement":${number}${this.#who},"message":${jsonOnLine(message)}}`;
  }

  /** @param reason why the session ended, such as `terminate`, `client closed`, `idle`. */
  disconnect(statements: number, reason: string): string {
    return `${this.#start("disconnect")},"statements":${statements},"reason":${jsonOnLine(reason)}}`;
  }

  #start(event: string): string {
    return `{"event":"${event}","time":"${now()}"${this.#session}`;
  }
}

/** What every statement has that the engine has read; within a text, its quotes would be escaped. */
const ofEngine = '"fingerprint":"';

/** Of a text that was not read, nothing is known: only its digest may be kept, and no words about it. */
function withoutText(auditFields: string): string {
  const fields = z
    .looseObject({ text: z.string(), refused: z.looseObject({}).optional() })
    .parse(JSON.parse(`{${auditFields}}`));
  const { text, refused } = fields;
  const kept = {
    ...fields,
    text: textDigest(text),
    ...(refused === undefined ? {} : { refused: { ...refused, message: withheld } }),
    redacted: true,
  };
  return jsonOnLine(kept).slice(1, -1);
}

/** A connection that became no session: a wrong password, an unknown database, too many connections. */
export function refusedLine(
  session: string,
  user: string,
  client: { readonly address: string },
  reason: string,
): string {
  return `{"event":"refused","time":"${now()}","session":${jsonOnLine(session)},"user":${jsonOnLine(user)},"client":${jsonOnLine(client)},"reason":${jsonOnLine(reason)}}`;
}

/** A request to the HTTP API that is not from whom it would have to be. */
export function apiRefusedLine(address: string, reason: string): string {
  return `{"event":"refused","time":"${now()}","session":"","user":"","client":${jsonOnLine({ address })},"reason":${jsonOnLine(reason)}}`;
}

/**
 * Policies in the shadow decide otherwise. It is of a statement of the session, whose own record has its text.
 * @param redacts whether what policies say of statements is to be withheld, which may hold literals
 */
export function shadowLine({ who, revision, fingerprint, changes }: Difference, redacts = false): string {
  const { principal, target, session } = who;
  const fields = {
    principal: { id: principal.id, kind: principal.kind },
    target: target.name,
    revision,
    fingerprint,
    changes: redacts ? changes.map((change) => ({ ...change, what: withheld })) : changes,
  };
  return `{"event":"shadow","time":"${now()}","session":${jsonOnLine(session.id)},${jsonOnLine(fields).slice(1)}`;
}

/** Somebody has changed something by the HTTP API, or who may send signals has. */
export function changeLine(
  { id }: Pick<Principal, "id">,
  action: string,
  fields: Readonly<Record<string, unknown>>,
): string {
  return `{"event":"change","time":"${now()}","by":${jsonOnLine(id)},${jsonOnLine({ action, ...fields }).slice(1)}`;
}

/** A file that says who is who was read again, and is different. Who has written it, only the system knows: by a command, an editor or otherwise. */
export function fileChangeLine(action: "users" | "api_tokens", file: string, changes: FileChanges): string {
  return `{"event":"change","time":"${now()}","by":"",${jsonOnLine({ action, file, ...changes }).slice(1)}`;
}

/** @param session of the request; empty where that is forgotten */
export function approvalRevokeLine(session: string, fields: RecordedRevocation): string {
  return `{"event":"approval_revoke","time":"${now()}","session":${jsonOnLine(session)},${jsonOnLine(fields).slice(1)}`;
}

/** @param session of the request; empty where there is no such request */
export function approvalAnswerLine(session: string, fields: RecordedAnswer): string {
  return `{"event":"approval_answer","time":"${now()}","session":${jsonOnLine(session)},${jsonOnLine(fields).slice(1)}`;
}

/** Policies know it by the name that it had. */
export function renamedLine(target: string, { was, now: present }: OutdatedName): string {
  return `{"event":"renamed","time":"${now()}","target":${jsonOnLine(target)},"was":${jsonOnLine(was)},"now":${jsonOnLine(present)}}`;
}

/** What nearly every result has, printed once. */
const success = '"00000"';
