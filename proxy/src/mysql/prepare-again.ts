/**
 * Prepared statements that are no longer what they were: policies, the schema or values have changed so that the server must have another text.
 * It gets that, and the client never hears of it: results are described with each execution.
 */
import { quoteMysqlName, quoteMysqlText } from "@penstock/engine";
import type { Pass } from "../enforce/gate.ts";
import type { Prepared } from "./prepared.ts";
import type { Session } from "./session.ts";
import { packetsOf } from "./wire.ts";

/** Whether the server would read the text now as it has before: in the same database, under the same mode. */
function readsAlike(session: Session, { names }: Prepared, text: string): boolean {
  const { names: now } = session.knowledge.epoch;
  return (
    text.isWellFormed() &&
    names.searchPath[0] === now.searchPath[0] &&
    JSON.stringify(names.sqlMode) === JSON.stringify(now.sqlMode)
  );
}

function adopt(session: Session, prepared: Prepared, { verdict, plans }: Pass): void {
  prepared.sentText = verdict.text;
  prepared.plan = plans[0];
  prepared.reads = verdict.reads;
  prepared.epoch = session.knowledge.epoch;
}

/** A statement of PREPARE. False where it cannot be done; otherwise the session resumes when it is, or has failed. */
export function prepareNameAgain(session: Session, key: string, prepared: Prepared, ruling: Pass): boolean {
  const { sqlMode } = session.knowledge.epoch.names;
  const { text } = ruling.verdict;
  if (sqlMode === undefined || !readsAlike(session, prepared, text) || !session.knowledge.keepsText(text)) return false;
  session.knowledge.ask(async () => {
    // Should it fail, the server has none by that name.
    session.names.forget(key);
    await session.side.run(`prepare ${quoteMysqlName(key)} from ${quoteMysqlText(text, sqlMode)}`);
    adopt(session, prepared, ruling);
    session.names.set(key, prepared);
  });
  return true;
}

/** A statement of COM_STMT_PREPARE, under the client's number for it. As above. */
export function prepareAgain(session: Session, prepared: Prepared, ruling: Pass): boolean {
  // Values that came in parts are with the server's old one.
  if (prepared.hasLongData || !readsAlike(session, prepared, ruling.verdict.text)) return false;
  session.knowledge.ask(async () => {
    session.closeCursor(prepared);
    const made = await session.side.prepare(ruling.verdict.text);
    if (made.parameters !== prepared.parameters) {
      session.tell(closing(made.statementId));
      throw new Error("it takes another number of values than when it was prepared: prepare it again");
    }
    session.tell(closing(prepared.serverId));
    prepared.serverId = made.statementId;
    prepared.lacksTypes = true;
    adopt(session, prepared, ruling);
  });
  return true;
}

function closing(statementId: number): Buffer {
  const payload = Buffer.from([0x19, 0, 0, 0, 0]);
  payload.writeUInt32LE(statementId, 1);
  return packetsOf(payload, 0);
}
