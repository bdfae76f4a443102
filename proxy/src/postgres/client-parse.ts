/** Parse: a statement is decided when it is prepared. */
import { refuse, type Refused } from "../enforce/gate.ts";
import { readText } from "../enforce/read-text.ts";
import { type Admitted, decideText } from "./decide.ts";
import { denyExtended } from "./denials.ts";
import type { Framer } from "./framer.ts";
import { decodeParse, encodeParse, parameterType } from "./messages/parse.ts";
import { encodeCloseStatement, encodeDescribeStatement } from "./messages/target-message.ts";
import { pendingKind } from "./pending.ts";
import { Prepared } from "./prepared.ts";
import type { Session } from "./session.ts";
import { forward, opened } from "./to-server.ts";

export function parse(session: Session, framer: Framer): boolean {
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

export function withoutIdentifiers(ruling: Admitted, text: string, types: Buffer): Admitted | Refused {
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

/** Gives the server the new text under the old name, unseen by the client. */
export function prepareAgain(session: Session, next: Prepared): void {
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
