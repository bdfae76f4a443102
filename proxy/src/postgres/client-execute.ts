/** Execute: a portal runs, and what it runs by name is looked up. */
import { expiredRefusal } from "../enforce/expiry.ts";
import { refuse } from "../enforce/gate.ts";
import { effect, type StatementPlan } from "../enforce/plan.ts";
import { confirmBound, missing, resolveName, runsByName } from "./decide.ts";
import { denyExtended } from "./denials.ts";
import type { Framer } from "./framer.ts";
import { admitNamed } from "./held-statement.ts";
import { decodeExecute } from "./messages/execute.ts";
import { encodeDescribePortal } from "./messages/target-message.ts";
import { pendingKind } from "./pending.ts";
import type { Run } from "./run.ts";
import type { Session } from "./session.ts";
import { expectCopy, forward, opened } from "./to-server.ts";

export function execute(session: Session, framer: Framer): boolean {
  const { knowledge, portals } = session;
  if (!knowledge.isSure()) return false;
  const problem = knowledge.takeProblem();
  if (problem !== undefined) {
    denyExtended(session, refuse(problem, ""), session.ownName);
    return true;
  }
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
  const expired = expiredRefusal(session.expiry, plan === undefined ? [] : [plan]);
  if (expired !== undefined) {
    denyExtended(session, refuse(expired, portal.statement.text), session.ownName);
    return true;
  }
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
    if (plan.forbidden !== undefined && session.redactor === undefined) lookAtPortal(session, name, plan, undefined);
  }
  const run = plan === undefined ? undefined : session.begin(plan, auditFields, grant);
  if (plan !== undefined && session.redactor !== undefined) lookAtPortal(session, name, plan, run);
  opened(session);
  session.groupRuns = true;
  const entry = session.pending.push(pendingKind.execute);
  entry.mapPosition = portal.statement.mapPosition;
  if (plan !== undefined && run !== undefined) {
    entry.run = run;
    run.source = source;
    if ((plan.effects & effect.names) !== 0) run.definition = portal.statement;
    if (plan.isCopyFrom) expectCopy(session);
  }
  forward(session, framer);
  return true;
}

/** What FETCH and EXECUTE give back is known only now, as is the format of rows. @param run whose rows are looked into */
function lookAtPortal(session: Session, name: string, plan: StatementPlan, run: Run | undefined): void {
  opened(session);
  const look = session.pending.push(pendingKind.describePortal);
  look.hidden = true;
  look.described = plan;
  look.describedRun = run;
  session.toUpstream.push(encodeDescribePortal(name));
}
