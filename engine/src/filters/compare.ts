import type { ComparisonOperator, RowConstant } from "@penstock/language";
import type { Column } from "../catalog/catalog.ts";
import { writerOf } from "../writers/writer-of.ts";
import { compareBooleans, isBoolean } from "./boolean.ts";
import { anyOf, CannotFilter, type Condition } from "./condition.ts";
import { compareDiscrete, compareOrdinals, discreteIn } from "./discrete.ts";
import { type InstantType, instants, placeOf } from "./instant.ts";
import { compareNumbers, numberIn } from "./number-compare.ts";
import { describe, type Operand } from "./operand.ts";
import { comparing, sqlOperators } from "./ordering.ts";
import { compareText, textIn } from "./text.ts";
import { compareUuids, uuidIn } from "./uuid.ts";

/** A comparison of what is of the row with a constant or with more of the row. Types that do not fit are refused, not unequal. */
export function compare(operator: ComparisonOperator, left: Operand, right: Operand): Condition {
  switch (left.kind) {
    case "constant":
      throw new CannotFilter("it compares constants");
    case "text":
      if (right.kind === "text") return compareText(operator, left, right);
      if (right.kind === "constant" && typeof right.value === "string") return compareText(operator, left, right.value);
      break;
    case "number":
      if (right.kind === "number") return compareNumbers(operator, left, right);
      if (right.kind === "constant" && (typeof right.value === "number" || typeof right.value === "bigint"))
        return compareNumbers(operator, left, right.value);
      if (right.kind === "constant" && typeof right.value === "boolean" && left.column && isBoolean(left.column))
        return compareBooleans(operator, left.column, right.value);
      break;
    case "boolean":
      if (right.kind === "boolean") return compareBooleans(operator, left.column, right.column);
      if (right.kind === "constant" && typeof right.value === "boolean")
        return compareBooleans(operator, left.column, right.value);
      break;
    case "uuid":
      if (right.kind === "uuid") return compareUuids(operator, left.column, right.column);
      if (right.kind === "constant" && typeof right.value === "string")
        return compareUuids(operator, left.column, right.value);
      break;
    case "date":
    case "timestamp":
    case "timestamptz":
      if (right.kind === left.kind) return compareInstants(operator, left.kind, left.column, right.column);
      if (right.kind !== "constant") break;
      return compareDiscrete(operator, instants(left.kind, left.column), placeOf(left.kind, left.column, right.value));
    default:
      return left satisfies never;
  }
  throw new CannotFilter(`${describe(left)} cannot be compared with ${describe(right)}`);
}

function compareInstants(operator: ComparisonOperator, type: InstantType, column: Column, other: Column): Condition {
  const [left, right] = [instants(type, column), instants(type, other)];
  return {
    sql: (alias) => writerOf(column).operate(left.reference(alias), sqlOperators[operator], right.reference(alias)),
    holds: comparing(operator, left.value, right.value, compareOrdinals),
    isLeakproof: true,
  };
}

export function isMember(operand: Operand, members: readonly RowConstant[]): Condition {
  switch (operand.kind) {
    case "text":
      return textIn(operand, members);
    case "number":
      if (members.some((member) => typeof member === "boolean")) return equalsAny(operand, members);
      return numberIn(operand, members);
    case "uuid":
      return uuidIn(
        operand.column,
        members.map((member) => {
          if (typeof member === "string") return member;
          throw new CannotFilter(`${describe(operand)} is looked for among members that are not texts`);
        }),
      );
    case "date":
    case "timestamp":
    case "timestamptz":
      return discreteIn(
        instants(operand.kind, operand.column),
        members.map((member) => placeOf(operand.kind, operand.column, member)),
      );
    case "boolean":
    case "constant":
      return equalsAny(operand, members);
    default:
      return operand satisfies never;
  }
}

function equalsAny(operand: Operand, members: readonly RowConstant[]): Condition {
  return anyOf(members.map((value) => compare("==", operand, { kind: "constant", value })));
}
