/** From a text to what happens with it in this session. */
import type { Approval, Enforcer, NameContext } from "@penstock/engine";
import { approvalsToRun, effect, type StatementPlan, strictest } from "../enforce/plan.ts";
import { withAssertedTags } from "../enforce/asserted-tags.ts";
import { expiredRefusal } from "../enforce/expiry.ts";
import { feasible } from "../enforce/feasible.ts";
import { indirectExecute, type Pass, refuse, type Refused, rulingOf } from "../enforce/gate.ts";
import { covers } from "../enforce/holding.ts";
import { Portal, Prepared } from "./prepared.ts";
import type { Session } from "./session.ts";
import type { Refusal } from "../enforce/session-rules.ts";
import { nameKeyOf } from "./wire.ts";

/** A statement as it is going to run. */
export interface Admitted {
  readonly kind: "pass";
  readonly pass: Pass;
  /** One a statement: its plan, or that of the statement which it means by name, and what the audit log gets. */
  readonly statements: readonly Resolved[];
  readonly effects: number;
  /** Who has to say yes before it runs. */
  readonly approvals: readonly Approval[];
}

/** A relation or schema that the catalog does not have: it may have been made since. */
const unknownName = /^(?:42P01|3F000)$/;

/**
 * `undefined`: the session has to wait and try the same message again.
 * @param runsNow EXECUTE and FETCH are resolved: the text is about to run, not only to be prepared.
 */
export function decideText(
  session: Session,
  text: string,
  runsNow: boolean,
  parameters?: readonly (string | null | undefined)[],
): Admitted | Refused | undefined {
  const { knowledge } = session;
  const problem = knowledge.takeProblem();
  if (problem !== undefined) return refuse(problem, text);
  if (knowledge.hasForbiddenSetting()) return refuse(setBefore, text);
  const { enforcer, names, catalog } = knowledge.epoch;
  const verdict = enforcer.decide(text, session.who, names, catalog, parameters);
  const judged = feasible(session.host, rulingOf(verdict, text), text, (pass) => copyUnseen(session, pass));
  const ruling = withAssertedTags(judged, text);
  if (ruling.kind === "refused") {
    const expired = expiredRefusal(session.expiry, []);
    if (expired !== undefined) return refuse(expired, text);
    if (unknownName.test(ruling.sqlstate) && knowledge.retryUnknown()) return undefined;
    return ruling;
  }
  const expired = expiredRefusal(session.expiry, ruling.plans);
  if (expired !== undefined) {
    const fields = ruling.plans.map(({ auditFields }) => auditFields);
    return refuse(expired, text, fields);
  }
  knowledge.retried = false;
  if ((ruling.effects & effect.schema) !== 0 && /\btemp/i.test(text)) knowledge.madeTemporary();
  return runsNow && ruling.usesNames ? resolveNames(session, text, ruling) : admit(ruling);
}

const setBefore: Refusal = {
  sqlstate: "42501",
  message:
    "this session has changed its role or another setting that it may not change any more, now that data is hidden from you",
  hint: "connect again",
  code: "session_setting",
};

/** Its rows have neither types nor origins: which column is labelled, and what is a text, cannot be told there. */
function copyUnseen({ redactor }: Session, { plans }: Pass): Refusal | undefined {
  if (redactor === undefined) return undefined;
  const copies = plans.some(({ facts }) => facts.kind === "copy_to" && facts.serverCopy === undefined);
  return copies ? copyNotLookedInto : undefined;
}

const copyNotLookedInto: Refusal = {
  sqlstate: "42501",
  message:
    "COPY TO STDOUT is not permitted to you: this target looks into results for personal data and keys, which it cannot do with COPY",
  hint: "use SELECT, or ask whoever operates the proxy for an exemption in `detect.exempt`",
  code: "copy_not_looked_into",
};

function admit(pass: Pass): Admitted {
  const { plans, effects, approvals } = pass;
  return { kind: "pass", pass, statements: plans.map(asItStands), effects, approvals };
}

function asItStands(plan: StatementPlan): Resolved {
  return { kind: "pass", plan, auditFields: plan.auditFields, portal: undefined, runs: undefined };
}

