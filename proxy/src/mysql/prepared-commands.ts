/** COM_STMT_*: a statement is decided when it is prepared, and again when it is executed and something has changed since. */
import { expiredRefusal } from "../enforce/expiry.ts";
import { type Pass, refuse } from "../enforce/gate.ts";
import type { Grant } from "../enforce/holding.ts";
import { approvalsToRun } from "../enforce/plan.ts";
import { opensRows } from "../enforce/row-change.ts";
import { endsWithOk } from "./answers.ts";
import type { CommandReader } from "./command-reader.ts";
import { changedSince, confirm, type Confirmed, decideText } from "./decide.ts";
import { errOf } from "./errors.ts";
import { Exchange } from "./exchange.ts";
import { admitText } from "./held-statement.ts";
import { bindFlagAt, boundTypes, decodeExecution, decodeStatementId } from "./messages/execute.ts";
import { boundValues } from "./parameters.ts";
import { prepareAgain } from "./prepare-again.ts";
import { Prepared } from "./prepared.ts";
import { noteWords } from "./server-words.ts";
import type { Session } from "./session.ts";
import { readStatement } from "./statement-text.ts";
import { forwarded, textCommand } from "./to-server.ts";
import { packetCount, packetsOf } from "./wire.ts";

export function prepare(session: Session, command: CommandReader): boolean {
  if (!session.knowledge.isSure()) return false;
  session.lastPreparedId = undefined;
  const text = readStatement(command.buffer, command.body + 1, command.end);
  if (session.statements.size >= session.host.limits.preparedStatements) {
    session.deny(refuse(tooMany(session.host.limits.preparedStatements), text));
    return true;
  }
  const ruling = decideText(session, text);
  if (ruling === undefined) return false;
  if (ruling.kind === "refused") {
    session.deny(ruling);
    return true;
  }
  if (ruling.usesNames) {
    session.answerErr(notPreparable);
    return true;
  }
  const { verdict, plans } = ruling;
  const sent = verdict.rewritten
    ? textCommand(0x16, verdict.text)
    : { bytes: forwarded(command), packets: command.packets };
  const exchange = new Exchange("prepare", sent.packets, command.packets - sent.packets);
  exchange.isRewritten = verdict.rewritten;
  exchange.forbid(plans);
  exchange.prepared = new Prepared({
    text,
    names: session.knowledge.epoch.names,
    sentText: verdict.text,
    plan: plans[0],
    reads: verdict.reads,
    epoch: session.knowledge.epoch,
  });
  session.ask(exchange, sent.bytes);
  return true;
}

/** ER_UNSUPPORTED_PS: as the server says it of statements about prepared ones. */
const notPreparable = {
  code: 1295,
  sqlstate: "HY000",
  message: "This command is not supported in the prepared statement protocol yet",
} as const;

function tooMany(limit: number) {
  return {
    sqlstate: "54000",
    message: `more than ${limit} prepared statements in one session`,
    hint: "close some of them",
    code: "too_many",
  } as const;
}

/** With MariaDB: the statement that was prepared last, of which a client that has not waited for the answer has no number. */
const lastPrepared = 0xffff_ffff;

/**
 * The number of the statement that a command is about. In place of a last one that there is not stands one that the server does not have
 * either: what it holds for the last one may be another.
 */
function idOf({ lastPreparedId }: Session, { buffer, body, end }: CommandReader): number {
  const id = decodeStatementId(buffer, body, end);
  if (id !== lastPrepared) return id;
  if (lastPreparedId !== undefined) buffer.writeUInt32LE(lastPreparedId, body + 1);
  return lastPreparedId ?? id;
}

/** The command as it leaves, with the number that the server has the statement by. What is read of it from then on is the server's. */
function forwardedFor({ serverId }: Prepared, command: CommandReader): Buffer {
  command.buffer.writeUInt32LE(serverId, command.body + 1);
  return forwarded(command);
}

/** The statement that a command is about, if there is one; the client is told if not. */
function statementOf(session: Session, command: CommandReader): Prepared | undefined {
  const id = idOf(session, command);
  const prepared = session.statements.get(id);
  if (prepared === undefined) session.answerErr(errOf("26000", `Unknown prepared statement handler (${id})`));
  return prepared;
}

export function execute(session: Session, command: CommandReader): boolean {
  if (!session.knowledge.isSure()) return false;
  const problem = session.knowledge.takeProblem();
  if (problem !== undefined) {
    session.deny(refuse(problem, ""));
    return true;
  }
  const prepared = statementOf(session, command);
  if (prepared === undefined) return true;
  const expired = expiredRefusal(session.expiry, prepared.plan === undefined ? [] : [prepared.plan]);
  if (expired !== undefined) {
    session.deny(refuse(expired, prepared.text));
    return true;
  }
  const now = confirmed(session, prepared, command);
  if (now.kind === "stale" && prepareAgain(session, prepared, now.ruling)) return false;
  if (now.kind !== "pass") {
    session.deny(now.kind === "refused" ? now : refuse(changedSince, prepared.text, fieldsOf(now.ruling)));
    return true;
  }
  const { plan } = prepared;
  let grant: Grant | undefined;
  const approvals = plan === undefined ? [] : approvalsToRun(plan);
  if (plan !== undefined && approvals.length > 0) {
    if (prepared.hasLongData) {
      session.deny(refuse(unseenValues, prepared.text, [plan.auditFields]));
      return true;
    }
    const admission = admitText(session, prepared.text, { plans: [plan], approvals }, boundOf(prepared, command));
    if (admission === undefined) return false;
    if (admission.kind === "refused") {
      session.deny(admission);
      return true;
    }
    grant = admission;
  }
  session.closeCursor(prepared);
  prepared.types = boundTypes(command.buffer, command.body, command.end, prepared.parameters, prepared.types);
  const bytes = prepared.lacksTypes ? withTypes(prepared, command) : undefined;
  prepared.hasLongData = false;
  prepared.lacksTypes = false;
  const packets = bytes === undefined ? command.packets : packetCount(bytes.length);
  const exchange = new Exchange("query", packets, command.packets - packets);
  exchange.prepared = prepared;
  // What a stored program shows goes to the client at once.
  exchange.opensCursor = asksForCursor(command) && !(plan !== undefined && endsWithOk(plan.facts.kind));
  exchange.isRewritten = prepared.sentText !== prepared.text;
  if (plan !== undefined) {
    exchange.runs = [session.begin(plan, plan.auditFields, grant)];
    if (plan.forbidden !== undefined) exchange.forbidden = [plan.forbidden];
    noteWords(session, [plan], exchange.isRewritten);
  }
  session.ask(exchange, bytes === undefined ? forwardedFor(prepared, command) : packetsOf(bytes, 0));
  return true;
}

