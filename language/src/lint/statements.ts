/** Rules and decision statements alike, for lints that look at bodies. */
import type { Analysis } from "../compile/analyse.ts";
import { neededBy, termLocals } from "../compile/order.ts";
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

/** The terms of a literal, those under `not` and `with` among them; not those in the body of `every`. */
export function termsOf(literal: Literal): readonly Term[] {
  switch (literal.kind) {
    case "test":
      return [literal.term];
    case "unify":
      return [literal.left, literal.right];
    case "some":
      return [...(literal.key === undefined ? [] : [literal.key]), literal.value, literal.domain];
    case "every":
      return [literal.domain];
    case "not":
      return literal.body.flatMap(termsOf);
    case "with":
      return [...literal.overrides.flatMap(({ value }) => value ?? []), ...termsOf(literal.literal)];
  }
}

/** The terms directly within a term; not those of a comprehension, which see other variables. */
export function partsOf(term: Term): readonly Term[] {
  switch (term.kind) {
    case "const":
    case "local":
    case "comprehension":
      return [];
    case "ref":
      return [...(term.base.kind === "term" ? [term.base.term] : []), ...term.path];
    case "call":
      return term.args;
    case "array":
    case "set":
      return term.items;
    case "object":
      return term.entries.flat();
    case "template":
      return term.parts.filter((part) => typeof part !== "string");
    case "compare":
    case "arithmetic":
      return [term.left, term.right];
    case "member":
      return [...(term.key === undefined ? [] : [term.key]), term.value, term.domain];
  }
}
