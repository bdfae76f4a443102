/**
 * Conditions that an index answers before a statement is looked at: `query.kind == "x"`, `some t in query.tables` with `t.path == "x"`,
 * and before a session is: `"x" in principal.groups`. So a thousand rules about a thousand tables and groups cost a query what the rules
 * about its own tables cost, and a session what those about its own groups cost.
 */
import { RegoSet, type Value } from "../values.ts";
import { field, valuesOf } from "./runtime.ts";
import type { Body, Literal, Local, Term } from "./plan.ts";

/** The statement can fire only if `query.<collection>` has an element, one with such a value in a field where `asked` is given. */
export interface Touch {
  readonly collection: keyof typeof indexed;
  readonly asked: { readonly field: string; readonly values: ReadonlySet<string> } | undefined;
}

const indexed = {
  tables: new Set(["path", "name"]),
  columns: new Set(["path", "label", "table", "name"]),
  functions: new Set(["name", "category"]),
  outputs: new Set<string>(),
} as const satisfies Record<string, ReadonlySet<string>>;

/** `query.kind == "x"`, `query.kind in {"x", "y"}`. */
export function kindsOf(literal: Literal): ReadonlySet<string> | undefined {
  return valuesAskedOf(literal, (term) => {
    const [collection, ...rest] = queryPath(term);
    return collection === "kind" && rest.length === 0;
  });
}

/**
 * The group of which a person must be for conditions of the session to hold: `"x" in principal.groups`. Only where nothing is asked before
 * it that can fail, since an error is shown whoever asks.
 */
export function groupOf(session: Body): string | undefined {
  for (const literal of session) {
    if (literal.kind !== "test") return undefined;
    const { term } = literal;
    if (term.kind === "member" && term.key === undefined && isPrincipals(term.domain, "groups")) {
      return constantString(term.value);
    }
    const isPlain = term.kind === "compare" && (isPrincipals(term.left, "kind") || isPrincipals(term.right, "kind"));
    if (!isPlain || (term.left.kind !== "const" && term.right.kind !== "const")) return undefined;
  }
  return undefined;
}

function isPrincipals(term: Term, name: string): boolean {
  return (
    term.kind === "ref" &&
    term.base.kind === "root" &&
    term.base.root === "principal" &&
    term.path.length === 1 &&
    constantString(term.path[0]) === name
  );
}

/** The condition of a body that the index answers best. */
export function touchOf(body: Body): Touch | undefined {
  const elements = new Map<Local, Touch["collection"]>();
  for (const literal of body) {
    if (literal.kind !== "some" || literal.value.kind !== "local") continue;
    const [collection, ...rest] = queryPath(literal.domain);
    if (isCollection(collection) && rest.length === 0) elements.set(literal.value.local, collection);
  }
  for (const literal of body) {
    let found: ElementField | undefined;
    const values = valuesAskedOf(literal, (term) => {
      found = elementField(term, elements);
      return found !== undefined;
    });
    if (values !== undefined && found !== undefined)
      return { collection: found.collection, asked: { field: found.field, values } };
  }
  for (const collection of elements.values()) return { collection, asked: undefined };
  return undefined;
}

interface ElementField {
  readonly collection: Touch["collection"];
  readonly field: string;
}

/** `t.path` for an element `t`, or `query.tables[_].path`. */
function elementField(term: Term, elements: ReadonlyMap<Local, Touch["collection"]>): ElementField | undefined {
  if (term.kind !== "ref") return undefined;
  const { base, path } = term;
  let collection: Touch["collection"] | undefined;
  let step: Term | undefined;
  if (base.kind === "term" && base.term.kind === "local" && path.length === 1) {
    collection = elements.get(base.term.local);
    [step] = path;
  } else if (base.kind === "root" && base.root === "query" && path.length === 3 && path[1]?.kind === "local") {
    const name = constantString(path[0]);
    if (isCollection(name)) collection = name;
    step = path[2];
  }
  const name = constantString(step);
  return collection !== undefined && name !== undefined && fieldsOf(collection).has(name)
    ? { collection, field: name }
    : undefined;
}

/** The strings of which a term must be one; `undefined` where the literal says nothing of the kind about the wanted term. */
function valuesAskedOf(literal: Literal, isWanted: (term: Term) => boolean): ReadonlySet<string> | undefined {
  if (literal.kind !== "test") return undefined;
  const { term } = literal;
  if (term.kind === "compare" && term.operator === "==") {
    const constant = isWanted(term.left) ? term.right : isWanted(term.right) ? term.left : undefined;
    const value = constantString(constant);
    return value === undefined ? undefined : new Set([value]);
  }
  if (term.kind !== "member" || term.key !== undefined || term.domain.kind !== "const" || !isWanted(term.value))
    return undefined;
  const domain = term.domain.value;
  const members = domain instanceof RegoSet ? domain.members() : Array.isArray(domain) ? domain : [];
  return new Set(members.filter((member): member is string => typeof member === "string"));
}

function constantString(term: Term | undefined): string | undefined {
  return term?.kind === "const" && typeof term.value === "string" ? term.value : undefined;
}

/** Steps below `query` as far as they are constant; empty for what is no such reference. */
function queryPath(term: Term): readonly (string | undefined)[] {
  return term.kind === "ref" && term.base.kind === "root" && term.base.root === "query"
    ? term.path.map(constantString)
    : [];
}

function isCollection(name: string | undefined): name is Touch["collection"] {
  return name !== undefined && Object.hasOwn(indexed, name);
}

function fieldsOf(collection: Touch["collection"]): ReadonlySet<string> {
  return indexed[collection];
}

/** Whether a query has what the index asks for. */
export function touches(touch: Touch | undefined, query: Value | undefined): boolean {
  if (touch === undefined) return true;
  const { collection, asked } = touch;
  const elements = valuesOf(field(query, collection));
  if (asked === undefined) return elements.length > 0;
  return elements.some((element) => {
    const value = field(element, asked.field);
    return typeof value === "string" && asked.values.has(value);
  });
}
