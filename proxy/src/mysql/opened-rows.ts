/** Rows of results in which values are replaced. Hot for those. */
import { changeRow } from "../enforce/row-change.ts";
import type { StatementRun } from "../enforce/statement-run.ts";
import { errOf } from "./errors.ts";
import type { Exchange } from "./exchange.ts";
import type { Framer } from "./framer.ts";
import type { Session } from "./session.ts";
import { drop, leak, pass, settle } from "./to-client.ts";
import { headerBytes, packetCount, packetsOfParts } from "./wire.ts";

/**
 * One packet of such a row; `exchange.continues` says whether another one follows. Limits count what the client gets: the length of the values
 * themselves must not show.
 */
export function openedRow(session: Session, framer: Framer, exchange: Exchange): void {
  const { run } = exchange;
  if (run === undefined || exchange.isSettled) return;
  const { rowParts } = session;
  const { buffer, body, end, length } = framer;
  const { serverMessageBytes: limit } = session.host.limits;
  if (rowParts.bytes + length > limit) {
    rowParts.clear();
    settle(
      session,
      exchange,
      errOf(
        "54000",
        `a row of the result has more than ${limit} bytes, which is what is permitted where values are replaced`,
        "leave large columns out, or fetch them in parts",
      ),
    );
    session.endRun(run, "54000", run.passedRows);
    return;
  }
  if (!exchange.continues && rowParts.bytes === 0) {
    const changed = changedRow(session, exchange, run, buffer, body, end);
    if (changed === undefined) return;
    if (changed !== "unchanged") send(session, exchange, run, changed);
    else if (run.admits(length + headerBytes)) pass(session, framer, exchange);
    else drop(exchange);
    return;
  }
  const whole = rowParts.add(buffer.subarray(body, end), !exchange.continues);
  if (whole === undefined) {
    drop(exchange);
    return;
  }
  const changed = changedRow(session, exchange, run, whole, 0, whole.length);
  if (changed !== undefined) send(session, exchange, run, changed === "unchanged" ? [whole] : changed);
}

/** `undefined`: it has another shape than its description, and the client knows that there is nothing to come. */
function changedRow(
  session: Session,
  exchange: Exchange,
  { change }: StatementRun,
  buffer: Buffer,
  body: number,
  end: number,
): Buffer[] | "unchanged" | undefined {
  const changed = change === undefined ? "misshapen" : changeRow(change, buffer, body, end);
  if (changed !== "misshapen") return changed;
  leak(session, exchange, "a row has another shape than its description");
  return undefined;
}

/** In place of the packet that has just come. */
function send(session: Session, exchange: Exchange, run: StatementRun, parts: readonly Buffer[]): void {
  drop(exchange);
  let bytes = 0;
  for (const part of parts) bytes += part.length;
  if (!run.admits(bytes + headerBytes)) return;
  session.toClient.push(packetsOfParts(parts, exchange.clientSequence));
  exchange.shift += packetCount(bytes);
}
