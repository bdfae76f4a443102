import type { Socket } from "node:net";
import { errOf } from "./errors.ts";
import { encodeErr } from "./messages/err.ts";

/** For a client that does not take its last message. */
const lingerMs = 2_000;

/** Tells a client that is logging in why it gets no session, and ends the connection. */
export function endWithError(socket: Socket, sequence: number, sqlstate: string, message: string, hint?: string): void {
  socket.end(encodeErr(errOf(sqlstate, message, hint), sequence));
  socket.resume();
  setTimeout(() => socket.destroy(), lingerMs).unref();
}
