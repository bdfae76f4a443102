/** ErrorResponse: a denial takes the place of the error that it provoked, and nothing hidden stays in the server's words. */
import { refusedRow } from "@penstock/engine";
import { pass, settleCopy } from "./from-server.ts";
import type { Framer } from "./framer.ts";
import { decodeErrorFields, encodeError, encodeErrorFields } from "./messages/error-response.ts";
import { type Pending, pendingKind } from "./pending.ts";
import { field, hidesDetail, withheldError } from "./server-words.ts";
import type { Session } from "./session.ts";

const skipped = "57014";

/** in_failed_sql_transaction: what the server says of any statement then, and so of one that the proxy refuses. */
const failedTransaction = "25P02";

export function errorResponse(session: Session, framer: Framer): void {
  const { buffer, body, end } = framer;
  const { head } = session.pending;
  const fields = decodeErrorFields(buffer, body, end);
  const sqlstate = fields.find(([code]) => code === "C")?.[1] ?? "XX000";
  if (fields.some(([code, value]) => code === "V" && (value === "FATAL" || value === "PANIC")))
    session.fatalSeen = true;
  if (head === undefined || session.fatalSeen) {
    pass(session, framer);
    return;
  }
  if (head.hidden && session.side.isRunning) {
    session.side.fail(new Error(fields.find(([code]) => code === "M")?.[1] ?? sqlstate));
    if (session.groupOpen) {
      // The group has failed by a question of the proxy's: the client has to know why the rest is skipped.
      session.toClient.push(
        encodeError({
          severity: "ERROR",
          sqlstate: "58000",
          message: "the state of the session could not be read",
          hint: "try again",
        }),
      );
    }
  } else if (head.denial !== undefined && (sqlstate !== failedTransaction || head.denialComesFirst)) {
    if (!session.suppressing) session.toClient.push(head.denial);
  } else if (head.run?.cancelledAfterMs !== undefined && sqlstate === queryCanceled) {
    head.run.endedBy = "duration";
    if (!session.suppressing) session.toClient.push(tooLong(head.run.cancelledAfterMs));
  } else passError(session, framer, head, fields);
  if (head.run !== undefined) session.endRun(head.run, sqlstate, 0);
  if (head.kind === pendingKind.query) {
    for (const later of head.later ?? []) session.endRun(later, skipped, 0);
    head.run = undefined;
    head.later = undefined;
    session.copy.settled(session.pending.headNumber + 1);
  } else if (head.kind !== pendingKind.sync) skipToSync(session);
}

const queryCanceled = "57014";

function tooLong(durationMs: number): Buffer {
  return encodeError({
    severity: "ERROR",
    sqlstate: queryCanceled,
    message: `the statement was cancelled by policy: it ran longer than ${printMs(durationMs)}`,
    hint: "make it do less at a time, or ask for a higher limit",
  });
}

function printMs(ms: number): string {
  return ms % 1000 === 0 ? `${ms / 1000} s` : `${ms} ms`;
}

/** The server ignores what it was sent up to the next Sync. */
function skipToSync(session: Session): void {
  const { pending } = session;
  let dropped = 0;
  while (dropped < pending.length && pending.at(dropped).kind !== pendingKind.sync) dropped++;
  if (dropped === pending.length) session.skipping = true;
  // Backwards, so that each name gets back what it meant before.
  for (let index = dropped - 1; index >= 0; index--) {
    const entry = pending.at(index);
    if (entry.statement !== undefined) session.statements.undo(entry.statement);
    if (entry.portal !== undefined) session.portals.undo(entry.portal);
    if (entry.run !== undefined) session.endRun(entry.run, skipped, 0);
    for (const later of entry.later ?? []) session.endRun(later, skipped, 0);
  }
  for (let index = 0; index < dropped; index++) pending.shift();
  settleCopy(session);
}

/** Which of the lines that the client sent it was: the rest of what the server says there is the line itself. */
function copiedLine(context: string | undefined): string | undefined {
  const line = /^COPY .*, line ([0-9]+)/mu.exec(context ?? "")?.[1];
  return line === undefined ? undefined : `it is line ${line} of what was copied`;
}

function passError(session: Session, framer: Framer, head: Pending, fields: readonly [string, string][]): void {
  const plan = head.run?.plan;
  const withheld = withheldError(session, plan, fields);
  if (withheld !== undefined) {
    if (!session.suppressing) session.toClient.push(withheld);
    return;
  }
  const isDetailHidden = hidesDetail(session, plan, fields);
  const { mapPosition } = head;
  if (!isDetailHidden && mapPosition === undefined) {
    pass(session, framer);
    return;
  }
  if (session.suppressing) return;
  const refused = plan?.isFiltered === true ? refusedRow(field(fields, "M") ?? "") : undefined;
  if (refused !== undefined) {
    session.toClient.push(
      encodeError({
        severity: "ERROR",
        sqlstate: "42501",
        message: refused,
        detail: copiedLine(field(fields, "W")),
        hint: "give it values that you would see, or ask for a role without filters",
      }),
    );
    return;
  }
  const kept = fields
    // A constraint's detail shows the row, masked columns too, and may show a hidden one.
    .filter(([code]) => !(isDetailHidden && code === "D"))
    .map(([code, value]): [string, string] =>
      code === "P" && mapPosition !== undefined ? [code, String(mapPosition(Number(value)))] : [code, value],
    );
  session.toClient.push(encodeErrorFields("E", kept));
}
