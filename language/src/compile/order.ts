/**
 * Safety: in which order the literals of a body can run so that every variable has a value before it is needed, and how a unification
 * splits into steps. As in Rego, the first literal of those that can run is next; what can never run is an unsafe variable.
 */
import type { Body, Literal, Local, Override, Term } from "./plan.ts";
import { type Known, Trial, Turns } from "./turns.ts";

export type Bound = Set<Local>;

/** Whether a term can be evaluated with what is bound. */
export function evaluable(term: Term, bound: Pick<Known, "has">): boolean {
  return evaluates(term, new Trial(bound));
}

/**
 * As `evaluable`. Variables that stand as steps of references get their values by iteration and are added to `bound`, in evaluation order.
 * Where the term cannot be evaluated, some may have been added all the same.
 */
function evaluates(term: Term, bound: Known): boolean {
  switch (term.kind) {
    case "const":
      return true;
    case "local":
      return bound.has(term.local);
    case "ref":
      if (term.base.kind === "term" && !evaluates(term.base.term, bound)) return false;
      return term.path.every((step) => matchable(step, bound));
    case "call":
      return evaluationOrder(term.args, bound) !== undefined;
    case "array":
    case "set":
      return evaluationOrder(term.items, bound) !== undefined;
    case "object":
      return evaluationOrder(term.entries.flat(), bound) !== undefined;
    case "comprehension":
      return [...term.free].every((local) => bound.has(local));
    case "template":
      return term.parts.every((part) => typeof part === "string" || evaluates(part, bound));
    case "compare":
    case "arithmetic":
      return evaluationOrder([term.left, term.right], bound) !== undefined;
    case "member": {
      const parts = [term.value, term.domain];
      return evaluationOrder(term.key === undefined ? parts : [term.key, ...parts], bound) !== undefined;
    }
  }
}

/** In which order several terms can be evaluated, as indexes: `x == xs[x]` runs its right side first. Extends `bound`. */
export function evaluationOrder(terms: readonly Term[], bound: Known): readonly number[] | undefined {
  const turns = new Turns(terms, termLocals);
  const sequence = turns.take(bound, evaluates);
  return sequence.length === terms.length ? sequence : undefined;
}

/** Whether a known value can be matched against a term: unbound variables in arrays, object values and by themselves are bound by it. */
function matchable(term: Term, bound: Known): boolean {
  switch (term.kind) {
    case "local":
      bound.add(term.local);
      return true;
    case "array":
      return term.items.every((item) => matchable(item, bound));
    case "object":
      return term.entries.every(([key, value]) => evaluates(key, bound) && matchable(value, bound));
    default:
      return evaluates(term, bound);
  }
}

/** A part of a unification, in the order in which the parts run. */
export type UnifyStep =
  /** Evaluate `term`, then match its value against `pattern`. */
  { readonly term: Term; readonly pattern: Term };

type Pair = readonly [left: Term, right: Term];

/** The steps that unify two terms, or `undefined` where neither side can be made ground yet. Extends `bound`. */
export function unifySteps(left: Term, right: Term, bound: Known): readonly UnifyStep[] | undefined {
  const steps: UnifyStep[] = [];
  const turns = new Turns<Pair>([[left, right]], (pair, found) => pair.forEach((term) => termLocals(term, found)));
  turns.take(bound, ([a, b], trial) => {
    const step = unifyStep(a, b, trial) ?? unifyStep(b, a, trial);
    if (step !== undefined) return steps.push(step) > 0;
    const parts = decompose(a, b);
    parts?.forEach((part) => turns.add(part));
    return parts !== undefined;
  });
  return turns.areOver ? steps : undefined;
}

function unifyStep(pattern: Term, term: Term, bound: Known): UnifyStep | undefined {
  const trial = new Trial(bound);
  if (!evaluates(term, trial) || !matchable(pattern, trial)) return undefined;
  for (const local of trial.added) bound.add(local);
  return { term, pattern };
}

