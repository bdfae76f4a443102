/** Values that are left of one that conditions are about. */
import { type ComparisonOperator, holds } from "../comparison.ts";
import type { Term } from "../compile/plan.ts";
import { compare, equal, isArray, RegoObject, RegoSet, type Value } from "../values.ts";

export interface Bound {
  readonly operator: "<" | "<=" | ">" | ">=";
  readonly value: Value;
}

export const flipped: Readonly<Record<ComparisonOperator, ComparisonOperator>> = {
  "==": "==",
  "!=": "!=",
  "<": ">",
  "<=": ">=",
  ">": "<",
  ">=": "<=",
};

export function satisfies(value: Value, operator: ComparisonOperator, other: Value): boolean {
  return holds(operator, compare(value, other));
}

/** Whether some value is above all that it must be above, and below all that it must be below. */
export function isOpen(bounds: readonly Bound[]): boolean {
  const lower = bounds.filter(({ operator }) => operator.startsWith(">"));
  const upper = bounds.filter(({ operator }) => operator.startsWith("<"));
  return lower.every((low) =>
    upper.every(({ operator, value }) =>
      satisfies(low.value, low.operator === ">=" && operator === "<=" ? "<=" : "<", value),
    ),
  );
}

export function membersOf(term: Term): readonly Value[] | undefined {
  if (term.kind !== "const") return undefined;
  const { value } = term;
  if (isArray(value)) return value;
  if (value instanceof RegoSet) return value.members();
  return value instanceof RegoObject ? value.values() : undefined;
}

export function has(values: readonly Value[], value: Value): boolean {
  return values.some((each) => equal(each, value));
}

export function intersection(a: readonly Value[], b: readonly Value[]): readonly Value[] {
  return a.filter((value) => has(b, value));
}
