/**
 * What the server answers, packet by packet ("Command Phase"). Rows pass as they are and are only counted; descriptions are looked at for
 * columns that must not show; what the proxy asked for itself is taken out. Hot.
 */
import { capability, has, planStatus, status } from "./capabilities.ts";
import { errorAnswer } from "./error-answers.ts";
import { errOf } from "./errors.ts";
import { type Exchange, phase } from "./exchange.ts";
import { frame, type Framer } from "./framer.ts";
import { decodeColumnOrigin } from "./messages/column-definition.ts";
import { decodeEnd, decodeOk, type EndFields } from "./messages/ok.ts";
import { decodePrepareOk } from "./messages/prepare-ok.ts";
import { openedRow } from "./opened-rows.ts";
import { beginResult, describedColumn, resultDescribed } from "./result-columns.ts";
import { shownRows } from "./server-words.ts";
import type { Session } from "./session.ts";
import { drop, pass, settle } from "./to-client.ts";
import { packetBytesMax, PacketReader, packetsOf } from "./wire.ts";

const success = "00000";

export function handleAnswer(session: Session, framer: Framer, what: number): void {
  const { exchange } = session;
  if (exchange === undefined) {
    // Such as its last word before it closes an idle connection, which it then does.
    return;
  }
  switch (what) {
    case frame.continued:
      partOfRow(session, framer, exchange);
      return;
    case frame.packet:
    case frame.begun:
      break;
    default:
      throw new Error("a packet of the server cannot be read");
  }
  if (framer.sequence !== (exchange.sequence & 0xff)) {
    throw new Error(`packet ${framer.sequence} of the server where ${exchange.sequence & 0xff} was due`);
  }
  exchange.sequence++;
  if (exchange.phase === phase.rows) {
    row(session, framer, exchange);
    return;
  }
  if (framer.length === packetBytesMax) throw new Error("a packet of the server that is no row has 16 MiB or more");
  switch (exchange.phase) {
    case phase.first:
      first(session, framer, exchange);
      return;
    case phase.columns:
      column(session, framer, exchange);
      return;
    case phase.columnsEnd:
      columnsEnd(session, framer, exchange);
      return;
    case phase.parameters:
    case phase.parametersEnd:
      parameter(session, framer, exchange);
      return;
    case phase.fields:
      field(session, framer, exchange);
      return;
    default:
      throw new Error("an answer is in no known phase");
  }
}

function first(session: Session, framer: Framer, exchange: Exchange): void {
  const { buffer, body } = framer;
  if (framer.length === 0) throw new Error("an empty answer from the server");
  const head = buffer[body]!;
  if (head === 0xff) {
    errorAnswer(session, framer, exchange);
    return;
  }
  switch (exchange.kind) {
    case "text":
      pass(session, framer, exchange);
      session.answered(exchange);
      return;
    case "simple":
      simple(session, framer, exchange, head);
      return;
    case "prepare":
      prepared(session, framer, exchange, head);
      return;
    case "fields":
      exchange.phase = phase.fields;
      field(session, framer, exchange);
      return;
    case "fetch":
      exchange.phase = phase.rows;
      row(session, framer, exchange);
      return;
    case "query":
      query(session, framer, exchange, head);
      return;
    default:
      exchange.kind satisfies never;
  }
}

function simple(session: Session, framer: Framer, exchange: Exchange, head: number): void {
  const { buffer, body, end } = framer;
  if (head === 0x00) ok(session, decodeOk(buffer, body, end).status);
  else if (head !== 0xfe) throw new Error("an answer of another form than its command has");
  pass(session, framer, exchange);
  endFirstRun(session, exchange, 0);
  session.answered(exchange);
}

function ok(session: Session, flags: number): void {
  session.status = flags;
  session.knowledge.reportedBackslashes((flags & status.noBackslashEscapes) !== 0);
  if ((flags & status.sessionStateChanged) !== 0) session.knowledge.stateChanged();
}

/** Whether an index was used depends on how many rows there are, hidden ones among them. */
function withoutPlan(session: Session, { buffer }: Framer, { status: flags, statusAt }: EndFields): void {
  if (!session.areWordsSafe && (flags & planStatus) !== 0) buffer.writeUInt16LE(flags & ~planStatus, statusAt);
}

