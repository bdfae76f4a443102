import type { RowComparison } from "@penstock/language";
import type { RowText } from "./condition.ts";

/** The JavaScript side of a comparison: NULL on either side, and nothing holds. */
export function comparing<T>(
  operator: RowComparison,
  left: (row: RowText) => T | null,
  right: (row: RowText) => T | null,
  order: (a: T, b: T) => number,
): (row: RowText) => boolean {
  return (row) => {
    const a = left(row);
    const b = right(row);
    return a !== null && b !== null && holdsOf(operator, order(a, b));
  };
}

/** @param order below, at or above zero */
function holdsOf(operator: RowComparison, order: number): boolean {
  switch (operator) {
    case "==":
      return order === 0;
    case "!=":
      return order !== 0;
    case "<":
      return order < 0;
    case "<=":
      return order <= 0;
    case ">":
      return order > 0;
    case ">=":
      return order >= 0;
    default:
      return operator satisfies never;
  }
}

export const sqlOperators: Readonly<Record<RowComparison, string>> = {
  "==": "OPERATOR(pg_catalog.=)",
  "!=": "OPERATOR(pg_catalog.<>)",
  "<": "OPERATOR(pg_catalog.<)",
  "<=": "OPERATOR(pg_catalog.<=)",
  ">": "OPERATOR(pg_catalog.>)",
  ">=": "OPERATOR(pg_catalog.>=)",
};
