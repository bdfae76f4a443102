/** What goes on to the client of the server's answers. Hot. */
import { errOf } from "./errors.ts";
import type { Exchange } from "./exchange.ts";
import type { Framer } from "./framer.ts";
import { encodeErr, type ErrFields } from "./messages/err.ts";
import type { Session } from "./session.ts";

/** Passes the packet on, numbered as the client expects it. */
export function pass(session: Session, framer: Framer, exchange: Exchange): void {
  if (exchange.asked !== undefined || exchange.isSettled) return;
  renumber(framer, exchange);
  session.toClient.slice(framer.buffer, framer.start, framer.end);
}

/** `sequence` has moved on by one already. */
function renumber(framer: Framer, exchange: Exchange): void {
  if (exchange.shift !== 0) framer.buffer[framer.start + 3] = (exchange.clientSequence - 1) & 0xff;
}

/** The packet that has just come does not go on: those behind it are numbered one less. */
export function drop(exchange: Exchange): void {
  exchange.shift--;
}

/**
 * The client gets this, and nothing after it.
 * @param isPassed the packet that has just come has gone on: this comes behind it, otherwise in its place
 */
export function settle(session: Session, exchange: Exchange, error: ErrFields, isPassed = false): void {
  if (exchange.asked !== undefined || exchange.isSettled) return;
  session.toClient.push(encodeErr(error, (exchange.clientSequence - (isPassed ? 0 : 1)) & 0xff));
  exchange.isSettled = true;
}

/**
 * It must never happen: something hidden is about to come out.
 * @param why for the operator
 * @param isPassed as for `settle`
 */
export function leak(session: Session, exchange: Exchange, why: string, isPassed = false): void {
  if (exchange.isSettled) return;
  session.host.leaked(session, exchange.run?.number ?? session.log.count, why);
  settle(
    session,
    exchange,
    errOf(
      "42501",
      "the result was withheld: it could have shown what is hidden from you",
      "this is a fault of the proxy and has been reported; the statement may have run",
    ),
    isPassed,
  );
}