function query(session: Session, framer: Framer, exchange: Exchange, head: number): void {
  const { buffer, body, end } = framer;
  if (head === 0x00) {
    const answer = decodeOk(buffer, body, end);
    const { affectedRows, status: flags } = answer;
    ok(session, flags);
    withoutPlan(session, framer, answer);
    pass(session, framer, exchange);
    endFirstRun(session, exchange, affectedRows);
    resultEnded(session, exchange, flags);
    return;
  }
  if (head === 0xfb) {
    refuseFile(session, framer, exchange);
    return;
  }
  const columns = new PacketReader(buffer, body, end).lengthEncoded();
  if (exchange.asked !== undefined) exchange.asked.columns = columns;
  beginResult(session, exchange, columns);
  pass(session, framer, exchange);
}

/** LOAD DATA LOCAL: the server asks for a file of the client's. It gets an empty one, and the client never hears of it. */
function refuseFile(session: Session, framer: Framer, exchange: Exchange): void {
  settle(
    session,
    exchange,
    errOf("42501", "LOAD DATA LOCAL is not supported: no file of the client is sent", undefined),
  );
  session.tell(packetsOf(Buffer.alloc(0), framer.sequence + 1));
  exchange.sequence++;
}

function column(session: Session, framer: Framer, exchange: Exchange): void {
  describedColumn(session, framer, exchange);
  const { run } = exchange;
  if (run?.plan.facts.kind === "show") lookAtShown(session, framer, exchange);
  pass(session, framer, exchange);
  if (--exchange.columnsLeft > 0) return;
  const withEnd = !has(session.capabilities, capability.deprecateEof);
  if (withEnd) exchange.phase = phase.columnsEnd;
  else described(session, exchange);
}

/** SHOW WARNINGS, SHOW ERRORS and SHOW GRANTS, known by their columns, whose names nobody can change. */
function lookAtShown(session: Session, { buffer, body, end }: Framer, exchange: Exchange): void {
  const rowAsShown = shownRows(session, decodeColumnOrigin(buffer, body, end).name);
  if (rowAsShown === undefined) return;
  exchange.rowAsShown = rowAsShown;
  // In the binary format they are not taken apart.
  if (exchange.prepared !== undefined) settle(session, exchange, errOf("42501", "this is shown as text only"));
}

function columnsEnd(session: Session, framer: Framer, exchange: Exchange): void {
  const ending = decodeEnd(framer.buffer, framer.body, framer.end, session.capabilities);
  const flags = ending.status;
  withoutPlan(session, framer, ending);
  pass(session, framer, exchange);
  if (exchange.opensCursor && (flags & status.cursorExists) !== 0) {
    resultDescribed(session, exchange);
    rowsEnded(session, exchange, flags);
    return;
  }
  described(session, exchange);
}

/** All descriptions are there. */
function described(session: Session, exchange: Exchange): void {
  if (exchange.kind === "prepare") {
    session.answered(exchange);
    return;
  }
  resultDescribed(session, exchange);
  exchange.phase = phase.rows;
}

function prepared(session: Session, framer: Framer, exchange: Exchange, head: number): void {
  if (head !== 0x00) throw new Error("an answer of another form than its command has");
  const { statementId, columns, parameters } = decodePrepareOk(framer.buffer, framer.body, framer.end);
  pass(session, framer, exchange);
  const statement = exchange.prepared;
  if (exchange.asked !== undefined) exchange.asked.prepared = { statementId, columns, parameters };
  if (statement !== undefined) {
    statement.parameters = parameters;
    statement.serverId = statementId;
    session.statements.set(statementId, statement);
    session.lastPreparedId = statementId;
  }
  exchange.columnsAfter = columns;
  exchange.columnsLeft = parameters;
  if (parameters > 0) exchange.phase = phase.parameters;
  else columnsOfPrepared(session, exchange);
}

function parameter(session: Session, framer: Framer, exchange: Exchange): void {
  pass(session, framer, exchange);
  if (exchange.phase === phase.parameters) {
    if (--exchange.columnsLeft > 0) return;
    if (!has(session.capabilities, capability.deprecateEof)) {
      exchange.phase = phase.parametersEnd;
      return;
    }
  }
  columnsOfPrepared(session, exchange);
}

