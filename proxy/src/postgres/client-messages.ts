/**
 * What the client sent, message by message: decided, then put into the batch for the server together with an entry in the queue of
 * answers. A handler that has to wait returns false before it has changed anything, and gets the same message again. Hot.
 *
 * A denial goes to the server too, as a message that it must refuse: so the transaction, the unnamed statement and the order of
 * answers become exactly what they would be had the server refused by itself. Its ErrorResponse is replaced by the denial.
 */
import { refuse, type Refused } from "../enforce/gate.ts";
import { effect, type StatementPlan } from "../enforce/plan.ts";
import {
  type Admitted,
  confirm,
  confirmBound,
  decideText,
  missing,
  readText,
  resolveName,
  runsByName,
} from "./decide.ts";
import { frame, type Framer } from "./framer.ts";
import { admitBind, admitNamed, admitText, approvalsToBind } from "./held-statement.ts";
import type { Grant } from "./holding.ts";
import { type BindNames, decodeBindNames } from "./messages/bind.ts";
import { encodeCopyFail } from "./messages/copy-fail.ts";
import { encodeError } from "./messages/error-response.ts";
import { decodeExecute } from "./messages/execute.ts";
import { decodeParse, encodeParse, parameterType } from "./messages/parse.ts";
import { encodeQuery, queryTextEnd } from "./messages/query.ts";
import {
  decodeTargetMessage,
  encodeCloseStatement,
  encodeDescribePortal,
  encodeDescribeStatement,
} from "./messages/target-message.ts";
import { boundValues } from "./parameters.ts";
import { type Pending, pendingKind } from "./pending.ts";
import { Portal, Prepared } from "./prepared.ts";
import type { Session } from "./session.ts";
import { definitionOf } from "./sql-names.ts";
import { message as encodeMessage, ProtocolError } from "./wire.ts";

/**
 * An unknown column in every version, under every setting; it says in the server's log what it is. No syntax error: in a failed
 * transaction the server must say so, as it does to every statement that it can parse.
 */
const refusedSql = 'select "penstock: statement refused by policy"';
const refusedQuery = encodeQuery(refusedSql);
const syncMessage = encodeMessage("S");

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
      return functionCall(session);
    default:
      throw new ProtocolError(`invalid frontend message type ${type}`);
  }
}

function forward(session: Session, framer: Framer): void {
  session.toUpstream.slice(framer.buffer, framer.start, framer.end);
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
  const runs = ruling.statements.map(({ plan, auditFields, portal }, index) => {
    const run = session.begin(plan, auditFields, grant);
    run.portal = portal;
    run.definition = definitionOf(session, text, ruling, index);
    return run;
  });
  entry.run = runs.shift();
  if (runs.length > 0) entry.later = runs;
  entry.mapPosition = verdict.mapPosition;
  if (copiesIn) expectCopy(session);
  if (verdict.rewritten) session.toUpstream.push(encodeQuery(verdict.text));
  else forward(session, framer);
  session.endGroup();
  return true;
}

function parse(session: Session, framer: Framer): boolean {
  if (!session.knowledge.isSure()) return false;
  const { buffer, body, end } = framer;
  const { name, textStart, textEnd, types } = decodeParse(buffer, body, end);
  const text = readText(buffer, textStart, textEnd);
  const refusedName = name === "" ? "" : session.ownName;
  if (typeof text !== "string") {
    denyExtended(session, text, refusedName);
    return true;
  }
  let ruling = decideText(session, text, false);
  if (ruling === undefined) return false;
  if (ruling.kind === "pass" && session.statements.size >= session.host.limits.preparedStatements) {
    ruling = refuse(
      {
        sqlstate: "54000",
        message: `more than ${session.host.limits.preparedStatements} prepared statements in one session`,
        hint: "close some of them",
        code: "too_many",
      },
      text,
    );
  }
  if (ruling.kind === "pass") ruling = withoutIdentifiers(ruling, text, types);
  if (ruling.kind === "refused") {
    denyExtended(session, ruling, refusedName);
    return true;
  }
  const { verdict } = ruling.pass;
  const prepared = new Prepared({
    key: name,
    text: text,
    sentText: verdict.text,
    types,
    plan: ruling.statements[0]?.plan,
    mapPosition: verdict.mapPosition,
    reads: verdict.reads,
    epoch: session.knowledge.epoch,
    fromSql: false,
  });
  sendParse(session, prepared, verdict.rewritten ? undefined : framer);
  return true;
}

