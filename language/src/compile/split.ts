/**
 * Splits the conditions of a decision statement by when they can be decided, so that a statement costs nothing where it cannot fire:
 * by the statement's kind (an index), once a session, once for each label, and the rest for each statement.
 *
 * Conditions are a conjunction, so their order does not matter to what holds. A condition that fails with an error must not be
 * asked earlier than the others would have allowed; whoever evaluates a part early falls back to the whole statement then.
 */
import { RegoSet } from "../values.ts";
import { type FactFinder, isOfSession, readsMoreThanLabel } from "./facts.ts";
import { literalLocals, order, termLocals } from "./order.ts";
import type { Body, DecisionPlan, Literal, Local, Term } from "./plan.ts";

export interface SplitBody {
  /** The kinds of statement for which it can fire; `undefined` for all. */
  readonly kinds: ReadonlySet<string> | undefined;
  readonly session: Body;
  readonly label: Body;
  readonly rest: Body;
}

export function splitBody(plan: DecisionPlan, facts: FactFinder): SplitBody {
  const { subject } = plan;
  const { body } = order(plan.body, new Set(subject === undefined ? [] : [subject]));
  const session: Literal[] = [];
  const label: Literal[] = [];
  const rest: Literal[] = [];
  let kinds: ReadonlySet<string> | undefined;
  for (const literal of body) {
    const only = kindsOf(literal);
    if (only !== undefined) kinds = kinds === undefined ? only : new Set([...kinds].filter((kind) => only.has(kind)));
    else if (!isClosed(literal, body, plan) || !isOfSession(facts.ofLiteral(literal))) rest.push(literal);
    else if (subject === undefined || !localsOf(literal).has(subject)) session.push(literal);
    else if (readsLabelOnly(literal, subject)) label.push(literal);
    else rest.push(literal);
  }
  return { kinds, session, label, rest };
}

function localsOf(literal: Literal): Set<Local> {
  const locals = new Set<Local>();
  literalLocals(literal, locals);
  return locals;
}

/** No other part of the statement sees a variable of this literal, but for the subject. */
function isClosed(literal: Literal, body: Body, plan: DecisionPlan): boolean {
  const outside = new Set<Local>();
  for (const other of body) if (other !== literal) literalLocals(other, outside);
  for (const value of [...plan.values, ...(plan.code === undefined ? [] : [plan.code])]) termLocals(value, outside);
  return [...localsOf(literal)].every((local) => local === plan.subject || !outside.has(local));
}

function readsLabelOnly(literal: Literal, subject: Local): boolean {
  switch (literal.kind) {
    case "test":
      return !readsMoreThanLabel(literal.term, subject);
    case "not":
      return literal.body.every((inner) => readsLabelOnly(inner, subject));
    default:
      return false;
  }
}

/** `query.kind == "x"`, `query.kind in {"x", "y"}`. */
function kindsOf(literal: Literal): ReadonlySet<string> | undefined {
  if (literal.kind !== "test") return undefined;
  const { term } = literal;
  if (term.kind === "compare" && term.operator === "==") {
    const constant = isQueryKind(term.left) ? term.right : isQueryKind(term.right) ? term.left : undefined;
    return constant?.kind === "const" && typeof constant.value === "string" ? new Set([constant.value]) : undefined;
  }
  if (term.kind !== "member" || term.key !== undefined || !isQueryKind(term.value) || term.domain.kind !== "const")
    return undefined;
  const domain = term.domain.value;
  const members = domain instanceof RegoSet ? domain.members() : Array.isArray(domain) ? domain : [];
  return new Set(members.filter((member): member is string => typeof member === "string"));
}

function isQueryKind(term: Term): boolean {
  if (term.kind !== "ref" || term.base.kind !== "root" || term.base.root !== "query" || term.path.length !== 1)
    return false;
  const [step] = term.path;
  return step?.kind === "const" && step.value === "kind";
}
