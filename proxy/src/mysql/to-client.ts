/** What goes on to the client of the server's answers. Hot. */
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

/** The client gets this in place of the packet that has just come, and nothing after it. */
export function settle(session: Session, exchange: Exchange, error: ErrFields): void {
  if (exchange.asked !== undefined || exchange.isSettled) return;
  session.toClient.push(encodeErr(error, (exchange.clientSequence - 1) & 0xff));
  exchange.isSettled = true;
}
