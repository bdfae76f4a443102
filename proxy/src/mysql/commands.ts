/**
 * What the client sent, command by command: decided, then sent upstream. A handler that has to wait returns false before it has changed
 * anything, and gets the same command again. Hot.
 */
import { quoteMysqlName } from "@penstock/engine";
import { expiredRefusal } from "../enforce/expiry.ts";
import { refuse, type Refused } from "../enforce/gate.ts";
import { readText } from "../enforce/read-text.ts";
import { type CommandReader, found } from "./command-reader.ts";
import { withComputedText } from "./computed-text.ts";
import { decideText } from "./decide.ts";
import { type AnswerKind, Exchange } from "./exchange.ts";
import { admitText } from "./held-statement.ts";
import { killOf } from "./kill.ts";
import { close, execute, fetch, longData, prepare, reset } from "./prepared-commands.ts";
import { decodeChangeUser } from "./messages/handshake-response.ts";
import { noteWords } from "./server-words.ts";
import type { Session } from "./session.ts";
import { asItStands, forgetNames, resolveNames } from "./sql-names.ts";
import { readStatement } from "./statement-text.ts";
import { forwarded, textCommand } from "./to-server.ts";
import { PacketReader } from "./wire.ts";

/** By the first byte ("Command Phase"). Each returns whether the command is done with. */
const handlers: Readonly<Record<number, (session: Session, command: CommandReader) => boolean>> = {
  0x01: (session) => {
    session.end("terminate");
    return true;
  },
  0x02: initDatabase,
  0x03: query,
  0x04: fieldList,
  0x09: (session, command) => pass(session, command, "text"),
  0x0c: (session, command) => {
    const id = new PacketReader(command.buffer, command.body + 1, command.end).uint32();
    return kill(session, id, "connection");
  },
  0x0e: (session, command) => pass(session, command, "simple"),
  0x11: changeUser,
  0x16: prepare,
  0x17: execute,
  0x18: longData,
  0x19: close,
  0x1a: reset,
  0x1b: (session, command) => pass(session, command, "simple"),
  0x1c: fetch,
  0x1f: resetConnection,
};

/** What still does something when the login has expired: leaving, logging in anew, closing; and what may end a transaction, which is looked into. */
const afterExpiry: ReadonlySet<number> = new Set([0x01, 0x03, 0x11, 0x16, 0x17, 0x18, 0x19, 0x1a]);

/** @returns false where the command has to wait */
export function handleCommand(session: Session, command: CommandReader, which: number): boolean {
  if (which === found.oversize) {
    session.deny(tooLarge(command));
    return true;
  }
  const expired = afterExpiry.has(command.kind) ? undefined : expiredRefusal(session.expiry, []);
  if (expired !== undefined) {
    session.deny(refuse(expired, ""));
    return true;
  }
  const handler = handlers[command.kind];
  if (handler !== undefined) return handler(session, command);
  // ER_UNKNOWN_COM_ERROR, but not as of a broken connection.
  session.answerErr({ code: 1047, sqlstate: "HY000", message: `command ${command.kind} is not supported` });
  return true;
}

function tooLarge(command: CommandReader): Refused {
  return refuse(
    {
      sqlstate: "54000",
      message: `the command has ${command.length} bytes; ${command.payloadBytesMax} are permitted`,
      hint: "send it in parts",
      code: "too_large",
    },
    "",
  );
}

/** Nothing in it can be decided upon. */
function pass(session: Session, command: CommandReader, kind: AnswerKind): boolean {
  session.ask(new Exchange(kind, command.packets, 0), forwarded(command));
  return true;
}

function query(session: Session, command: CommandReader): boolean {
  const text = readStatement(command.buffer, command.body + 1, command.end);
  if (!session.knowledge.isSure(text)) return false;
  const killed = killOf(text);
  if (killed !== undefined) {
    const expired = expiredRefusal(session.expiry, []);
    if (expired !== undefined) return deny(session, refuse(expired, text));
    return kill(session, killed.connectionId, killed.kind);
  }
  const known = withComputedText(session, text);
  if (known === undefined) return false;
  const isDone =
    typeof known === "string" ? runText(session, command, known, "query", known !== text) : deny(session, known);
  if (isDone) session.computed = undefined;
  return isDone;
}

function deny(session: Session, refused: Refused): true {
  session.deny(refused);
  return true;
}

