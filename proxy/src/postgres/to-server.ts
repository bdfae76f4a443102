/** What leaves for the server with the current batch. */
import type { Framer } from "./framer.ts";
import type { Session } from "./session.ts";

/** The message as the client sent it. */
export function forward(session: Session, framer: Framer): void {
  session.toUpstream.slice(framer.buffer, framer.start, framer.end);
}

/** A message of the extended protocol is on its way: the group is open until Sync. */
export function opened(session: Session): void {
  session.groupOpen = true;
  session.flushAsked = false;
}

/** The entry that was pushed last asks for data. */
export function expectCopy({ copy, pending }: Session): void {
  copy.expect(pending.pushed - 1);
}
