/**
 * Splits the conditions of a decision statement by when they can be decided, so that a statement costs nothing where it cannot fire:
 * by the statement's kind and tables (an index), once a session, once a session and kind, once for each label, and the rest for each
 * statement.
 *
 * Conditions are a conjunction, so their order does not matter to what holds. A condition that fails with an error must not be
 * asked earlier than the others would have allowed; whoever evaluates a part early falls back to the whole statement then.
 */
import { type FactFinder, isOfKind, isOfSession, literalReadsOnlyFields, readsOnlyFields } from "./facts.ts";
import { groupOf, kindsOf, type Touch, touchOf } from "./index-conditions.ts";
import { literalLocals, order, termLocals } from "./order.ts";
import { type Body, type DecisionPlan, headTerms, type Literal, type Local } from "./plan.ts";

export interface SplitBody {
  /** The kinds of statement for which it can fire; `undefined` for all. */
  readonly kinds: ReadonlySet<string> | undefined;
  /** What it must find in the query; a part of `rest`, which is evaluated all the same. */
  readonly touch: Touch | undefined;
  /** The group of which the person must be; a part of `session`, which is evaluated all the same. */
  readonly group: string | undefined;
  readonly session: Body;
  /** Reads nothing of the query but its kind and category. */
  readonly kind: Body;
  readonly label: Body;
  readonly rest: Body;
  /** A mask that depends on the session and the column alone, whatever the statement does with it; a filter of the session alone. */
  readonly isFixed: boolean;
  /** What it adds to the decision depends, like its conditions, on the session and the statement's kind alone. */
  readonly isSettled: boolean;
}

export function splitBody(plan: DecisionPlan, facts: FactFinder): SplitBody {
  const { subject } = plan;
  const { body } = order(plan.body, new Set(subject === undefined ? [] : [subject]));
  const session: Literal[] = [];
  const kind: Literal[] = [];
  const label: Literal[] = [];
  const rest: Literal[] = [];
  let kinds: ReadonlySet<string> | undefined;
  const seen = seenBy(plan);
  for (const literal of body) {
    const only = kindsOf(literal);
    const reads = facts.ofLiteral(literal);
    const readsSubject = subject !== undefined && localsOf(literal).has(subject);
    if (only !== undefined) kinds = kinds === undefined ? only : kinds.intersection(only);
    else if (!isClosed(literal, seen, plan)) rest.push(literal);
    else if (isOfSession(reads) && !readsSubject) session.push(literal);
    else if (isOfKind(reads) && !readsSubject) kind.push(literal);
    else if (isOfSession(reads) && readsLabelOnly(literal, subject)) label.push(literal);
    else rest.push(literal);
  }
  return {
    kinds,
    touch: touchOf(rest),
    group: groupOf(session),
    session,
    kind,
    label,
    rest,
    isFixed: isFixed(plan, facts),
    isSettled: isSettled(plan, rest, facts),
  };
}

function isSettled(plan: DecisionPlan, rest: Body, facts: FactFinder): boolean {
  const isAboutStatement = plan.kind !== "mask" && plan.kind !== "label" && plan.kind !== "filter";
  return isAboutStatement && rest.length === 0 && headTerms(plan).every((term) => isOfKind(facts.ofTerm(term)));
}

/** Everything asked each time, in the order of the policy: what counting needs. */
export function unsplit(plan: DecisionPlan, facts: FactFinder): SplitBody {
  const asked = {
    kinds: undefined,
    touch: undefined,
    group: undefined,
    session: [],
    kind: [],
    label: [],
    rest: plan.body,
  };
  return { ...splitBody(plan, facts), ...asked };
}

function isFixed({ kind, body, values, subject, rows }: DecisionPlan, facts: FactFinder): boolean {
  if (rows !== undefined) return [...body, ...rows.body].every((part) => isOfSession(facts.ofLiteral(part)));
  return (
    kind === "mask" &&
    body.every((part) => isOfSession(facts.ofLiteral(part)) && literalReadsOnlyFields(part, subject, isOfColumn)) &&
    values.every((value) => isOfSession(facts.ofTerm(value)) && readsOnlyFields(value, subject, isOfColumn))
  );
}

/** `uses` tells what the statement does with the column. */
const isOfColumn = (field: string): boolean => field !== "uses";

function localsOf(literal: Literal): Set<Local> {
  const locals = new Set<Local>();
  literalLocals(literal, locals);
  return locals;
}

/** How many parts of a statement see each variable. */
function seenBy(plan: DecisionPlan): ReadonlyMap<Local, number> {
  const seen = new Map<Local, number>();
  const see = (locals: ReadonlySet<Local>): void => {
    for (const local of locals) seen.set(local, (seen.get(local) ?? 0) + 1);
  };
  for (const literal of [...plan.body, ...(plan.rows?.body ?? [])]) see(localsOf(literal));
  for (const value of headTerms(plan)) {
    const locals = new Set<Local>();
    termLocals(value, locals);
    see(locals);
  }
  return seen;
}

/** No other part of the statement sees a variable of this literal, but for the subject. */
function isClosed(literal: Literal, seen: ReadonlyMap<Local, number>, { subject }: DecisionPlan): boolean {
  return [...localsOf(literal)].every((local) => local === subject || seen.get(local) === 1);
}

function readsLabelOnly(literal: Literal, subject: Local | undefined): boolean {
  switch (literal.kind) {
    case "test":
      return readsOnlyFields(literal.term, subject, isLabel);
    case "not":
      return literal.body.every((inner) => readsLabelOnly(inner, subject));
    default:
      return false;
  }
}

const isLabel = (field: string): boolean => field === "label";
