/**
 * What the client sent, message by message: decided, then put into the batch for the server together with an entry in the queue of
 * answers. A handler that has to wait returns false before it has changed anything, and gets the same message again. Hot.
 */
import { refuse } from "../enforce/gate.ts";
import { bind } from "./client-bind.ts";
import { copyMessage, duringCopy } from "./client-copy.ts";
import { execute } from "./client-execute.ts";
import { parse } from "./client-parse.ts";
import { readText } from "../enforce/read-text.ts";
import { decideText } from "./decide.ts";
import { denyExtended, denyQuery } from "./denials.ts";
import { frame, type Framer } from "./framer.ts";
import { functionCall } from "./function-call.ts";
import { admitText } from "./held-statement.ts";
import type { Grant } from "../enforce/holding.ts";
import { encodeQuery, queryTextEnd } from "./messages/query.ts";
import { decodeTargetMessage } from "./messages/target-message.ts";
import { pendingKind } from "./pending.ts";
import type { Session } from "./session.ts";
import { definitionOf } from "./sql-names.ts";
import { expectCopy, forward, opened } from "./to-server.ts";
import { ProtocolError } from "../enforce/protocol-error.ts";

export function handleClientMessage(session: Session, framer: Framer, found: number): boolean {
  if (found === frame.invalid) throw new ProtocolError(`invalid message type or length (type ${framer.type})`);
  const { type } = framer;
  if (type === 0x64 || type === 0x63 || type === 0x66) return copyMessage(session, framer, found);
  if (type === 0x58) {
    session.end("terminate");
    return true;
  }
  if (!session.copy.isOver) return duringCopy(session, type);
  if (session.skipping && type !== 0x53) return true;
  if (found === frame.oversize) return oversize(session, framer);
  switch (type) {
    case 0x42:
      return bind(session, framer);
    case 0x45:
      return execute(session, framer);
    case 0x44:
      return describe(session, framer);
    case 0x53:
      return sync(session, framer);
    case 0x50:
      return parse(session, framer);
    case 0x51:
      return query(session, framer);
    case 0x43:
      return close(session, framer);
    case 0x48:
      forward(session, framer);
      return true;
    case 0x46:
      return functionCall(session, framer);
    default:
      throw new ProtocolError(`invalid frontend message type ${type}`);
  }
}

function query(session: Session, framer: Framer): boolean {
  if (!session.knowledge.isSure()) return false;
  const text = readText(framer.buffer, framer.body, queryTextEnd(framer.buffer, framer.body, framer.end));
  if (typeof text !== "string") {
    denyQuery(session, text);
    return true;
  }
  const ruling = decideText(session, text, true);
  if (ruling === undefined) return false;
  if (ruling.kind === "refused") {
    denyQuery(session, ruling);
    return true;
  }
  let grant: Grant | undefined;
  if (ruling.approvals.length > 0) {
    const admission = admitText(session, text, ruling);
    if (admission === undefined) return false;
    if (admission.kind === "refused") {
      denyQuery(session, admission);
      return true;
    }
    grant = admission;
  }
  const { verdict, copiesIn } = ruling.pass;
  const entry = session.pending.push(pendingKind.query);
  for (const [index, { plan, auditFields, portal }] of ruling.statements.entries()) {
    const run = session.begin(plan, auditFields, grant);
    run.source = portal;
    run.definition = definitionOf(session, text, ruling, index);
    if (index === 0) entry.run = run;
    else (entry.later ??= []).push(run);
  }
  entry.mapPosition = verdict.mapPosition;
  if (copiesIn) expectCopy(session);
  if (verdict.rewritten) session.toUpstream.push(encodeQuery(verdict.text));
  else forward(session, framer);
  session.endGroup();
  return true;
}

function describe(session: Session, framer: Framer): boolean {
  const { isStatement, name } = decodeTargetMessage(framer.buffer, framer.body, framer.end);
  const table = isStatement ? session.statements : session.portals;
  if (table.isUncertain(name, session.group)) return false;
  opened(session);
  const entry = session.pending.push(isStatement ? pendingKind.describeStatement : pendingKind.describePortal);
  entry.described = table.get(name)?.plan;
  forward(session, framer);
  return true;
}

function close(session: Session, framer: Framer): boolean {
  const { isStatement, name } = decodeTargetMessage(framer.buffer, framer.body, framer.end);
  opened(session);
  const entry = session.pending.push(pendingKind.close);
  if (isStatement) entry.statement = session.statements.close(name, session.group);
  else entry.portal = session.portals.close(name, session.group);
  forward(session, framer);
  return true;
}

function sync(session: Session, framer: Framer): boolean {
  session.pending.push(pendingKind.sync);
  forward(session, framer);
  session.skipping = false;
  session.endGroup();
  return true;
}

/** The message's bytes are being skipped: the statement in it is refused unread. */
function oversize(session: Session, framer: Framer): boolean {
  const { statementBytes, bindBytes } = session.host.limits;
  const isStatement = framer.type === 0x51 || framer.type === 0x50 || framer.type === 0x46;
  if (!isStatement && framer.type !== 0x42) throw new ProtocolError(`invalid length of message type ${framer.type}`);
  const refusal = refuse(
    {
      sqlstate: "54000",
      message: `the ${isStatement ? "statement" : "Bind message"} has ${framer.length} bytes; ${isStatement ? statementBytes : bindBytes} are permitted`,
      hint: isStatement
        ? "send it in parts, or large amounts of data with COPY"
        : "send large amounts of data with COPY",
      code: "too_large",
    },
    "",
  );
  if (framer.type === 0x51 || framer.type === 0x46) denyQuery(session, refusal);
  else denyExtended(session, refusal, session.ownName);
  return true;
}
