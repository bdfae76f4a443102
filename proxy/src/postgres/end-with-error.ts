import type { Socket } from "node:net";
import { encodeError } from "./messages/error-response.ts";

/** For a client that does not take its last message. */
const lingerMs = 2_000;

/** Tells a client that is logging in why it gets no session, and ends the connection. */
export function endWithError(socket: Socket, sqlstate: string, message: string, hint?: string): void {
  socket.end(encodeError({ severity: "FATAL", sqlstate, message, hint }));
  socket.resume();
  setTimeout(() => socket.destroy(), lingerMs).unref();
}
