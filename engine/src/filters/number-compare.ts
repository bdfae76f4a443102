import type { ComparisonOperator, RowConstant } from "@penstock/language";
import type { Column } from "../catalog/catalog.ts";
import { isMysql } from "../catalog/mysql-types.ts";
import { baseTypeOf, decimalType } from "../masks/base-type.ts";
import { type Decimal, parseDecimal, printDecimal, rescale } from "../masks/decimal.ts";
import { integerRange } from "../masks/integer-range.ts";
import { quoteText } from "../masks/quote.ts";
import { writerOf } from "../writers/writer-of.ts";
import { anyOf, CannotFilter, type Condition, constantCondition, notNull, type RowText } from "./condition.ts";
import { compareDiscrete, compareOrdinals, discreteIn, type Discrete, type Place } from "./discrete.ts";
import {
  compareDecimals,
  constantNumber,
  decimalOfConstant,
  type ExactNumber,
  exactOf,
  type NumberOperand,
  scaled,
  wholeReference,
} from "./number.ts";
import { referenceTo } from "./reference.ts";
import { comparing, sqlOperators } from "./ordering.ts";

export function compareNumbers(
  operator: ComparisonOperator,
  left: NumberOperand,
  right: NumberOperand | number | bigint,
): Condition {
  const { column } = left;
  if (typeof right === "number" || typeof right === "bigint") {
    const steps = column && stepsOf(column);
    if (steps !== undefined) return compareDiscrete(operator, steps.discrete, placeOn(steps, right));
    if (column?.typeCategory === "float") return compareFloat(operator, column, right);
    if (column?.typeCategory === "numeric") return compareNumeric(operator, column, decimalOfConstant(right));
    const exact = exactOf(left);
    return compareExact(operator, exact, exactOf(constantNumber(exact.writer, right)));
  }
  const other = right.column;
  if (column !== undefined && other?.typeCategory === column.typeCategory) return compareAlike(operator, column, other);
  return compareExact(operator, exactOf(left), exactOf(right));
}

export function numberIn(operand: NumberOperand, members: readonly RowConstant[]): Condition {
  const numbers = members.map((member) => {
    if (typeof member === "number" || typeof member === "bigint") return member;
    throw new CannotFilter("a number is looked for among members that are not numbers");
  });
  const { column } = operand;
  const steps = column && stepsOf(column);
  if (steps !== undefined) {
    return discreteIn(
      steps.discrete,
      numbers.map((number) => placeOn(steps, number)),
    );
  }
  if (column?.typeCategory === "numeric") {
    const wanted = numbers.map(decimalOfConstant);
    const reference = referenceTo(column);
    const value = numericValue(column);
    const { isOneOf, number } = writerOf(column);
    return {
      sql: (alias) =>
        isOneOf(
          reference(alias),
          wanted.map((one) => number(printDecimal(one))),
        ),
      holds: (row) => {
        const given = value(row);
        return typeof given === "object" && given !== null && wanted.some((one) => compareDecimals(given, one) === 0);
      },
      isLeakproof: false,
    };
  }
  return anyOf(numbers.map((number) => compareNumbers("==", operand, number)));
}

/** Numbers that are whole multiples of ten to the power of `-scale`: integers, and MySQL's exact decimals. */
interface Steps {
  readonly discrete: Discrete;
  readonly scale: number;
}

function stepsOf(column: Column): Steps | undefined {
  const range = integerRange(column);
  if (range !== undefined) {
    const number = integerConstant(column);
    return {
      scale: 0,
      discrete: { column, ...range, value: steppedValue(column, 0), reference: wholeReference(column), sql: number },
    };
  }
  const type = isMysql(column) && column.typeCategory === "numeric" ? decimalType(column) : undefined;
  if (type === undefined) return undefined;
  const { precision, scale } = type;
  const max = 10n ** BigInt(precision) - 1n;
  return {
    scale,
    discrete: {
      column,
      min: -max,
      max,
      value: steppedValue(column, scale),
      reference: referenceTo(column),
      sql: (digits) => writerOf(column).number(printDecimal({ digits, scale })),
    },
  };
}

function integerConstant(column: Column): (value: bigint) => string {
  if (isMysql(column)) return (value) => writerOf(column).number(String(value));
  const type = { smallint: "int2", integer: "int4", bigint: "int8" }[baseTypeOf(column).name] ?? "int8";
  return (value) => `cast(${quoteText(String(value))} as pg_catalog.${type})`;
}

function steppedValue(column: Column, scale: number): (row: RowText) => bigint | null {
  return (row) => {
    const text = row(column.name);
    const value = text === null ? undefined : parseDecimal(text);
    return value === undefined ? null : rescale(value, scale);
  };
}

