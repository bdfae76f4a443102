/** Bind: a prepared statement is decided again where something has changed, or where its values matter. */
import { expiredRefusal } from "../enforce/expiry.ts";
import { refuse, type Refused } from "../enforce/gate.ts";
import { confirm, decideText, missing } from "./decide.ts";
import { denyExtended } from "./denials.ts";
import { prepareAgain, withoutIdentifiers } from "./client-parse.ts";
import type { Framer } from "./framer.ts";
import { admitBind, approvalsToBind } from "./held-statement.ts";
import type { Grant } from "../enforce/holding.ts";
import { type BindNames, decodeBindNames } from "./messages/bind.ts";
import { boundValues } from "./parameters.ts";
import { pendingKind } from "./pending.ts";
import { Portal, Prepared } from "./prepared.ts";
import type { Session } from "./session.ts";
import { forward, opened } from "./to-server.ts";

const bound: BindNames = { portal: "", statement: "", formats: 0 };

export function bind(session: Session, framer: Framer): boolean {
  const { knowledge, statements, portals } = session;
  if (!knowledge.isSure()) return false;
  const problem = knowledge.takeProblem();
  if (problem !== undefined) {
    denyExtended(session, refuse(problem, ""), session.ownName);
    return true;
  }
  decodeBindNames(framer.buffer, framer.body, framer.end, bound);
  const { portal, statement } = bound;
  if (statements.isUncertain(statement, session.group)) return false;
  let prepared = statements.get(statement);
  if (prepared === undefined) {
    denyExtended(session, refuse(missing("execute", statement), ""), session.ownName, true);
    return true;
  }
  let { plan } = prepared;
  const expired = expiredRefusal(session.expiry, plan === undefined ? [] : [plan]);
  if (expired !== undefined) {
    denyExtended(session, refuse(expired, prepared.text), session.ownName);
    return true;
  }
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