/**
 * A bigint that is compared with one of these (oid, regproc, regclass and their like) is cast to it, which fails for large values: that would
 * tell of rows that a filter hides. INVARIANT of the rewriter: no parameter of a filtered statement has such a type.
 */
const identifierTypes: ReadonlySet<number> = new Set([
  24, 26, 2202, 2203, 2204, 2205, 2206, 3734, 3769, 4089, 4096, 4191,
]);

const identifierParameter = {
  sqlstate: "42501",
  message:
    "a parameter is declared as an object identifier, and rows of a table that the statement uses are filtered for you",
  hint: "declare it as bigint, or leave its type to the server",
  code: "parameter_type",
};

function withoutIdentifiers(ruling: Admitted, text: string, types: Buffer): Admitted | Refused {
  const statement = ruling.statements.find(({ plan }) => plan.isFiltered);
  if (statement === undefined) return ruling;
  for (let index = 0; 4 * index + 2 < types.length; index++) {
    if (identifierTypes.has(parameterType(types, index)))
      return refuse(identifierParameter, text, [statement.auditFields]);
  }
  return ruling;
}

/** @param framer where the client's own Parse can go as it is. */
function sendParse(session: Session, prepared: Prepared, framer: Framer | undefined): void {
  opened(session);
  const entry = session.pending.push(pendingKind.parse);
  entry.statement = session.statements.put(prepared.key, session.group, prepared);
  entry.mapPosition = prepared.mapPosition;
  if (framer === undefined) {
    session.toUpstream.push(encodeParse(prepared.key, prepared.sentText, prepared.types));
  } else forward(session, framer);
  if (prepared.plan?.forbidden !== undefined) {
    // Executions need not ask for a description: look at it once, now.
    const look = session.pending.push(pendingKind.describeStatement);
    look.hidden = true;
    look.described = prepared.plan;
    session.toUpstream.push(encodeDescribeStatement(prepared.key));
  }
}

const bound: BindNames = { portal: "", statement: "", formats: 0 };

function bind(session: Session, framer: Framer): boolean {
  const { knowledge, statements, portals } = session;
  if (!knowledge.isSure()) return false;
  decodeBindNames(framer.buffer, framer.body, framer.end, bound);
  const { portal, statement } = bound;
  if (statements.isUncertain(statement, session.group)) return false;
  let prepared = statements.get(statement);
  if (prepared === undefined) {
    denyExtended(session, refuse(missing("execute", statement), ""), session.ownName, true);
    return true;
  }
  let { plan } = prepared;
  if (prepared.epoch !== knowledge.epoch || prepared.reads.parameters || prepared.reads.time) {
    const again = bindAgain(session, framer, prepared);
    if (again === undefined) return false;
    if (again.kind === "refused") {
      denyExtended(session, again, session.ownName);
      return true;
    }
    prepared = again.prepared;
    plan = again.plan;
  }
  if (portals.size >= session.host.limits.portals) {
    denyExtended(
      session,
      refuse(
        {
          sqlstate: "54000",
          message: `more than ${session.host.limits.portals} portals in one session`,
          hint: "close some",
          code: "too_many",
        },
        prepared.text,
      ),
      session.ownName,
    );
    return true;
  }
  let grant: Grant | undefined;
  if (plan !== undefined && plan.approvals.length > 0 && approvalsToBind(prepared, plan).length > 0) {
    const admission = admitBind(session, prepared, plan, framer, bound);
    if (admission === undefined) return false;
    if (admission.kind === "refused") {
      denyExtended(session, admission, session.ownName);
      return true;
    }
    grant = admission;
  }
  opened(session);
  session.groupRuns = true;
  const entry = session.pending.push(pendingKind.bind);
  entry.portal = portals.put(portal, session.group, new Portal(prepared, plan, knowledge.epoch, false, grant));
  entry.mapPosition = prepared.mapPosition;
  forward(session, framer);
  return true;
}

type BoundAgain = { readonly kind: "bound"; readonly prepared: Prepared; readonly plan: Prepared["plan"] };