/** EXECUTE and FETCH run a statement that was decided earlier: its decision counts, as it is now. `undefined`: wait. */
function resolveNames(session: Session, text: string, pass: Pass): Admitted | Refused | undefined {
  const statements: Resolved[] = [];
  const fields = pass.plans.map(({ auditFields }) => auditFields);
  /** By kind and name: what the text itself prepares or declares before it runs it. */
  const defined = new Map<string, StatementPlan>();
  let { effects } = pass;
  for (const plan of pass.plans) {
    const named = plan.facts.session;
    if (named?.kind === "prepare" || named?.kind === "declare") defined.set(`${named.kind} ${named.name}`, plan);
    if (named?.kind === "execute" || named?.kind === "fetch") {
      const here = defined.get(`${named.kind === "execute" ? "prepare" : "declare"} ${named.name}`);
      if (here !== undefined && wrapsRewritten(plan, pass.verdict.rewritten))
        return refuse(indirectExecute, text, fields);
      const ruling = here === undefined ? resolveName(session, plan, text, fields) : inPlaceOf(plan, here);
      if (ruling === undefined || ruling.kind === "refused") return ruling;
      effects |= ruling.plan.effects;
      statements.push(ruling);
    } else statements.push(asItStands(plan));
  }
  const approvals = statements.flatMap(({ plan }) => approvalsToRun(plan));
  return { kind: "pass", pass, statements, effects, approvals };
}

export interface Resolved {
  readonly kind: "pass";
  readonly plan: StatementPlan;
  readonly auditFields: string;
  /** The cursor that a FETCH reads. */
  readonly portal: Portal | undefined;
  /** The text of the prepared statement that an EXECUTE runs, if that stands in another one. */
  readonly runs: string | undefined;
}

/** Whether a statement runs another one by name. */
export function runsByName({ facts: { session } }: StatementPlan): boolean {
  return session?.kind === "execute" || session?.kind === "fetch";
}

/**
 * The plan of an EXECUTE or FETCH: that of the statement it names. `undefined`: the name depends on answers that are due.
 * @param fields audit fields of all statements of the text, should it be refused.
 */
export function resolveName(
  session: Session,
  plan: StatementPlan,
  text: string,
  fields: readonly string[] = [plan.auditFields],
): Resolved | Refused | undefined {
  const named = plan.facts.session;
  if (named?.kind !== "execute" && named?.kind !== "fetch") return asItStands(plan);
  const name = named.name ?? "";
  const table = named.kind === "execute" ? session.statements : session.portals;
  if (table.isUncertain(nameKeyOf(name), session.group)) return undefined;
  const found = lookUp(session, named.kind, name);
  if (found === undefined) {
    if (named.kind === "execute" || !session.knowledge.mayHaveOpened())
      return refuse(missing(named.kind, name), text, fields);
    return asItStands(plan);
  }
  const now = confirm(session, found);
  if (now.kind === "refused") {
    return {
      ...now,
      records: fields.map((own, index) => `${own},"prepared":{${now.records[index] ?? now.records[0]}}`),
    };
  }
  const inner = now.plan;
  // What the inner one names may have been decided under other policies; no driver writes this.
  if (inner !== undefined && runsByName(inner)) return refuse(indirectExecute, text, fields);
  if (wrapsRewritten(plan, found.sentText !== found.text)) return refuse(indirectExecute, text, fields);
  const portal = named.kind === "fetch" ? session.portals.get(nameKeyOf(name)) : undefined;
  if (inner === undefined) return { kind: "pass", plan, auditFields: plan.auditFields, portal, runs: undefined };
  if (portal !== undefined && inner !== portal.plan && !covers(portal.grant, inner.approvals)) {
    return refuse(changedSince, text, fields);
  }
  return inPlaceOf(plan, inner, portal, named.kind === "execute" ? found.text : undefined);
}

/** EXPLAIN EXECUTE, or CREATE TABLE AS EXECUTE, of a statement that the server has in another form than the client knows. */
function wrapsRewritten({ facts }: StatementPlan, isRewritten: boolean): boolean {
  return facts.kind !== "execute" && facts.kind !== "fetch" && isRewritten;
}

