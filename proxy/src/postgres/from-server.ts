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

/** It must never happen: a masked column is about to come out unmasked. Nothing more passes of this group. */
export function leak(session: Session, head: Pending, output: string): void {
  if (session.suppressing) return;
  const message = `the result's column ${JSON.stringify(output)} comes straight from a masked column`;
  session.host.leaked(session, head.run?.number ?? session.statementCount, message);
  withhold(
    session,
    encodeError({
      severity: "ERROR",
      sqlstate: "42501",
      message: "the result was withheld: it would have shown a masked column",
      hint: "this is a fault of the proxy and has been reported; the statement may have run",
    }),
  );
}

export function withhold(session: Session, error: Buffer): void {
  session.toClient.push(error);
  session.suppressing = true;
}
