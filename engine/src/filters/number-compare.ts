import type { ComparisonOperator, RowConstant } from "@penstock/language";
import type { Column } from "../catalog/catalog.ts";
import { baseTypeOf } from "../masks/base-type.ts";
import { type Decimal, parseDecimal } from "../masks/decimal.ts";
import { integerRange } from "../masks/integer-range.ts";
import { quoteText } from "../masks/quote.ts";
import { anyOf, CannotFilter, type Condition, constantCondition, notNull, type RowText } from "./condition.ts";
import { compareDiscrete, compareOrdinals, discreteIn, type Discrete } from "./discrete.ts";
import {
  compareDecimals,
  constantNumber,
  decimalOfConstant,
  type ExactNumber,
  exactOf,
  multiplyDecimals,
  type NumberOperand,
  numericSql,
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
    if (column?.typeCategory === "integer") return compareDiscrete(operator, integers(column), parts(right));
    if (column?.typeCategory === "float") return compareFloat(operator, column, right);
    if (column?.typeCategory === "numeric") return compareNumeric(operator, column, decimalOfConstant(right));
    return compareExact(operator, exactOf(left), exactOf(constantNumber(right)));
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
  if (column?.typeCategory === "integer") return discreteIn(integers(column), numbers.map(parts));
  if (column?.typeCategory === "numeric") {
    const wanted = numbers.map(decimalOfConstant);
    const reference = referenceTo(column);
    const value = numericValue(column);
    return {
      sql: (alias) => `(${reference(alias)} ${sqlOperators["=="]} any (array[${wanted.map(numericSql).join(", ")}]))`,
      holds: (row) => {
        const given = value(row);
        return typeof given === "object" && given !== null && wanted.some((one) => compareDecimals(given, one) === 0);
      },
      isLeakproof: false,
    };
  }
  return anyOf(numbers.map((number) => compareNumbers("==", operand, number)));
}

function integers(column: Column): Discrete {
  const range = integerRange(baseTypeOf(column).name);
  if (range === undefined) throw new CannotFilter(`values of type ${column.type} cannot be compared`);
  const type = { smallint: "int2", integer: "int4", bigint: "int8" }[baseTypeOf(column).name] ?? "int8";
  return {
    column,
    ...range,
    value: (row) => {
      const text = row(column.name);
      return text === null ? null : BigInt(text);
    },
    sql: (value) => `cast(${quoteText(String(value))} as pg_catalog.${type})`,
  };
}

/** The whole number at or below, and whether it is the number itself. */
function parts(value: number | bigint): { readonly floor: bigint; readonly isExact: boolean } {
  const { digits, scale } = decimalOfConstant(value);
  const unit = 10n ** BigInt(scale);
  const cut = digits / unit;
  const isExact = digits % unit === 0n;
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
  const reference = referenceTo(column);
  return {
    sql: (alias) => `(${reference(alias)} ${sqlOperators[operator]} ${numericSql(constant)})`,
    holds: comparing(operator, numericValue(column), () => constant, compareNumericValues),
    isLeakproof: false,
  };
}

/** Two columns of one family. */
function compareAlike(operator: ComparisonOperator, column: Column, other: Column): Condition {
  const [left, right] = [referenceTo(column), referenceTo(other)];
  const sql = (alias: string): string => `(${left(alias)} ${sqlOperators[operator]} ${right(alias)})`;
  switch (column.typeCategory) {
    case "integer":
      return {
        sql,
        holds: comparing(operator, integers(column).value, integers(other).value, compareOrdinals),
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
  const isSingle = baseTypeOf(column).name === "real";
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
  const exact =
    typeof constant === "number" ? 0 : Number.isFinite(double) ? compareOrdered(BigInt(double), constant) : double;
  const reference = referenceTo(column);
  if (exact !== 0 && operator === "==") return constantCondition(false);
  if (exact !== 0 && operator === "!=") return notNull(reference, column.name);
  const asked = exact === 0 ? operator : isBelow(operator) ? (exact > 0 ? "<" : "<=") : exact > 0 ? ">=" : ">";
  return {
    sql: (alias) =>
      `(${reference(alias)} ${sqlOperators[asked]} cast(${quoteText(String(double))} as pg_catalog.float8))`,
    holds: comparing(asked, floatValue(column), () => double, compareFloats),
    isLeakproof: true,
  };
}

function isBelow(operator: ComparisonOperator): boolean {
  return operator === "<" || operator === "<=";
}

/** Crosswise: `a / b < c / d` is `a * d < c * b`, for denominators above zero. */
function compareExact(operator: ComparisonOperator, left: ExactNumber, right: ExactNumber): Condition {
  const [a, b] = [crossed(left, right.denominator), crossed(right, left.denominator)];
  const guards = [...left.guards, ...right.guards];
  return {
    sql: (alias) => {
      const compared = `${a.sql(alias)} ${sqlOperators[operator]} ${b.sql(alias)}`;
      const conditions = [...new Set(guards.map((guard) => guard(alias)))];
      return conditions.length === 0
        ? `(${compared})`
        : `(case when ${conditions.join(" and ")} then ${compared} else false end)`;
    },
    holds: comparing(operator, a.value, b.value, compareDecimals),
    isLeakproof: false,
  };
}

function crossed({ numerator }: ExactNumber, factor: bigint): ExactNumber["numerator"] {
  if (factor === 1n) return numerator;
  const by: Decimal = { digits: factor, scale: 0 };
  return {
    sql: (alias) => `(${numerator.sql(alias)} OPERATOR(pg_catalog.*) ${numericSql(by)})`,
    value: (row) => {
      const value = numerator.value(row);
      return value === null ? null : multiplyDecimals(value, by);
    },
  };
}