/** EXECUTE or FETCH under the plan of the statement that it names. */
function inPlaceOf(plan: StatementPlan, inner: StatementPlan, portal?: Portal, runs?: string): Resolved {
  return {
    kind: "pass",
    plan: {
      ...inner,
      facts: plan.facts,
      limits: strictest(plan.limits, inner.limits),
      // A cursor was asked for when it was declared.
      approvals: plan.facts.session?.kind === "fetch" ? plan.approvals : [...plan.approvals, ...inner.approvals],
      notifications: [...plan.notifications, ...inner.notifications],
      isCopyFrom: false,
      effects: plan.effects | (inner.effects & ~effect.names),
    },
    auditFields: `${plan.auditFields},"prepared":{${inner.auditFields}}`,
    portal,
    runs,
  };
}

/** A statement decided earlier, and the plan under which it was. */
interface Earlier {
  readonly text: string;
  readonly sentText: string;
  readonly plan: StatementPlan | undefined;
  /** Decided under what holds now, and not by the clock. */
  readonly isCurrent: boolean;
  /** With which the server has resolved its names for good; absent where it does so again each time. */
  readonly names?: NameContext;
  /** Of a cursor: the policies under which it was opened. */
  readonly openedUnder?: Enforcer;
}

function lookUp(session: Session, kind: "execute" | "fetch", name: string): Earlier | undefined {
  const key = nameKeyOf(name);
  if (kind === "execute") {
    const prepared = session.statements.get(key);
    if (prepared === undefined) return undefined;
    const { epoch, reads, plan } = prepared;
    return { ...textOf(prepared), plan, isCurrent: epoch === session.knowledge.epoch && !reads.time };
  }
  const portal = session.portals.get(key);
  return portal && earlierOf(session, portal);
}

function earlierOf(session: Session, portal: Portal): Earlier {
  const { statement, plan, epoch } = portal;
  const isCurrent = epoch === session.knowledge.epoch && !statement.reads.time;
  return { ...textOf(statement), plan, isCurrent, names: epoch.names, openedUnder: epoch.enforcer };
}

function textOf({ text, sentText }: Prepared): { readonly text: string; readonly sentText: string } {
  return { text, sentText };
}

/** Decides a statement again that the server already has: it may run on only if the server would get the same text now. */
export function confirm(
  session: Session,
  { text, sentText, plan, isCurrent, names, openedUnder }: Earlier,
): { readonly kind: "pass"; readonly plan: StatementPlan | undefined } | Refused {
  const { enforcer, names: present, catalog } = session.knowledge.epoch;
  if (isCurrent) return { kind: "pass", plan };
  if (session.knowledge.hasForbiddenSetting()) return refuse(setBefore, text);
  const verdict = enforcer.decide(text, session.who, names ?? present, catalog);
  const judged = feasible(session.host, rulingOf(verdict, text), text, (pass) => copyUnseen(session, pass));
  const ruling = withAssertedTags(judged, text);
  if (ruling.kind === "refused") {
    // An open cursor has its rows, whatever became of the tables since.
    const isGone = openedUnder === enforcer && unknownName.test(ruling.sqlstate);
    return isGone ? { kind: "pass", plan } : ruling;
  }
  if (ruling.verdict.text !== sentText) {
    return refuse(
      changedSince,
      text,
      ruling.plans.map(({ auditFields }) => auditFields),
    );
  }
  return { kind: "pass", plan: ruling.plans[0] };
}

const changedSince = {
  sqlstate: "42501",
  message: "policies or the schema have changed since this statement was prepared",
  hint: "prepare it again",
  code: "stale",
} as const;

/** A statement that the server has bound or declared, decided again: nobody can be asked any more. */
export function confirmBound(session: Session, portal: Portal): ReturnType<typeof confirm> {
  const earlier = earlierOf(session, portal);
  const now = confirm(session, earlier);
  if (now.kind === "refused" || now.plan === undefined || covers(portal.grant, now.plan.approvals)) return now;
  return refuse(changedSince, earlier.text, [now.plan.auditFields]);
}

/** As the server says it. */
export function missing(kind: "execute" | "fetch", name: string) {
  return kind === "execute"
    ? {
        sqlstate: "26000",
        message: `prepared statement "${name}" does not exist`,
        hint: undefined,
        code: "unknown_name",
      }
    : { sqlstate: "34000", message: `cursor "${name}" does not exist`, hint: undefined, code: "unknown_name" };
}
