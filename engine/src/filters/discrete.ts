/** Types whose values are whole numbers of something, such as integers and points in time, compared with constants that may lie between. */
import type { ComparisonOperator } from "@penstock/language";
import type { Column } from "../catalog/catalog.ts";
import { writerOf } from "../writers/writer-of.ts";
import { type Condition, constantCondition, notNull, type RowText } from "./condition.ts";
import { comparing, sqlOperators } from "./ordering.ts";

/** Infinite dates and times are beyond all others. */
export type Ordinal = bigint | "infinity" | "-infinity";

export interface Discrete {
  readonly column: Column;
  readonly min: bigint;
  readonly max: bigint;
  readonly value: (row: RowText) => Ordinal | null;
  /** The column as SQL, in the order of its values. */
  readonly reference: (alias: string) => string;
  /** A constant of the column's type, between `min` and `max`. */
  readonly sql: (value: bigint) => string;
}

/** A constant on the scale of a `Discrete`: what lies at or below it, and whether that is the constant itself. */
export interface Place {
  readonly floor: bigint;
  readonly isExact: boolean;
}

export function compareDiscrete(
  operator: ComparisonOperator,
  { column, min, max, value, reference, sql }: Discrete,
  place: Place,
): Condition {
  const { floor, isExact } = place;
  const known = notNull(reference, column.name);
  if (!isExact && operator === "==") return constantCondition(false);
  if (!isExact && operator === "!=") return known;
  // Below a number between two is at or below the lower one, and above it is above that.
  const asked = isExact ? operator : operator === "<" || operator === "<=" ? "<=" : ">";
  if (floor < min || floor > max) {
    const isAbove = floor > max;
    if (asked === "==") return constantCondition(false);
    if (asked === "!=") return known;
    return isAbove === (asked === "<" || asked === "<=") ? known : constantCondition(false);
  }
  return {
    sql: (alias) => writerOf(column).operate(reference(alias), sqlOperators[asked], sql(floor)),
    holds: comparing(asked, value, () => floor, compareOrdinals),
    isLeakproof: true,
  };
}

export function discreteIn({ column, min, max, value, reference, sql }: Discrete, places: readonly Place[]): Condition {
  const possible = places
    .filter(({ floor, isExact }) => isExact && floor >= min && floor <= max)
    .map(({ floor }) => floor);
  if (possible.length === 0) return constantCondition(false);
  const set = new Set<Ordinal>(possible);
  return {
    sql: (alias) => writerOf(column).isOneOf(reference(alias), possible.map(sql)),
    holds: (row) => {
      const given = value(row);
      return given !== null && set.has(given);
    },
    isLeakproof: true,
  };
}

export function compareOrdinals(a: Ordinal, b: Ordinal): number {
  if (a === b) return 0;
  if (a === "infinity" || b === "-infinity") return 1;
  if (a === "-infinity" || b === "infinity") return -1;
  return a < b ? -1 : 1;
}