/** Arrays of one length and objects of the same constant keys, part by part. */
function decompose(a: Term, b: Term): readonly Pair[] | undefined {
  if (a.kind === "array" && b.kind === "array" && a.items.length === b.items.length) {
    return a.items.map((item, index) => [item, b.items[index] ?? item] as const);
  }
  if (a.kind === "object" && b.kind === "object" && a.entries.length === b.entries.length) {
    const others = new Map(b.entries.flatMap(([key, value]) => (key.kind === "const" ? [[key.value, value]] : [])));
    const pairs = a.entries.flatMap(([key, value]): Pair[] => {
      const other = key.kind === "const" ? others.get(key.value) : undefined;
      return other === undefined ? [] : [[value, other]];
    });
    return pairs.length === a.entries.length ? pairs : undefined;
  }
  return undefined;
}

/** Whether a literal can run; extends `bound` by what it binds. */
function runnable(literal: Literal, bound: Known): boolean {
  switch (literal.kind) {
    case "test":
      return evaluates(literal.term, bound);
    case "unify":
      return unifySteps(literal.left, literal.right, bound) !== undefined;
    case "some":
      return (
        evaluates(literal.domain, bound) &&
        (literal.key === undefined || matchable(literal.key, bound)) &&
        matchable(literal.value, bound)
      );
    case "every":
      return evaluates(literal.domain, bound) && [...literal.free].every((local) => bound.has(local));
    case "not":
      // Nothing inside is visible outside, and nothing may be left open: `not p[x]` does not choose an `x`.
      return [...neededBy(literal.body)].every((local) => bound.has(local));
    case "with":
      return literal.overrides.every((override) => overrideReady(override, bound)) && runnable(literal.literal, bound);
  }
}

function overrideReady(override: Override, bound: Known): boolean {
  return override.value === undefined || evaluates(override.value, bound);
}

/** Variables of a negated body that are not its closures' own. */
export function neededBy(body: Body): Set<Local> {
  const needed = new Set<Local>();
  for (const literal of body) literalLocals(literal, needed);
  return needed;
}

export function literalLocals(literal: Literal, found: Set<Local>): void {
  switch (literal.kind) {
    case "test":
      return termLocals(literal.term, found);
    case "unify":
      termLocals(literal.left, found);
      return termLocals(literal.right, found);
    case "some":
      if (literal.key !== undefined) termLocals(literal.key, found);
      termLocals(literal.value, found);
      return termLocals(literal.domain, found);
    case "every":
      termLocals(literal.domain, found);
      for (const local of literal.free) found.add(local);
      return;
    case "not":
      for (const inner of literal.body) literalLocals(inner, found);
      return;
    case "with":
      for (const override of literal.overrides) if (override.value !== undefined) termLocals(override.value, found);
      return literalLocals(literal.literal, found);
  }
}

export function termLocals(term: Term, found: Set<Local>): void {
  switch (term.kind) {
    case "const":
      return;
    case "local":
      found.add(term.local);
      return;
    case "ref":
      if (term.base.kind === "term") termLocals(term.base.term, found);
      for (const step of term.path) termLocals(step, found);
      return;
    case "call":
      for (const arg of term.args) termLocals(arg, found);
      return;
    case "array":
    case "set":
      for (const item of term.items) termLocals(item, found);
      return;
    case "object":
      for (const [key, value] of term.entries) {
        termLocals(key, found);
        termLocals(value, found);
      }
      return;
    case "comprehension":
      for (const local of term.free) found.add(local);
      return;
    case "template":
      for (const part of term.parts) if (typeof part !== "string") termLocals(part, found);
      return;
    case "compare":
    case "arithmetic":
      termLocals(term.left, found);
      termLocals(term.right, found);
      return;
    case "member":
      if (term.key !== undefined) termLocals(term.key, found);
      termLocals(term.value, found);
      termLocals(term.domain, found);
      return;
  }
}

export interface Ordered {
  readonly body: Body;
  /** Variables that no order makes safe, empty for a body that can run. */
  readonly unsafe: readonly Local[];
}

/** Orders a body. Extends `bound` by everything that the body binds. */
export function order(body: Body, bound: Bound): Ordered {
  const turns = new Turns(body, literalLocals);
  const ordered = turns.take(bound, runnable).flatMap((index) => body[index] ?? []);
  const unsafe = new Set<Local>();
  for (const left of turns.waiting) literalLocals(left, unsafe);
  const missing = [...unsafe].filter((local) => !bound.has(local));
  // `x := y` lacks `x` only because it lacks `y`: what the policy declares is rarely the cause.
  const causes = missing.filter((local) => !local.declared);
  return { body: ordered, unsafe: causes.length > 0 ? causes : missing };
}
