/**
 * What the server answers, matched with the queue of what it was asked. Rows pass as they are and are only counted; what the proxy
 * asked for itself is taken out; a denial replaces the error that it provoked. Hot.
 */
import { refusedRow } from "@penstock/engine";
import { encodeCommandComplete, decodeCommandTag, rowsOfTag } from "./messages/command-complete.ts";
import { decodeErrorFields, encodeError, encodeErrorFields, encodeNotice } from "./messages/error-response.ts";
import { decodeParameterStatus } from "./messages/parameter-status.ts";
import { transactionStatus } from "./messages/ready-for-query.ts";
import { forbiddenOutput } from "./messages/row-description.ts";
import { frame, type Framer } from "./framer.ts";
import { type Pending, pendingKind } from "./pending.ts";
import type { Portal } from "./prepared.ts";
import type { Run } from "./run.ts";
import type { Session } from "./session.ts";
import { detectingChange } from "./detecting-change.ts";
import { changeRow } from "./row-change.ts";
import { isUtf8 } from "./startup-parameters.ts";

const endsWithTransaction = ({ isHeld }: Portal) => !isHeld;
const success = "00000";
const headerBytes = 5;
const skipped = "57014";

export function handleServerMessage(session: Session, framer: Framer, found: number): void {
  switch (found) {
    case frame.message:
      break;
    case frame.begun:
    case frame.continued:
      streamed(session, framer, found === frame.begun);
      return;
    default:
      throw new Error(`unexpected message type ${framer.type} of ${framer.length} bytes from the server`);
  }
  switch (framer.type) {
    case 0x44: // DataRow
    case 0x64: // CopyData
      row(session, framer);
      return;
    case 0x43: // CommandComplete
      commandComplete(session, framer);
      return;
    case 0x5a: // ReadyForQuery
      readyForQuery(session, framer);
      return;
    case 0x32: // BindComplete
      answered(session, framer, pendingKind.bind);
      return;
    case 0x31: // ParseComplete
      answered(session, framer, pendingKind.parse);
      return;
    case 0x33: // CloseComplete
      answered(session, framer, pendingKind.close);
      return;
    case 0x54: // RowDescription
      rowDescription(session, framer);
      return;
    case 0x6e: // NoData
      described(session, framer, expectDescribe(session));
      return;
    case 0x74: // ParameterDescription
      if (!expectDescribe(session).hidden) pass(session, framer);
      return;
    case 0x45: // ErrorResponse
      errorResponse(session, framer);
      return;
    case 0x49: // EmptyQueryResponse
    case 0x73: // PortalSuspended
      executionEnded(session, framer);
      return;
    case 0x47: // CopyInResponse
      copyIn(session, framer);
      return;
    case 0x48: // CopyOutResponse
    case 0x63: // CopyDone
      expectExecution(session);
      pass(session, framer);
      return;
    case 0x53: // ParameterStatus
      parameterStatus(session, framer);
      return;
    case 0x4e: // NoticeResponse
    case 0x41: // NotificationResponse
      session.toClient.slice(framer.buffer, framer.start, framer.end);
      return;
    default:
      throw new Error(`unexpected message type ${framer.type} from the server`);
  }
}

function pass(session: Session, framer: Framer): void {
  if (!session.suppressing) session.toClient.slice(framer.buffer, framer.start, framer.end);
}

/** A protocol fault: an answer that nobody asked for. Going on would give answers to the wrong question. */
function unexpected(session: Session, what: string): never {
  throw new Error(`${what} from the server while ${describePending(session.pending.head)} was due`);
}

function describePending(entry: Pending | undefined): string {
  if (entry === undefined) return "nothing";
  return Object.entries(pendingKind).find(([, kind]) => kind === entry.kind)?.[0] ?? "something";
}

function expectExecution(session: Session): Pending {
  const { head } = session.pending;
  if (head === undefined || (head.kind !== pendingKind.query && head.kind !== pendingKind.execute)) {
    unexpected(session, "a result");
  }
  return head;
}

function expectDescribe(session: Session): Pending {
  const { head } = session.pending;
  if (head === undefined || (head.kind !== pendingKind.describeStatement && head.kind !== pendingKind.describePortal)) {
    unexpected(session, "a description");
  }
  return head;
}

function row(session: Session, framer: Framer): void {
  const head = expectExecution(session);
  const { run } = head;
  if (run === undefined) {
    if (head.hidden) session.side.row(framer.buffer, framer.body, framer.end);
    else pass(session, framer);
    return;
  }
  if (isOpened(run)) openedRow(session, head, run, framer.buffer, framer.start, framer.end);
  else if (run.admits(framer.length)) pass(session, framer);
}

/** Whether its rows are taken apart. */
function isOpened({ change, detecting }: Run): boolean {
  return change === undefined ? detecting !== undefined : change.columns.length > 0;
}

