import type { ComparisonOperator } from "@penstock/language";
import type { Column } from "../catalog/catalog.ts";
import { CannotFilter, type Condition, type RowText } from "./condition.ts";
import { comparing, sqlOperators } from "./ordering.ts";
import { referenceTo } from "./reference.ts";

/** A column as a condition of its own: neither false nor NULL. */
export function booleanColumn(column: Column): Condition {
  if (column.typeCategory !== "boolean") {
    throw new CannotFilter(`\`${column.name}\` of type ${column.type} is no condition: compare it with something`);
  }
  const reference = referenceTo(column);
  return {
    sql: (alias) => `(${reference(alias)} is true)`,
    holds: (row) => row(column.name) === "t",
    isLeakproof: true,
  };
}

export function compareBooleans(operator: ComparisonOperator, column: Column, other: Column | boolean): Condition {
  const reference = referenceTo(column);
  const right = typeof other === "boolean" ? () => String(other) : referenceTo(other);
  return {
    sql: (alias) => `(${reference(alias)} ${sqlOperators[operator]} ${right(alias)})`,
    holds: comparing(
      operator,
      valueOf(column),
      typeof other === "boolean" ? () => Number(other) : valueOf(other),
      (a, b) => a - b,
    ),
    isLeakproof: true,
  };
}

function valueOf(column: Column): (row: RowText) => number | null {
  return (row) => {
    const text = row(column.name);
    return text === null ? null : Number(text === "t");
  };
}