/** The statement was decided under other policies, another catalog or search_path, or its values matter. */
function bindAgain(session: Session, framer: Framer, prepared: Prepared): BoundAgain | Refused | undefined {
  const { knowledge } = session;
  if (prepared.fromSql) {
    const now = confirm(session, {
      text: prepared.text,
      sentText: prepared.sentText,
      plan: prepared.plan,
      isCurrent: false,
    });
    if (now.kind === "refused") return now;
    prepared.epoch = knowledge.epoch;
    prepared.plan = now.plan;
    return { kind: "bound", prepared, plan: now.plan };
  }
  let decided = prepared.reads.parameters ? undefined : decideText(session, prepared.text, false);
  const readsValues = prepared.reads.parameters || (decided?.kind === "pass" && decided.pass.verdict.reads.parameters);
  if (readsValues) {
    const values = boundValues(framer.buffer, bound.formats, framer.end, prepared.types);
    decided = decideText(session, prepared.text, false, values);
  }
  if (decided === undefined || decided.kind === "refused") return decided;
  const ruling = withoutIdentifiers(decided, prepared.text, prepared.types);
  if (ruling.kind === "refused") return ruling;
  const { verdict } = ruling.pass;
  const plan = ruling.statements[0]?.plan;
  if (verdict.text === prepared.sentText) {
    if (!readsValues) {
      prepared.epoch = knowledge.epoch;
      prepared.plan = plan;
      prepared.reads = verdict.reads;
    }
    return { kind: "bound", prepared, plan };
  }
  const next = new Prepared({
    key: prepared.key,
    text: prepared.text,
    sentText: verdict.text,
    types: prepared.types,
    plan,
    mapPosition: verdict.mapPosition,
    reads: verdict.reads,
    epoch: knowledge.epoch,
    fromSql: false,
  });
  prepareAgain(session, next);
  return { kind: "bound", prepared: next, plan };
}

/** Gives the server the new text under the old name, unseen by the client. */
function prepareAgain(session: Session, next: Prepared): void {
  if (next.key !== "") {
    opened(session);
    const entry = session.pending.push(pendingKind.close);
    entry.hidden = true;
    entry.statement = session.statements.close(next.key, session.group);
    session.toUpstream.push(encodeCloseStatement(next.key));
  }
  const before = session.pending.length;
  sendParse(session, next, undefined);
  session.pending.at(before).hidden = true;
}

function execute(session: Session, framer: Framer): boolean {
  const { knowledge, portals } = session;
  if (!knowledge.isSure()) return false;
  const name = decodeExecute(framer.buffer, framer.body, framer.end);
  if (portals.isUncertain(name, session.group)) return false;
  const portal = portals.get(name);
  if (portal === undefined) {
    denyExtended(
      session,
      refuse({ ...missing("fetch", name), message: `portal "${name}" does not exist` }, ""),
      session.ownName,
      true,
    );
    return true;
  }
  let { plan } = portal;
  if (portal.epoch !== knowledge.epoch) {
    const now = confirmBound(session, portal);
    if (now.kind === "refused") {
      denyExtended(session, now, session.ownName);
      return true;
    }
    plan = now.plan;
  }
  let auditFields = plan?.auditFields ?? "";
  let source = portal;
  let { grant } = portal;
  if (plan !== undefined && runsByName(plan)) {
    const resolved = resolveName(session, plan, portal.statement.text);
    if (resolved === undefined) return false;
    if (resolved.kind === "refused") {
      denyExtended(session, resolved, session.ownName);
      return true;
    }
    if (resolved.plan.approvals.length > 0) {
      const admission = admitNamed(session, portal.statement, resolved);
      if (admission === undefined) return false;
      if (admission.kind === "refused") {
        denyExtended(session, admission, session.ownName);
        return true;
      }
      grant = admission;
    }
    ({ plan, auditFields } = resolved);
    source = resolved.portal ?? portal;
    if (plan.forbidden !== undefined) lookAtPortal(session, name, plan);
  }
  opened(session);
  session.groupRuns = true;
  const entry = session.pending.push(pendingKind.execute);
  entry.mapPosition = portal.statement.mapPosition;
  if (plan !== undefined) {
    entry.run = session.begin(plan, auditFields, grant);
    entry.run.portal = source;
    if ((plan.effects & effect.names) !== 0) entry.run.definition = portal.statement;
    if (plan.isCopyFrom) expectCopy(session);
  }
  forward(session, framer);
  return true;
}