/** Limits count what the client gets: the length of the values themselves must not show. @param start of the whole message */
function openedRow(session: Session, head: Pending, run: Run, buffer: Buffer, start: number, end: number): void {
  if (session.suppressing) return;
  const { change } = run;
  const isRow = buffer[start] === 0x44;
  const changed = change === undefined || !isRow ? "misshapen" : changeRow(change, buffer, start + headerBytes, end);
  if (changed === "misshapen") leak(session, head, "a row of another shape than was decided");
  else if (changed === "unchanged") {
    if (run.admits(end - start)) session.toClient.slice(buffer, start, end);
  } else if (run.admits(changed.length)) session.toClient.push(changed);
}

/** A row that is not whole in what was read so far: its parts follow each other, whatever they hold. */
function streamed(session: Session, framer: Framer, isFirst: boolean): void {
  const head = expectExecution(session);
  const { run, hidden } = head;
  if (hidden) {
    session.side.part(framer.buffer, isFirst ? framer.body : framer.start, framer.end, framer.remaining);
    return;
  }
  if (run !== undefined && isOpened(run)) {
    if (session.suppressing) return;
    const { serverMessageBytes: limit } = session.host.limits;
    if (isFirst && framer.length > limit) {
      withhold(session, rowTooLarge(framer.length, limit));
      session.endRun(run, "54000", run.passedRows);
      return;
    }
    const part = framer.buffer.subarray(framer.start, framer.end);
    const whole = session.rowParts.add(part, framer.remaining);
    if (whole !== undefined) openedRow(session, head, run, whole, 0, whole.length);
    return;
  }
  if (isFirst) run?.admits(framer.length);
  if (run?.endedBy !== undefined || session.suppressing) return;
  pass(session, framer);
  session.withinRow = framer.remaining > 0;
}

function rowTooLarge(bytes: number, limit: number): Buffer {
  return encodeError({
    severity: "ERROR",
    sqlstate: "54000",
    message: `a row of the result has ${bytes} bytes; ${limit} are permitted where values are replaced`,
    hint: "leave large columns out, or fetch them in parts",
  });
}

function commandComplete(session: Session, framer: Framer): void {
  const head = expectExecution(session);
  const { run } = head;
  if (run !== undefined) {
    if (isCut(run)) completeLimited(session, framer, run);
    else pass(session, framer);
    finish(session, run, rowsOfTag(framer.buffer, framer.body, framer.end));
  } else if (!head.hidden) pass(session, framer);
  nextExecution(session, head);
}

/** Rows were held back: the tag counts what the client got, and a notice says so. */
function completeLimited(session: Session, framer: Framer, run: Run): void {
  if (session.suppressing) return;
  const tag = decodeCommandTag(framer.buffer, framer.body, framer.end);
  session.toClient.push(cutNotice(run));
  session.toClient.push(encodeCommandComplete(tag.replace(/[0-9]+$/, String(run.passedRows))));
}

/** Rows were held back. */
function isCut({ endedBy }: Run): boolean {
  return endedBy === "rows" || endedBy === "bytes";
}

function cutNotice({ endedBy, passedRows, plan }: Run): Buffer {
  const rows = passedRows === 1 ? "1 row" : `${passedRows} rows`;
  return encodeNotice({
    severity: "NOTICE",
    sqlstate: "01000",
    message:
      endedBy === "bytes"
        ? `the result was cut after ${rows} by policy: more than ${plan.limits.bytes} bytes`
        : `the result was cut after ${rows} by policy`,
    hint: "narrow the query down, or ask for a higher limit",
  });
}

function executionEnded(session: Session, framer: Framer): void {
  const head = expectExecution(session);
  const { run } = head;
  if (run !== undefined && isCut(run) && !session.suppressing) session.toClient.push(cutNotice(run));
  pass(session, framer);
  if (run !== undefined) finish(session, run, run.rows);
  nextExecution(session, head);
}

function finish(session: Session, run: Run, rows: number): void {
  session.endRun(run, success, isCut(run) ? run.passedRows : rows);
}

function nextExecution(session: Session, head: Pending): void {
  if (head.kind === pendingKind.query) {
    head.run = head.later?.shift();
    return;
  }
  session.pending.shift();
  settleCopy(session);
}

function answered(session: Session, framer: Framer, kind: number): void {
  const { head } = session.pending;
  if (head === undefined || head.kind !== kind) unexpected(session, "a confirmation");
  if (head.statement !== undefined) session.statements.commit(head.statement);
  if (head.portal !== undefined) session.portals.commit(head.portal);
  if (!head.hidden) pass(session, framer);
  session.pending.shift();
  if (head.hidden && kind === pendingKind.close && session.side.isRunning) sideAnswered(session);
}

/** In an open group nothing marks the end of a side query but the answer to its last Close. */
function sideAnswered(session: Session): void {
  if (session.pending.length === 0) session.side.done();
}