/** The step at or below a number, and whether it is the number itself. */
function placeOn(steps: Steps, value: number | bigint): Place {
  const { digits, scale } = decimalOfConstant(value);
  const unit = 10n ** BigInt(scale);
  const all = digits * 10n ** BigInt(steps.scale);
  const cut = all / unit;
  const isExact = all % unit === 0n;
  return { floor: !isExact && digits < 0n ? cut - 1n : cut, isExact };
}

/** As the server orders them: infinite ones around the finite, NaN above all and equal to itself. */
type NumericValue = Decimal | "NaN" | "Infinity" | "-Infinity";

function numericValue(column: Column): (row: RowText) => NumericValue | null {
  return (row) => {
    const text = row(column.name);
    if (text === null || text === "NaN" || text === "Infinity" || text === "-Infinity") return text;
    return parseDecimal(text) ?? null;
  };
}

const ranks = { "-Infinity": -1, Infinity: 1, NaN: 2 } as const;

function compareNumericValues(a: NumericValue, b: NumericValue): number {
  if (typeof a === "object" && typeof b === "object") return compareDecimals(a, b);
  return rank(a) - rank(b);
}

function rank(value: NumericValue): number {
  return typeof value === "object" ? 0 : ranks[value];
}

function compareNumeric(operator: ComparisonOperator, column: Column, constant: Decimal): Condition {
  const { operate, number } = writerOf(column);
  const reference = referenceTo(column);
  return {
    sql: (alias) => operate(reference(alias), sqlOperators[operator], number(printDecimal(constant))),
    holds: comparing(operator, numericValue(column), () => constant, compareNumericValues),
    isLeakproof: false,
  };
}

/** Two columns of one family. */
function compareAlike(operator: ComparisonOperator, column: Column, other: Column): Condition {
  const [left, right] = [wholeReference(column), wholeReference(other)];
  const sql = (alias: string): string => writerOf(column).operate(left(alias), sqlOperators[operator], right(alias));
  switch (column.typeCategory) {
    case "integer":
      return {
        sql,
        holds: comparing(operator, steppedValue(column, 0), steppedValue(other, 0), compareOrdinals),
        isLeakproof: true,
      };
    case "float":
      return {
        sql,
        holds: comparing(operator, floatValue(column), floatValue(other), compareFloats),
        isLeakproof: true,
      };
    default:
      return {
        sql,
        holds: comparing(operator, numericValue(column), numericValue(other), compareNumericValues),
        isLeakproof: false,
      };
  }
}

function compareOrdered(a: bigint | number, b: bigint | number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function floatValue(column: Column): (row: RowText) => number | null {
  const { name } = baseTypeOf(column);
  const isSingle = name === "real" || name === "float";
  return (row) => {
    const text = row(column.name);
    if (text === null) return null;
    return isSingle ? Math.fround(Number(text)) : Number(text);
  };
}

function compareFloats(a: number, b: number): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
  return compareOrdered(a, b);
}

/** With the constant as a double; where it is none, with the neighbour that says the same. */
function compareFloat(operator: ComparisonOperator, column: Column, constant: number | bigint): Condition {
  const double = Number(constant);
  const writer = writerOf(column);
  const exact =
    typeof constant === "number" ? 0 : Number.isFinite(double) ? compareOrdered(BigInt(double), constant) : double;
  const reference = referenceTo(column);
  if (exact !== 0 && operator === "==") return constantCondition(false);
  if (exact !== 0 && operator === "!=") return notNull(reference, column.name);
  if (!Number.isFinite(double) && isMysql(column)) {
    return isBelow(operator) === double > 0 ? notNull(reference, column.name) : constantCondition(false);
  }
  const asked = exact === 0 ? operator : isBelow(operator) ? (exact > 0 ? "<" : "<=") : exact > 0 ? ">=" : ">";
  return {
    sql: (alias) => writer.operate(reference(alias), sqlOperators[asked], writer.double(double)),
    holds: comparing(asked, floatValue(column), () => double, compareFloats),
    isLeakproof: true,
  };
}

function isBelow(operator: ComparisonOperator): boolean {
  return operator === "<" || operator === "<=";
}

/** Crosswise: `a / b < c / d` is `a * d < c * b`, for denominators above zero. */
function compareExact(operator: ComparisonOperator, left: ExactNumber, right: ExactNumber): Condition {
  const [a, b] = [scaled(left, right.denominator).numerator, scaled(right, left.denominator).numerator];
  const guards = [...left.guards, ...right.guards];
  return {
    sql: (alias) => {
      const compared = left.writer.operate(a.sql(alias), sqlOperators[operator], b.sql(alias));
      const conditions = [...new Set(guards.map((guard) => guard(alias)))];
      return conditions.length === 0
        ? compared
        : `(case when ${conditions.join(" and ")} then ${compared} else false end)`;
    },
    holds: comparing(operator, a.value, b.value, compareDecimals),
    isLeakproof: false,
  };
}
