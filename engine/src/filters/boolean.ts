import type { ComparisonOperator } from "@penstock/language";
import type { Column } from "../catalog/catalog.ts";
import { isMysqlFlag } from "../catalog/mysql-types.ts";
import { writerOf } from "../writers/writer-of.ts";
import { CannotFilter, type Condition, type RowText } from "./condition.ts";
import { comparing, sqlOperators } from "./ordering.ts";
import { referenceTo } from "./reference.ts";

/** A column as a condition of its own: neither false nor NULL. */
export function booleanColumn(column: Column): Condition {
  if (!isBoolean(column)) {
    throw new CannotFilter(`\`${column.name}\` of type ${column.type} is no condition: compare it with something`);
  }
  const reference = booleanSql(column);
  const value = valueOf(column);
  return {
    sql: (alias) => `(${reference(alias)} is true)`,
    holds: (row) => value(row) === 1,
    isLeakproof: true,
  };
}

export function isBoolean(column: Column): boolean {
  return column.typeCategory === "boolean" || isMysqlFlag(column);
}

export function compareBooleans(operator: ComparisonOperator, column: Column, other: Column | boolean): Condition {
  const reference = booleanSql(column);
  const right = typeof other === "boolean" ? () => String(other) : booleanSql(other);
  return {
    sql: (alias) => writerOf(column).operate(reference(alias), sqlOperators[operator], right(alias)),
    holds: comparing(
      operator,
      valueOf(column),
      typeof other === "boolean" ? () => Number(other) : valueOf(other),
      (a, b) => a - b,
    ),
    isLeakproof: true,
  };
}

function booleanSql(column: Column): (alias: string) => string {
  const reference = referenceTo(column);
  return isMysqlFlag(column) ? (alias) => writerOf(column).operate(reference(alias), "<>", "0") : reference;
}

function valueOf(column: Column): (row: RowText) => number | null {
  const isTrue = isMysqlFlag(column) ? (text: string) => BigInt(text) !== 0n : (text: string) => text === "t";
  return (row) => {
    const text = row(column.name);
    return text === null ? null : Number(isTrue(text));
  };
}
