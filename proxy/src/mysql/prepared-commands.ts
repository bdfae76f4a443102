/** COM_STMT_*: a statement is decided when it is prepared, and again when it is executed and something has changed since. */
import { refuse } from "../enforce/gate.ts";
import type { Grant } from "../enforce/holding.ts";
import { approvalsToRun } from "../enforce/plan.ts";
import type { CommandReader } from "./command-reader.ts";
import { confirm, decideText } from "./decide.ts";
import { errOf } from "./errors.ts";
import { Exchange } from "./exchange.ts";
import { admitText } from "./held-statement.ts";
import { boundTypes, decodeExecution, decodeStatementId } from "./messages/execute.ts";
import { boundValues } from "./parameters.ts";
import { Prepared } from "./prepared.ts";
import { noteWords } from "./server-words.ts";
import type { Session } from "./session.ts";
import { readStatement } from "./statement-text.ts";
import { forwarded, textCommand } from "./to-server.ts";

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
  const { verdict, plans } = ruling;
  const sent = verdict.rewritten
    ? textCommand(0x16, verdict.text)
    : { bytes: forwarded(command), packets: command.packets };
  const exchange = new Exchange("prepare", sent.packets, command.packets - sent.packets);
  exchange.isRewritten = verdict.rewritten;
  exchange.forbid(plans);
  exchange.prepared = new Prepared({
    text,
    sentText: verdict.text,
    plan: plans[0],
    reads: verdict.reads,
    epoch: session.knowledge.epoch,
  });
  session.ask(exchange, sent.bytes);
  return true;
}

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
  const parameters = prepared.reads.parameters ? boundOf(prepared, command).parameters : undefined;
  const refused = confirm(session, prepared, parameters);
  if (refused !== undefined) {
    session.deny(refused);
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
    const admission = admitText(session, prepared.text, [plan], approvals, boundOf(prepared, command));
    if (admission === undefined) return false;
    if (admission.kind === "refused") {
      session.deny(admission);
      return true;
    }
    grant = admission;
  }
  session.closeCursor(prepared);
  prepared.types = boundTypes(command.buffer, command.body, command.end, prepared.parameters, prepared.types);
  prepared.hasLongData = false;
  const exchange = new Exchange("query", command.packets, 0);
  exchange.prepared = prepared;
  exchange.isRewritten = prepared.sentText !== prepared.text;
  if (plan !== undefined) {
    exchange.runs = [session.begin(plan, plan.auditFields, grant)];
    if (plan.forbidden !== undefined) exchange.forbidden = [plan.forbidden];
    noteWords(session, [plan], exchange.isRewritten);
  }
  session.ask(exchange, forwarded(command));
  return true;
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
  const problem = session.knowledge.takeProblem();
  const refused = problem === undefined ? confirm(session, prepared) : refuse(problem, prepared.text);
  if (refused !== undefined) {
    session.deny(refused);
    return true;
  }
  const exchange = new Exchange("fetch", command.packets, 0);
  exchange.prepared = prepared;
  if (prepared.cursor !== undefined) exchange.runs = [prepared.cursor];
  session.ask(exchange, forwarded(command));
  return true;
}

/** Has no answer. */
export function longData(session: Session, command: CommandReader): boolean {
  const prepared = session.statements.get(idOf(session, command));
  // The server says what is wrong when the statement is executed; without one, the client will hear so too.
  if (prepared === undefined) return true;
  prepared.hasLongData = true;
  session.tell(forwarded(command));
  return true;
}

/** Has no answer. */
export function close(session: Session, command: CommandReader): boolean {
  const id = idOf(session, command);
  const prepared = session.statements.get(id);
  if (prepared === undefined) return true;
  session.closeCursor(prepared);
  session.statements.delete(id);
  session.tell(forwarded(command));
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
  session.ask(exchange, forwarded(command));
  return true;
}
