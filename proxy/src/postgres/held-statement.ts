/** What of a message people are asked about, where its plan needs approval. */
import { approvalsToRun, type StatementPlan } from "../enforce/plan.ts";
import type { Refused } from "../enforce/gate.ts";
import type { Admitted, Resolved } from "./decide.ts";
import type { Grant, HeldStatement } from "../enforce/holding.ts";
import { type BindNames, decodeBindParameters } from "./messages/bind.ts";
import { boundValues } from "./parameters.ts";
import type { Prepared } from "./prepared.ts";
import type { Session } from "./session.ts";

const nothingBound = { types: Buffer.alloc(0), values: [], parameters: [] } as const;

/** A text that is about to run. Whoever calls has seen that it needs approval. `undefined`: wait. */
export function admitText(session: Session, text: string, admitted: Admitted): Grant | Refused | undefined {
  const { approvals, statements } = admitted;
  return admit(session, {
    approvals,
    texts: [text, ...statements.flatMap(({ runs }) => runs ?? [])],
    plans: statements.map(({ plan }) => plan),
    fields: statements.map(({ auditFields }) => auditFields),
    ...nothingBound,
  });
}

/** What has to be approved before a statement is bound. An EXECUTE or FETCH is looked up, and so asked about, when it runs. */
export function approvalsToBind({ fromSql }: Prepared, plan: StatementPlan): StatementPlan["approvals"] {
  const { kind } = plan.facts.session ?? {};
  if (kind === "execute" || kind === "fetch") return [];
  // Bound by message, what PREPARE has prepared runs.
  return fromSql ? plan.approvals : approvalsToRun(plan);
}

/** A prepared statement with its values: with Bind the server begins to run it. */
export function admitBind(
  session: Session,
  prepared: Prepared,
  plan: StatementPlan,
  message: { readonly buffer: Buffer; readonly end: number },
  { formats }: BindNames,
): Grant | Refused | undefined {
  const { buffer, end } = message;
  return admit(session, {
    approvals: approvalsToBind(prepared, plan),
    texts: [prepared.text],
    plans: [plan],
    fields: [plan.auditFields],
    types: prepared.types,
    values: decodeBindParameters(buffer, formats, end),
    parameters: boundValues(buffer, formats, end, prepared.types),
  });
}

/** A portal whose statement runs another one by name. */
export function admitNamed(session: Session, prepared: Prepared, resolved: Resolved): Grant | Refused | undefined {
  const { plan, auditFields, runs } = resolved;
  return admit(session, {
    approvals: plan.approvals,
    texts: runs === undefined ? [prepared.text] : [prepared.text, runs],
    plans: [plan],
    fields: [auditFields],
    ...nothingBound,
  });
}

function admit(session: Session, held: HeldStatement): Grant | Refused | undefined {
  const { approvals: desk } = session.host;
  if (desk === undefined) throw new Error("a statement that needs approval got past the gate, and nobody can be asked");
  return session.holding.admit(desk, held);
}