/** What FETCH and EXECUTE give back is known only now. */
function lookAtPortal(session: Session, name: string, plan: StatementPlan): void {
  opened(session);
  const look = session.pending.push(pendingKind.describePortal);
  look.hidden = true;
  look.described = plan;
  session.toUpstream.push(encodeDescribePortal(name));
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

function functionCall(session: Session): boolean {
  denyQuery(
    session,
    refuse(
      {
        sqlstate: "0A000",
        message: "function calls by message are not supported: they cannot be checked",
        hint: "call the function in a SELECT",
        code: "function_call",
      },
      "",
    ),
  );
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

function copyMessage(session: Session, framer: Framer, found: number): boolean {
  if (found === frame.oversize) throw new ProtocolError("invalid length of a COPY message");
  if (session.copy.isAwaited) return false;
  // Strays after a failed COPY are ignored, as the server does.
  if (session.copy.isOver) return true;
  forward(session, framer);
  session.copyDataInBatch = true;
  if (framer.type === 0x64 || framer.remaining > 0) return true;
  session.copy.dataEnded((session.pending.head?.later?.length ?? 0) > 0);
  return true;
}

/** While the server reads data it ignores Sync and Flush, and anything else ends the COPY with an error. */
function duringCopy(session: Session, type: number): boolean {
  if (session.copy.isAwaited) return false;
  if (type === 0x53 || type === 0x48) return true;
  session.toUpstream.push(encodeCopyFail(`unexpected message type 0x${type.toString(16)} during COPY from stdin`));
  session.copy.dataEnded(false);
  if (session.groupOpen) session.skipping = true;
  return true;
}

/** The entry that was pushed last asks for data. */
function expectCopy({ copy, pending }: Session): void {
  copy.expect(pending.pushed - 1);
}

function opened(session: Session): void {
  session.groupOpen = true;
  session.flushAsked = false;
}

function denyQuery(session: Session, refused: Refused): void {
  session.recordRefusal(refused.records, refused.sqlstate, refused.notifications);
  setDenial(session.pending.push(pendingKind.query), refused);
  session.toUpstream.push(refusedQuery);
  session.endGroup();
}

/**
 * @param name of the statement that is not made: the unnamed one is gone after a refused Parse, a named one stays.
 * @param comesFirst the server looks for what the message names before it looks at the transaction.
 */
function denyExtended(session: Session, refused: Refused, name: string, comesFirst = false): void {
  session.recordRefusal(refused.records, refused.sqlstate, refused.notifications);
  opened(session);
  const entry = session.pending.push(pendingKind.parse);
  setDenial(entry, refused);
  entry.denialComesFirst ||= comesFirst;
  session.toUpstream.push(encodeParse(name, refusedSql));
  session.skipping = true;
}

function setDenial(entry: Pending, { sqlstate, message, detail, hint, position }: Refused): void {
  entry.denial = encodeError({ severity: "ERROR", sqlstate, message, detail, hint, position });
  entry.denialComesFirst = /^(?:42601|22021|54)/.test(sqlstate);
}

/**
 * What to send in place of messages that have not left yet and must not: the server refuses each Query and each group, and the entries
 * of the queue become denials.
 */
export function refuseBatch(
  session: Session,
  firstEntry: number,
  endEntry: number,
  error: { readonly sqlstate: string; readonly message: string },
): Buffer {
  const { pending, ownName } = session;
  const denial = encodeError({ severity: "ERROR", hint: "tell whoever operates the proxy", ...error });
  const parts: Buffer[] = [];
  const shifted = pending.pushed - pending.length;
  let isRefused = false;
  for (let number = firstEntry; number < endEntry; number++) {
    const entry = pending.at(number - shifted);
    if (entry.kind === pendingKind.sync) {
      parts.push(syncMessage);
      isRefused = false;
    } else if (isRefused) {
      // The server skips it; so it need not even be sent.
      continue;
    } else if (entry.kind === pendingKind.query) {
      parts.push(refusedQuery);
      entry.denial = denial;
      entry.denialComesFirst = true;
    } else {
      parts.push(encodeParse(ownName, refusedSql));
      entry.denial = denial;
      entry.denialComesFirst = true;
      isRefused = true;
    }
  }
  if (isRefused && session.groupOpen) session.skipping = true;
  session.copy.settled(endEntry);
  return Buffer.concat(parts);
}
