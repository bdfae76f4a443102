/**
 * What terms, literals and rules depend on: which fields of the query, whether the clock. From this follow what the engine may cache and
 * which conditions are evaluated once a session.
 */
import { partsOf } from "./parts.ts";
import type { Body, Definition, Literal, Local, Override, Term } from "./plan.ts";
import { type Group, groupsMatching, type RuleTree } from "./rule-tree.ts";

export interface Facts {
  /** Fields of `query` that are read; `*` stands for all. */
  readonly query: Set<string>;
  /** Attributes that are read, as `principal.groups`; all of a root is `principal`, and all of `input` is `input`. */
  readonly attributes: Set<string>;
  /** Reads `input` as a whole, or the clock, or asks the test host: anything may matter. */
  impure: boolean;
}

export class FactFinder {
  private readonly rules: RuleTree;
  private readonly known = new Map<Group, Facts>();

  constructor(rules: RuleTree) {
    this.rules = rules;
  }

  ofLiteral(literal: Literal): Facts {
    const facts = none();
    this.literal(literal, facts);
    return facts;
  }

  ofTerm(term: Term): Facts {
    const facts = none();
    this.term(term, facts);
    return facts;
  }

  ofGroup(group: Group): Facts {
    const known = this.known.get(group);
    if (known !== undefined) return known;
    const facts = none();
    // Before its definitions, so that a recursive rule, which is an error of its own, ends here.
    this.known.set(group, facts);
    for (const definition of group.definitions) this.definition(definition, facts);
    return facts;
  }

  private definition(definition: Definition, facts: Facts): void {
    for (const term of [...definition.params, ...definition.path]) this.term(term, facts);
    for (const branch of definition.branches) {
      this.term(branch.value, facts);
      for (const literal of branch.body) this.literal(literal, facts);
    }
  }

  private add(facts: Facts, more: Facts): void {
    for (const name of more.query) facts.query.add(name);
    for (const name of more.attributes) facts.attributes.add(name);
    facts.impure ||= more.impure;
  }

  private literal(literal: Literal, facts: Facts): void {
    switch (literal.kind) {
      case "test":
        return this.term(literal.term, facts);
      case "unify":
        this.term(literal.left, facts);
        return this.term(literal.right, facts);
      case "some":
        if (literal.key !== undefined) this.term(literal.key, facts);
        this.term(literal.value, facts);
        return this.term(literal.domain, facts);
      case "every":
        this.term(literal.domain, facts);
        for (const inner of literal.body) this.literal(inner, facts);
        return;
      case "not":
        for (const inner of literal.body) this.literal(inner, facts);
        return;
      case "with":
        for (const override of literal.overrides) this.override(override, facts);
        return this.literal(literal.literal, facts);
    }
  }

  private override(override: Override, facts: Facts): void {
    if (override.value !== undefined) this.term(override.value, facts);
    if (override.kind === "function" && override.replacement?.kind === "function") {
      this.add(facts, this.ofGroup(override.replacement.group));
    }
  }

  private term(term: Term, facts: Facts): void {
    if (term.kind === "ref") this.ref(term, facts);
    else if (term.kind === "call") {
      if (term.callee.kind === "function") this.add(facts, this.ofGroup(term.callee.group));
      else if (term.callee.kind === "host" || !term.callee.builtin.pure) facts.impure = true;
    } else if (term.kind === "comprehension") {
      if (term.key !== undefined) this.term(term.key, facts);
      this.term(term.value, facts);
      for (const literal of term.body) this.literal(literal, facts);
    }
    for (const part of partsOf(term)) this.term(part, facts);
  }

  private ref(term: Extract<Term, { kind: "ref" }>, facts: Facts): void {
    switch (term.base.kind) {
      case "term":
        return;
      case "input":
        facts.query.add("*");
        // By a name that is no root: something that policies alone do not know of.
        if (term.path[0]?.kind !== "const") facts.attributes.add("input");
        return;
      case "root": {
        const { root } = term.base;
        const [first] = term.path;
        const field = first?.kind === "const" && typeof first.value === "string" ? first.value : undefined;
        facts.attributes.add(field === undefined ? root : `${root}.${field}`);
        if (root === "query") facts.query.add(field ?? "*");
        return;
      }
      case "data":
        for (const group of groupsMatching(this.rules, term.path)) this.add(facts, this.ofGroup(group));
        return;
    }
  }
}

function none(): Facts {
  return { query: new Set(), attributes: new Set(), impure: false };
}

export function readsField(facts: Facts, ...names: readonly string[]): boolean {
  return facts.query.has("*") || names.some((name) => facts.query.has(name));
}

/** Same principal, session, target and data, same result. */
export function isOfSession(facts: Facts): boolean {
  return facts.query.size === 0 && !facts.impure;
}

/** Beyond what is of the session, the kind of the statement and its category. */
export function isOfKind(facts: Facts): boolean {
  return !facts.impure && [...facts.query].every((name) => name === "kind" || name === "category");
}

/** Whether a variable stands in a term only as `variable.field`, for the fields that `isWanted` names. */
export function readsOnlyFields(term: Term, subject: Local | undefined, isWanted: (field: string) => boolean): boolean {
  const only = (part: Term): boolean => readsOnlyFields(part, subject, isWanted);
  if (term.kind === "local") return term.local !== subject;
  if (term.kind === "ref" && term.base.kind === "term" && isLocal(term.base.term, subject)) {
    const [first, ...rest] = term.path;
    if (first?.kind === "const") return typeof first.value === "string" && isWanted(first.value) && rest.every(only);
  }
  if (term.kind === "comprehension") {
    return (
      (term.key === undefined || only(term.key)) &&
      only(term.value) &&
      term.body.every((literal) => literalReadsOnlyFields(literal, subject, isWanted))
    );
  }
  return partsOf(term).every(only);
}

function isLocal(term: Term, local: Local | undefined): boolean {
  return term.kind === "local" && term.local === local;
}

/** As `readsOnlyFields`, for all terms of a literal. */
export function literalReadsOnlyFields(
  literal: Literal,
  subject: Local | undefined,
  isWanted: (field: string) => boolean,
): boolean {
  const only = (part: Term | undefined): boolean => part === undefined || readsOnlyFields(part, subject, isWanted);
  const all = (body: Body): boolean => body.every((inner) => literalReadsOnlyFields(inner, subject, isWanted));
  switch (literal.kind) {
    case "test":
      return only(literal.term);
    case "unify":
      return only(literal.left) && only(literal.right);
    case "some":
      return only(literal.key) && only(literal.value) && only(literal.domain);
    case "every":
      return only(literal.domain) && all(literal.body);
    case "not":
      return all(literal.body);
    case "with":
      return literal.overrides.every(({ value }) => only(value)) && all([literal.literal]);
  }
}