function rowDescription(session: Session, framer: Framer): void {
  const { head } = session.pending;
  if (head === undefined) unexpected(session, "a RowDescription");
  const plan = head.kind === pendingKind.query ? head.run?.plan : head.described;
  if (plan?.forbidden !== undefined) {
    const output = forbiddenOutput(framer.buffer, framer.body, framer.end, plan.forbidden, plan.tokens);
    if (output !== undefined) leak(session, head, output);
  }
  const run = head.kind === pendingKind.query ? head.run : head.describedRun;
  if (run?.detecting !== undefined && session.redactor !== undefined) {
    const { labelled, found } = run.detecting;
    const { buffer, body, end } = framer;
    run.change = detectingChange(session.redactor, labelled, found, run.change, buffer, body, end);
  }
  if (head.kind === pendingKind.query) pass(session, framer);
  else described(session, framer, expectDescribe(session));
}

function described(session: Session, framer: Framer, head: Pending): void {
  if (!head.hidden) pass(session, framer);
  session.pending.shift();
}

/** It must never happen: a masked column is about to come out unmasked. Nothing more passes of this group. */
function leak(session: Session, head: Pending, output: string): void {
  if (session.suppressing) return;
  const message = `the result's column ${JSON.stringify(output)} comes straight from a masked column`;
  session.host.leaked(session, head.run?.number ?? session.statementCount, message);
  withhold(
    session,
    encodeError({
      severity: "ERROR",
      sqlstate: "42501",
      message: "the result was withheld: it would have shown a masked column",
      hint: "this is a fault of the proxy and has been reported; the statement may have run",
    }),
  );
}

function withhold(session: Session, error: Buffer): void {
  session.toClient.push(error);
  session.suppressing = true;
}

/** in_failed_sql_transaction: what the server says of any statement then, and so of one that the proxy refuses. */
const failedTransaction = "25P02";

function errorResponse(session: Session, framer: Framer): void {
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
  } else passError(session, framer, head, fields, sqlstate);
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

function settleCopy({ copy, pending }: Session): void {
  copy.settled(pending.headNumber);
}

function passError(
  session: Session,
  framer: Framer,
  head: Pending,
  fields: readonly [string, string][],
  sqlstate: string,
): void {
  const plan = head.run?.plan;
  const hidesDetail = sqlstate.startsWith("23") && (plan?.forbidden !== undefined || plan?.isFiltered === true);
  const { mapPosition } = head;
  if (!hidesDetail && mapPosition === undefined) {
    pass(session, framer);
    return;
  }
  if (session.suppressing) return;
  const refused = plan?.isFiltered === true ? refusedRow(messageOf(fields)) : undefined;
  if (refused !== undefined) {
    session.toClient.push(
      encodeError({
        severity: "ERROR",
        sqlstate: "42501",
        message: refused,
        hint: "give it values that you would see, or ask for a role without filters",
      }),
    );
    return;
  }
  const kept = fields
    // A constraint's detail shows the row, masked columns too, and may show a hidden one.
    .filter(([code]) => !(hidesDetail && code === "D"))
    .map(([code, value]): [string, string] =>
      code === "P" && mapPosition !== undefined ? [code, String(mapPosition(Number(value)))] : [code, value],
    );
  session.toClient.push(encodeErrorFields("E", kept));
}

function messageOf(fields: readonly [string, string][]): string {
  return fields.find(([code]) => code === "M")?.[1] ?? "";
}

function readyForQuery(session: Session, framer: Framer): void {
  const { head } = session.pending;
  if (head === undefined || (head.kind !== pendingKind.query && head.kind !== pendingKind.sync)) {
    unexpected(session, "ReadyForQuery");
  }
  const { hidden } = head;
  session.pending.shift();
  settleCopy(session);
  const status = framer.buffer[framer.body]!;
  session.status = status;
  if (session.suppressing) {
    session.suppressing = false;
    if (status === transactionStatus.active) {
      // The server knows of no error; the client was told of one. Only the end of the transaction makes both right.
      session.end("origin leak", {
        sqlstate: "42501",
        message: "the transaction was rolled back: a result had to be withheld",
      });
      return;
    }
  }
  if (status === transactionStatus.idle && session.portals.size > 0) {
    session.portals.forget(endsWithTransaction);
  }
  session.knowledge.ready(status);
  if (hidden) sideAnswered(session);
  else session.toClient.slice(framer.buffer, framer.start, framer.end);
}

function copyIn(session: Session, framer: Framer): void {
  expectExecution(session);
  if (!session.copy.isAwaited) unexpected(session, "CopyInResponse");
  session.copy.open();
  pass(session, framer);
}

function parameterStatus(session: Session, framer: Framer): void {
  const { name, value } = decodeParameterStatus(framer.buffer, framer.body, framer.end);
  const changesReading =
    (name === "client_encoding" && !isUtf8(value)) || (name === "standard_conforming_strings" && value !== "on");
  if (changesReading) {
    // By code that nobody has read: statements are refused, not guessed at.
    session.end("reading changed", {
      sqlstate: "42501",
      message: `${name} was changed to ${value}: statements could be read in two ways, so the connection is closed`,
    });
    return;
  }
  if (name === "search_path") session.knowledge.reportedPath(value);
  session.toClient.slice(framer.buffer, framer.start, framer.end);
}
