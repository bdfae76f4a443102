/**
 * What the server says beside results. Triggers, and what they call, see rows as they are stored, and nobody has read what they say: for whom
 * something is hidden, their notices and the payloads of notifications do not pass, and of their errors no more than the SQLSTATE.
 */
import { type Enforcer, raisedMessages } from "@penstock/engine";
import { hasExpired } from "../enforce/expiry.ts";
import type { StatementPlan } from "../enforce/plan.ts";
import type { Framer } from "./framer.ts";
import { decodeErrorFields, encodeError } from "./messages/error-response.ts";
import { withoutPayload } from "./messages/notification-response.ts";
import type { Session } from "./session.ts";

type Fields = readonly (readonly [code: string, value: string])[];

/** For the server's own: DEBUG and LOG show statements as they were rewritten, and count rows. */
const forOperators = /^(?:DEBUG|LOG$)/;

export function notice(session: Session, { buffer, start, body, end }: Framer): void {
  if (hidesSomething(session)) {
    const fields = decodeErrorFields(buffer, body, end);
    if (forOperators.test(field(fields, "V") ?? "") || isOfUnreadCode(session.pending.head?.run?.plan, fields)) return;
  }
  session.toClient.slice(buffer, start, end);
}

export function notification(session: Session, { buffer, start, body, end }: Framer): void {
  // Of a login that has expired, nothing new is told.
  if (hasExpired(session.expiry)) return;
  if (hidesSomething(session)) session.toClient.push(withoutPayload(buffer, body, end));
  else session.toClient.slice(buffer, start, end);
}

/** What the client gets in place of an error that could tell of what is hidden; `undefined` where it could not. */
export function withheldError(session: Session, plan: StatementPlan | undefined, fields: Fields): Buffer | undefined {
  if (!isOfUnreadCode(plan, fields) || !hidesSomething(session)) return undefined;
  const text = field(fields, "M") ?? "";
  const isSameForAnyRow = raisedMessages(session.knowledge.epoch.catalog).has(text);
  return encodeError({
    severity: "ERROR",
    sqlstate: field(fields, "C") ?? "XX000",
    message: isSameForAnyRow
      ? text
      : "a trigger or function refused it, and what it says is withheld: data is hidden from you",
    hint: isSameForAnyRow ? undefined : "go by the SQLSTATE, or ask for a role from which nothing is hidden",
  });
}

/**
 * SQLSTATEs of which DETAIL may show a row: of constraints (class 23), of WITH CHECK OPTION, and of REFRESH CONCURRENTLY that finds duplicates.
 */
const showsRow = /^(?:23|44000|21000)/;

/** Whether DETAIL may show something hidden: of what the statement is about, or of what the error says that it is about. */
export function hidesDetail(session: Session, plan: StatementPlan | undefined, fields: Fields): boolean {
  if (!showsRow.test(field(fields, "C") ?? "")) return false;
  if (plan?.forbidden !== undefined || plan?.isFiltered === true) return true;
  const table = field(fields, "t");
  return table === undefined ? hidesSomething(session) : (hiddenRelations(session)?.has(table) ?? true);
}

export function field(fields: Fields, wanted: string): string | undefined {
  return fields.find(([code]) => code === wanted)?.[1];
}

function hidesSomething(session: Session): boolean {
  return hiddenRelations(session)?.size !== 0;
}

function hiddenRelations({ knowledge: { epoch }, who }: Session): ReturnType<Enforcer["hiddenRelations"]> {
  return epoch.enforcer.hiddenRelations(who, epoch.catalog);
}

/** Where an error comes from is told in lines, innermost first. These are no code, but what the client sent, and where rows lie. */
const ofNoCode = /^(?:COPY |JSON data|unnamed portal|portal "|while )/;
const ofCode = /^(?:SQL|PL)/m;

/** Queries call only functions whose bodies were read and that read nothing hidden; whatever else runs may fire triggers. */
function isOfUnreadCode(plan: StatementPlan | undefined, fields: Fields): boolean {
  const where = field(fields, "W");
  if (where === undefined || (ofNoCode.test(where) && !ofCode.test(where))) return false;
  return plan === undefined || !plan.onlyReads;
}
