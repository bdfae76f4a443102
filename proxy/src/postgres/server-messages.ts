/**
 * What the server answers, matched with the queue of what it was asked. Rows pass as they are and are only counted; what the proxy
 * asked for itself is taken out; a denial replaces the error that it provoked. Hot.
 */
import { encodeCommandComplete, decodeCommandTag, rowsOfTag } from "./messages/command-complete.ts";
import { encodeNotice } from "./messages/error-response.ts";
import { decodeParameterStatus } from "./messages/parameter-status.ts";
import { transactionStatus } from "./messages/ready-for-query.ts";
import { forbiddenOutput } from "./messages/row-description.ts";
import { expectDescribe, expectExecution, leak, pass, settleCopy, unexpected } from "./from-server.ts";
import { frame, type Framer } from "./framer.ts";
import { type Pending, pendingKind } from "./pending.ts";
import type { Portal } from "./prepared.ts";
import type { Run } from "./run.ts";
import type { Session } from "./session.ts";
import { detectingChange } from "./detecting-change.ts";
import { errorResponse } from "./server-errors.ts";
import { row, streamed } from "./server-rows.ts";
import { notice, notification } from "./server-words.ts";
import { isUtf8 } from "./startup-parameters.ts";

const endsWithTransaction = ({ isHeld }: Portal) => !isHeld;
const success = "00000";

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
    case 0x56: // FunctionCallResponse
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
      notice(session, framer);
      return;
    case 0x41: // NotificationResponse
      notification(session, framer);
      return;
    default:
      throw new Error(`unexpected message type ${framer.type} from the server`);
  }
}

function commandComplete(session: Session, framer: Framer): void {
  const head = expectExecution(session);
  const { run } = head;
  if (run !== undefined) {
    if (run.isCut) completeLimited(session, framer, run);
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
  if (run?.isCut === true && !session.suppressing) session.toClient.push(cutNotice(run));
  pass(session, framer);
  if (run !== undefined) finish(session, run, run.rows);
  nextExecution(session, head);
}

function finish(session: Session, run: Run, rows: number): void {
  session.endRun(run, success, run.isCut ? run.passedRows : rows);
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
    if (output !== undefined) {
      leak(session, head, `the result's column ${JSON.stringify(output)} comes straight from a masked column`);
    }
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
