/** What literals and terms consist of. */
import type { Literal, Term } from "./plan.ts";

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
