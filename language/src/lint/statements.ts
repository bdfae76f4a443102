/** Rules and decision statements alike, for lints that look at bodies. */
import type { Analysis } from "../compile/analyse.ts";
import { neededBy, termLocals } from "../compile/order.ts";
import { partsOf, termsOf } from "../compile/parts.ts";
import { type Body, headTerms, type Literal, type Local, type Term } from "../compile/plan.ts";

/** A body with the terms that see its variables. */
export interface Scoped {
  readonly body: Body;
  readonly heads: readonly Term[];
  /** Variables that have their values before the body begins. */
  readonly given: ReadonlySet<Local>;
}

/** The body of every rule and statement. */
function outermost({ rules, decisions }: Analysis): Scoped[] {
  const ofRules = rules.groups.flatMap((group) =>
    group.definitions.flatMap(({ branches, params, path }) =>
      branches.map(({ body, value }): Scoped => ({ body, heads: [value, ...path], given: localsOf(params) })),
    ),
  );
  const ofStatements = decisions.flatMap(({ plan }): Scoped[] => {
    const { body, subject, rows } = plan;
    const given = new Set(subject === undefined ? [] : [subject]);
    if (rows === undefined) return [{ body, heads: headTerms(plan), given }];
    // What comes before the row is known there.
    const before = new Set([rows.row, ...neededBy(body)]);
    return [
      { body, heads: rows.body.flatMap(termsOf), given },
      { body: rows.body, heads: [], given: before },
    ];
  });
  return [...ofRules, ...ofStatements];
}

/** Every body: those of rules and statements, and of the closures within them. */
export function allBodies(analysis: Analysis): Scoped[] {
  const found: Scoped[] = [];
  const add = (scoped: Scoped): void => {
    found.push(scoped);
    for (const literal of scoped.body) for (const inner of closuresOf(literal)) add(inner);
    for (const head of scoped.heads) for (const inner of closuresIn(head)) add(inner);
  };
  for (const scoped of outermost(analysis)) add(scoped);
  return found;
}

/** The closures directly within a literal, and the body of `every`. */
function closuresOf(literal: Literal): Scoped[] {
  if (literal.kind === "not") return literal.body.flatMap(closuresOf);
  if (literal.kind === "with") {
    return [
      ...literal.overrides.flatMap(({ value }) => (value === undefined ? [] : closuresIn(value))),
      ...closuresOf(literal.literal),
    ];
  }
  const inner = literal.kind === "every" ? [{ body: literal.body, heads: [], given: givenTo(literal) }] : [];
  return [...inner, ...termsOf(literal).flatMap(closuresIn)];
}

function givenTo({ key, value, free }: Extract<Literal, { kind: "every" }>): Set<Local> {
  return new Set([...free, value, ...(key === undefined ? [] : [key])]);
}

function localsOf(terms: readonly Term[]): Set<Local> {
  const locals = new Set<Local>();
  for (const term of terms) termLocals(term, locals);
  return locals;
}

function closuresIn(term: Term): Scoped[] {
  if (term.kind === "comprehension") {
    const heads = term.key === undefined ? [term.value] : [term.key, term.value];
    return [{ body: term.body, heads, given: term.free }];
  }
  return partsOf(term).flatMap(closuresIn);
}
