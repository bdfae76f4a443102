/** What handlers of the server's messages share: whether an answer was asked for, and whether it goes on to the client. */
import type { Framer } from "./framer.ts";
import { encodeError } from "./messages/error-response.ts";
import { type Pending, pendingKind } from "./pending.ts";
import type { Session } from "./session.ts";

export function pass(session: Session, framer: Framer): void {
  if (!session.suppressing) session.toClient.slice(framer.buffer, framer.start, framer.end);
}

/** A protocol fault: an answer that nobody asked for. Going on would give answers to the wrong question. */
export function unexpected(session: Session, what: string): never {
  throw new Error(`${what} from the server while ${describePending(session.pending.head)} was due`);
}

function describePending(entry: Pending | undefined): string {
  if (entry === undefined) return "nothing";
  return Object.entries(pendingKind).find(([, kind]) => kind === entry.kind)?.[0] ?? "something";
}

export function expectExecution(session: Session): Pending {
  const { head } = session.pending;
  if (head === undefined || (head.kind !== pendingKind.query && head.kind !== pendingKind.execute)) {
    unexpected(session, "a result");
  }
  return head;
}

export function expectDescribe(session: Session): Pending {
  const { head } = session.pending;
  if (head === undefined || (head.kind !== pendingKind.describeStatement && head.kind !== pendingKind.describePortal)) {
    unexpected(session, "a description");
  }
  return head;
}

export function settleCopy({ copy, pending }: Session): void {
  copy.settled(pending.headNumber);
}

/** It must never happen: something hidden is about to come out. Nothing more passes of this group. @param why for the operator */
export function leak(session: Session, head: Pending, why: string): void {
  if (session.suppressing) return;
  session.host.leaked(session, head.run?.number ?? session.log.count, why);
  withhold(
    session,
    encodeError({
      severity: "ERROR",
      sqlstate: "42501",
      message: "the result was withheld: it could have shown what is hidden from you",
      hint: "this is a fault of the proxy and has been reported; the statement may have run",
    }),
  );
}

export function withhold(session: Session, error: Buffer): void {
  session.toClient.push(error);
  session.suppressing = true;
}