/**
 * @param text what is decided
 * @param kind of the answer: of COM_QUERY it is `query`, and another text can be sent
 * @param isOther than the command has
 */
function runText(session: Session, command: CommandReader, text: string, kind: AnswerKind, isOther = false): boolean {
  const ruling = decideText(session, text);
  if (ruling === undefined) return false;
  if (ruling.kind === "refused") {
    forgetNames(session, text);
    return deny(session, ruling);
  }
  const { verdict } = ruling;
  if (verdict.rewritten && kind !== "query") {
    const fields = ruling.plans.map(({ auditFields }) => auditFields);
    return deny(session, refuse(onlyAsText, text, fields));
  }
  const named = ruling.usesNames ? resolveNames(session, text, ruling) : asItStands(ruling);
  if (named === undefined) return false;
  if (named.kind === "refused") return deny(session, named);
  const { statements, approvals, runs, isRewritten } = named;
  const plans = statements.map(({ plan }) => plan);
  const fields = statements.map(({ auditFields }) => auditFields);
  const grant = approvals.length === 0 ? undefined : admitText(session, text, { plans, approvals, runs, fields });
  if (approvals.length > 0 && grant === undefined) return false;
  if (grant?.kind === "refused") return deny(session, grant);
  const sent =
    verdict.rewritten || isOther
      ? textCommand(0x03, verdict.text)
      : { bytes: forwarded(command), packets: command.packets };
  const exchange = new Exchange(kind, sent.packets, command.packets - sent.packets);
  exchange.isRewritten = isRewritten;
  exchange.forbid(plans);
  exchange.runs = statements.map(({ plan, auditFields, naming }) => {
    const run = session.begin(plan, auditFields, grant);
    run.naming = naming;
    return run;
  });
  noteWords(session, plans, isRewritten);
  session.ask(exchange, sent.bytes);
  return true;
}

const onlyAsText = {
  sqlstate: "42501",
  message: "data is hidden from you, which this command cannot be sent without",
  hint: "use SHOW COLUMNS or a query",
  code: "not_as_text",
} as const;

/** COM_INIT_DB is USE. */
function initDatabase(session: Session, command: CommandReader): boolean {
  if (!session.knowledge.isSure()) return false;
  const name = readText(command.buffer, command.body + 1, command.end);
  if (typeof name !== "string") session.deny(name);
  // ER_WRONG_DB_NAME: no name holds a NUL, and none can be written in SQL.
  else if (name.includes("\0"))
    session.answerErr({ code: 1102, sqlstate: "42000", message: "Incorrect database name" });
  else return runText(session, command, `use ${quoteMysqlName(name)}`, "simple");
  return true;
}

/** COM_FIELD_LIST tells what SHOW COLUMNS tells. */
function fieldList(session: Session, command: CommandReader): boolean {
  if (!session.knowledge.isSure()) return false;
  const { buffer, body, end } = command;
  const nameEnd = buffer.indexOf(0, body + 1);
  const name = readText(buffer, body + 1, nameEnd < 0 || nameEnd > end ? end : nameEnd);
  if (typeof name !== "string") return deny(session, name);
  return runText(session, command, `show columns from ${quoteMysqlName(name)}`, "fields");
}

function kill(session: Session, connectionId: number, kind: "query" | "connection"): boolean {
  const error = session.front.kill(session, connectionId, kind);
  if (error === "waits") return false;
  const what = `kill ${kind} ${connectionId}`;
  const fields = `"text":${JSON.stringify(what)},"decision":"${error === undefined ? "allow" : "deny"}"`;
  session.recordOwn(fields, error?.sqlstate ?? "00000");
  if (error === undefined) session.answerOk();
  else session.answerErr(error);
  return true;
}

/** A login like the first one, with a session of its own: of the one before nothing is left. */
function changeUser(session: Session, { buffer, body, end }: CommandReader): boolean {
  session.changeUser(decodeChangeUser(buffer, body, end, session.capabilities));
  return true;
}

function resetConnection(session: Session, command: CommandReader): boolean {
  const exchange = new Exchange("simple", command.packets, 0);
  exchange.ended = (succeeded) => {
    if (!succeeded) return;
    for (const prepared of session.statements.values()) session.closeCursor(prepared);
    session.statements.clear();
    session.names.clear();
    session.knowledge.wasReset();
  };
  session.ask(exchange, forwarded(command));
  return true;
}
