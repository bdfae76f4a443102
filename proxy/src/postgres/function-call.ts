/**
 * FunctionCall: a function by number, as libpq calls those of large objects for psql's `\lo_import`, pg_dump and pg_restore. Each is decided as
 * the SELECT would be that calls it.
 */
import { refuse, type Refused } from "../enforce/gate.ts";
import { decideText } from "./decide.ts";
import { denyQuery } from "./denials.ts";
import type { Framer } from "./framer.ts";
import { pendingKind } from "./pending.ts";
import type { Session } from "./session.ts";
import { forward } from "./to-server.ts";
import { readInt32 } from "./wire.ts";

/** By the oids that they have in every version of PostgreSQL. */
const statements: ReadonlyMap<number, string> = new Map([
  [715, "select pg_catalog.lo_create($1)"],
  [952, "select pg_catalog.lo_open($1, $2)"],
  [953, "select pg_catalog.lo_close($1)"],
  [954, "select pg_catalog.loread($1, $2)"],
  [955, "select pg_catalog.lowrite($1, $2)"],
  [956, "select pg_catalog.lo_lseek($1, $2, $3)"],
  [957, "select pg_catalog.lo_creat($1)"],
  [958, "select pg_catalog.lo_tell($1)"],
  [964, "select pg_catalog.lo_unlink($1)"],
  [1004, "select pg_catalog.lo_truncate($1, $2)"],
  [3170, "select pg_catalog.lo_lseek64($1, $2, $3)"],
  [3171, "select pg_catalog.lo_tell64($1)"],
  [3172, "select pg_catalog.lo_truncate64($1, $2)"],
]);

export function functionCall(session: Session, framer: Framer): boolean {
  const text = statements.get(readInt32(framer.buffer, framer.body, framer.end));
  if (text === undefined) {
    denyQuery(session, unchecked("functions other than those of large objects cannot be called by message", ""));
    return true;
  }
  if (!session.knowledge.isSure()) return false;
  const ruling = decideText(session, text, false);
  if (ruling === undefined) return false;
  if (ruling.kind === "refused") {
    denyQuery(session, ruling);
    return true;
  }
  const { verdict, plans } = ruling.pass;
  const [plan] = plans;
  // What a policy would do to the SELECT, nobody can do to the message.
  if (plan === undefined || verdict.rewritten || verdict.reads.parameters || ruling.approvals.length > 0) {
    denyQuery(session, unchecked("a policy asks for more than can be done with a function called by message", text));
    return true;
  }
  session.pending.push(pendingKind.query).run = session.begin(plan, plan.auditFields);
  forward(session, framer);
  session.endGroup();
  return true;
}

function unchecked(message: string, text: string): Refused {
  return refuse({ sqlstate: "0A000", message, hint: "call the function in a SELECT", code: "function_call" }, text);
}
