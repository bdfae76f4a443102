import { type ComparisonOperator, holds } from "@penstock/language";
import type { SqlOperator } from "../writers/sql-writer.ts";
import type { RowText } from "./condition.ts";

/** The JavaScript side of a comparison: NULL on either side, and nothing holds. */
export function comparing<T>(
  operator: ComparisonOperator,
  left: (row: RowText) => T | null,
  right: (row: RowText) => T | null,
  order: (a: T, b: T) => number,
): (row: RowText) => boolean {
  return (row) => {
    const a = left(row);
    const b = right(row);
    return a !== null && b !== null && holds(operator, order(a, b));
  };
}

export const sqlOperators: Readonly<Record<ComparisonOperator, SqlOperator>> = {
  "==": "=",
  "!=": "<>",
  "<": "<",
  "<=": "<=",
  ">": ">",
  ">=": ">=",
};