function columnsOfPrepared(session: Session, exchange: Exchange): void {
  if (exchange.columnsAfter === 0) session.answered(exchange);
  else beginResult(session, exchange, exchange.columnsAfter);
}

/** Descriptions of COM_FIELD_LIST, which tell no more than SHOW COLUMNS. */
function field(session: Session, framer: Framer, exchange: Exchange): void {
  const head = framer.buffer[framer.body];
  if (head === 0xff) {
    errorAnswer(session, framer, exchange);
    return;
  }
  pass(session, framer, exchange);
  if (head === 0xfe && framer.length < packetBytesMax) {
    endFirstRun(session, exchange, 0);
    session.answered(exchange);
  }
}

function row(session: Session, framer: Framer, exchange: Exchange): void {
  const { buffer, body, length } = framer;
  if (exchange.continues) {
    exchange.continues = length === packetBytesMax;
    if (exchange.opensRows) openedRow(session, framer, exchange);
    else if (exchange.rowPasses) pass(session, framer, exchange);
    else drop(exchange);
    return;
  }
  const head = length === 0 ? -1 : buffer[body]!;
  if (head === 0xff) {
    errorAnswer(session, framer, exchange);
    return;
  }
  if (head === 0xfe && length < packetBytesMax) {
    const ending = decodeEnd(buffer, body, framer.end, session.capabilities);
    const flags = ending.status;
    ok(session, flags);
    withoutPlan(session, framer, ending);
    pass(session, framer, exchange);
    rowsEnded(session, exchange, flags);
    return;
  }
  exchange.continues = length === packetBytesMax;
  if (exchange.opensRows) {
    openedRow(session, framer, exchange);
    return;
  }
  if (exchange.asked !== undefined) {
    if (exchange.continues) throw new Error("a row of a side query has 16 MiB or more");
    exchange.asked.row(buffer, body, framer.end);
    return;
  }
  if (exchange.rowAsShown !== undefined && !exchange.isSettled) {
    session.toClient.push(exchange.rowAsShown(buffer, body, framer.end, (exchange.clientSequence - 1) & 0xff));
    exchange.run?.admits(length + 4);
    return;
  }
  exchange.rowPasses = exchange.run?.admits(length + 4) ?? true;
  if (exchange.rowPasses) pass(session, framer, exchange);
  else drop(exchange);
}

/** A row that is not whole in what was read so far: its parts follow each other, whatever they hold. */
function partOfRow(session: Session, framer: Framer, exchange: Exchange): void {
  if (exchange.asked !== undefined || exchange.isSettled || !exchange.rowPasses) return;
  session.toClient.slice(framer.buffer, framer.start, framer.end);
}

/** Rows have ended, or wait in a cursor. */
function rowsEnded(session: Session, exchange: Exchange, flags: number): void {
  const { prepared: statement, run, opensCursor } = exchange;
  const waits = opensCursor && (flags & status.cursorExists) !== 0 && (flags & status.lastRowSent) === 0;
  if (statement !== undefined && run !== undefined && waits) {
    statement.cursor = run;
    exchange.runs.shift();
  } else {
    if (statement !== undefined && run === statement.cursor) statement.cursor = undefined;
    // CALL and compound statements end with an OK of their own, behind all their results.
    const goesOn = (flags & status.moreResults) !== 0 && run !== undefined && endsWithOk(run.plan.facts.kind);
    if (!goesOn) endFirstRun(session, exchange, undefined);
  }
  resultEnded(session, exchange, flags);
}

export function endsWithOk(kind: string): boolean {
  return kind === "call" || kind === "do";
}

function resultEnded(session: Session, exchange: Exchange, flags: number): void {
  if ((flags & status.moreResults) !== 0) {
    exchange.phase = phase.first;
    return;
  }
  for (const run of exchange.runs.splice(0)) session.endRun(run, success);
  session.answered(exchange);
}

/** @param rows that were changed, or `undefined` where they came as a result */
function endFirstRun(session: Session, exchange: Exchange, rows: number | undefined): void {
  const run = exchange.runs.shift();
  if (run !== undefined) session.endRun(run, success, rows);
}
