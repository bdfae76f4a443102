/** DataRow and CopyData: counted, and taken apart where values are replaced. Hot. */
import { opensRows } from "../enforce/row-change.ts";
import { changeDataRow } from "./data-row-values.ts";
import { expectExecution, leak, pass, withhold } from "./from-server.ts";
import type { Framer } from "./framer.ts";
import { encodeError } from "./messages/error-response.ts";
import type { Pending } from "./pending.ts";
import type { Run } from "./run.ts";
import type { Session } from "./session.ts";

export function row(session: Session, framer: Framer): void {
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
  return change === undefined ? detecting !== undefined : opensRows(change);
}

/** Limits count what the client gets: the length of the values themselves must not show. @param start of the whole message */
function openedRow(session: Session, head: Pending, run: Run, buffer: Buffer, start: number, end: number): void {
  if (session.suppressing) return;
  const { change } = run;
  const isRow = buffer[start] === 0x44;
  const changed = change === undefined || !isRow ? "misshapen" : changeDataRow(change, buffer, start, end);
  if (changed === "misshapen") leak(session, head, "a row has another shape than its description");
  else if (changed === "unchanged") {
    if (run.admits(end - start)) session.toClient.slice(buffer, start, end);
  } else if (run.admits(changed.length)) session.toClient.push(changed);
}

/** A row that is not whole in what was read so far: its parts follow each other, whatever they hold. */
export function streamed(session: Session, framer: Framer, isFirst: boolean): void {
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
    const whole = session.rowParts.add(part, framer.remaining === 0);
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
