/**
 * A denial goes to the server too, as a message that it must refuse: so the transaction, the unnamed statement and the order of
 * answers become exactly what they would be had the server refused by itself. Its ErrorResponse is replaced by the denial.
 */
import type { Refused } from "../enforce/gate.ts";
import { encodeError } from "./messages/error-response.ts";
import { encodeParse } from "./messages/parse.ts";
import { encodeQuery } from "./messages/query.ts";
import { type Pending, pendingKind } from "./pending.ts";
import type { Session } from "./session.ts";
import { opened } from "./to-server.ts";
import { message as encodeMessage } from "./wire.ts";

/**
 * An unknown column in every version, under every setting; it says in the server's log what it is. No syntax error: in a failed
 * transaction the server must say so, as it does to every statement that it can parse.
 */
const refusedSql = 'select "penstock: statement refused by policy"';
const refusedQuery = encodeQuery(refusedSql);
const syncMessage = encodeMessage("S");

export function denyQuery(session: Session, refused: Refused): void {
  session.recordRefusal(refused);
  setDenial(session.pending.push(pendingKind.query), refused);
  session.toUpstream.push(refusedQuery);
  session.endGroup();
}

/**
 * @param name of the statement that is not made: the unnamed one is gone after a refused Parse, a named one stays.
 * @param comesFirst the server looks for what the message names before it looks at the transaction.
 */
export function denyExtended(session: Session, refused: Refused, name: string, comesFirst = false): void {
  session.recordRefusal(refused);
  opened(session);
  const entry = session.pending.push(pendingKind.parse);
  setDenial(entry, refused);
  entry.denialComesFirst ||= comesFirst;
  session.toUpstream.push(encodeParse(name, refusedSql));
  session.skipping = true;
}

function setDenial(entry: Pending, { sqlstate, message, detail, hint, position }: Refused): void {
  entry.denial = encodeError({ severity: "ERROR", sqlstate, message, detail, hint, position });
  entry.denialComesFirst = /^(?:42601|22021|54)/.test(sqlstate);
}

/**
 * What to send in place of messages that have not left yet and must not: the server refuses each Query and each group, and the entries
 * of the queue become denials.
 */
export function refuseBatch(
  session: Session,
  firstEntry: number,
  endEntry: number,
  error: { readonly sqlstate: string; readonly message: string },
): Buffer {
  const { pending, ownName } = session;
  const denial = encodeError({ severity: "ERROR", hint: "tell whoever operates the proxy", ...error });
  const parts: Buffer[] = [];
  const shifted = pending.pushed - pending.length;
  let isRefused = false;
  for (let number = firstEntry; number < endEntry; number++) {
    const entry = pending.at(number - shifted);
    // As the client is told, and not as the server says of what is sent instead.
    if (entry.run !== undefined) session.endRun(entry.run, error.sqlstate, 0);
    for (const run of entry.later ?? []) session.endRun(run, error.sqlstate, 0);
    if (entry.kind === pendingKind.sync) {
      parts.push(syncMessage);
      isRefused = false;
    } else if (isRefused) {
      // The server skips it; so it need not even be sent.
      continue;
    } else if (entry.kind === pendingKind.query) {
      parts.push(refusedQuery);
      entry.denial = denial;
      entry.denialComesFirst = true;
    } else {
      parts.push(encodeParse(ownName, refusedSql));
      entry.denial = denial;
      entry.denialComesFirst = true;
      isRefused = true;
    }
  }
  if (isRefused && session.groupOpen) session.skipping = true;
  session.copy.settled(endEntry);
  return Buffer.concat(parts);
}