/** With the values, where the decision depends on them. */
function confirmed(session: Session, prepared: Prepared, command: CommandReader): Confirmed {
  if (!prepared.reads.parameters) {
    const now = confirm(session, prepared);
    const reads = now.kind === "stale" ? now.ruling.verdict.reads : prepared.reads;
    if (now.kind === "refused" || !reads.parameters) return now;
  }
  return confirm(session, prepared, boundOf(prepared, command).parameters);
}

function fieldsOf({ plans }: Pass): readonly string[] {
  return plans.map(({ auditFields }) => auditFields);
}

/**
 * The execution with the types of its values, which the server has not been told of a statement that it has prepared again. `undefined`: it
 * has them, or takes no values.
 */
function withTypes(
  { parameters, types, serverId }: Prepared,
  { buffer, body, end }: CommandReader,
): Buffer | undefined {
  if (parameters === 0) return undefined;
  const flag = body + bindFlagAt(parameters);
  if (buffer[flag] === 1) return undefined;
  const payload = Buffer.concat([
    buffer.subarray(body, flag),
    Buffer.from([1]),
    types,
    buffer.subarray(Math.min(flag + 1, end), end),
  ]);
  payload.writeUInt32LE(serverId, 1);
  return payload;
}

function asksForCursor({ buffer, body, end }: CommandReader): boolean {
  const flags = body + 1 + 4;
  return flags < end && buffer[flags] !== 0;
}

/** Who said yes to one execution would have said yes to any other. */
const unseenValues = {
  sqlstate: "42501",
  message: "the statement needs approval, and people cannot be shown values that were sent in parts",
  hint: "send the values with the execution",
  code: "unseen_values",
} as const;

/** Of values that came by COM_STMT_SEND_LONG_DATA nothing is known here: a policy that looks at them finds none. */
function boundOf(prepared: Prepared, { buffer, body, end }: CommandReader) {
  if (prepared.parameters === 0) return { types: prepared.types, values: [], parameters: [] };
  if (prepared.hasLongData) {
    const unknown = Array.from({ length: prepared.parameters }, () => undefined);
    return { types: prepared.types, values: [], parameters: unknown };
  }
  const execution = decodeExecution(buffer, body, end, prepared.parameters, prepared.types);
  return {
    types: execution.types,
    values: execution.values.map((bytes) => ({ binary: true, bytes })),
    parameters: boundValues(execution),
  };
}

export function fetch(session: Session, command: CommandReader): boolean {
  if (!session.knowledge.isSure()) return false;
  const prepared = statementOf(session, command);
  if (prepared === undefined) return true;
  const problem = session.knowledge.takeProblem() ?? expiredRefusal(session.expiry, []);
  const now = problem === undefined ? confirm(session, prepared) : refuse(problem, prepared.text);
  if (now.kind !== "pass") {
    // The rows that wait are those of the text that it had.
    session.deny(now.kind === "refused" ? now : refuse(changedSince, prepared.text, fieldsOf(now.ruling)));
    return true;
  }
  const exchange = new Exchange("fetch", command.packets, 0);
  exchange.prepared = prepared;
  exchange.opensCursor = true;
  if (prepared.cursor !== undefined) exchange.runs = [prepared.cursor];
  exchange.opensRows = opensRows(prepared.cursor?.change);
  session.ask(exchange, forwardedFor(prepared, command));
  return true;
}

/** Has no answer. */
export function longData(session: Session, command: CommandReader): boolean {
  const prepared = session.statements.get(idOf(session, command));
  // The server says what is wrong when the statement is executed; without one, the client will hear so too.
  if (prepared === undefined) return true;
  prepared.hasLongData = true;
  session.tell(forwardedFor(prepared, command));
  return true;
}

/** Has no answer. */
export function close(session: Session, command: CommandReader): boolean {
  const id = idOf(session, command);
  const prepared = session.statements.get(id);
  if (prepared === undefined) return true;
  session.closeCursor(prepared);
  session.statements.delete(id);
  session.tell(forwardedFor(prepared, command));
  return true;
}

export function reset(session: Session, command: CommandReader): boolean {
  const prepared = statementOf(session, command);
  if (prepared === undefined) return true;
  const exchange = new Exchange("simple", command.packets, 0);
  exchange.ended = () => {
    prepared.hasLongData = false;
    session.closeCursor(prepared);
  };
  session.ask(exchange, forwardedFor(prepared, command));
  return true;
}
