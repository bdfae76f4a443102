/** Collections and texts that a policy writes out, constant or not, with the places of their parts. */
import type { Term } from "../compile/plan.ts";
import { RegoObject } from "../values.ts";

/** The members of a collection. */
export function membersOf(term: Term): readonly Term[] | undefined {
  if (term.kind === "set" || term.kind === "array") return term.items;
  if (term.kind !== "const" || term.parts === undefined) return undefined;
  return term.value instanceof RegoObject ? entriesOf(term).map(([, value]) => value) : term.parts;
}

/** The keys and values of an object. */
export function entriesOf(term: Term): readonly (readonly [Term, Term])[] {
  if (term.kind === "object") return term.entries;
  if (term.kind !== "const" || !(term.value instanceof RegoObject) || term.parts === undefined) return [];
  const { parts } = term;
  return parts.flatMap((key, index) => {
    const value = parts[index + 1];
    return index % 2 === 0 && value !== undefined ? [[key, value] as const] : [];
  });
}

export function isText(term: Term): term is Extract<Term, { kind: "const" }> & { readonly value: string } {
  return term.kind === "const" && typeof term.value === "string";
}
