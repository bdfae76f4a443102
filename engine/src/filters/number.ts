/**
 * Numbers of a row. Integers and `numeric` are exact decimals and are computed with as such, whatever the server would make of an overflow
 * or a quotient; floating-point columns can be compared, not computed with.
 */
import type { RowArithmetic } from "@penstock/language";
import type { Column } from "../catalog/catalog.ts";
import { isMysql } from "../catalog/mysql-types.ts";
import { decimalType } from "../masks/base-type.ts";
import { type Decimal, parseDecimal, printDecimal } from "../masks/decimal.ts";
import { integerRange } from "../masks/integer-range.ts";
import type { SqlWriter } from "../writers/sql-writer.ts";
import { writerOf } from "../writers/writer-of.ts";
import { CannotFilter, type RowText } from "./condition.ts";
import { referenceTo } from "./reference.ts";

export interface NumberOperand {
  readonly kind: "number";
  /** Absent where something is computed. */
  readonly column: Column | undefined;
  /** Absent for floating point. */
  readonly exact: ExactNumber | undefined;
}

/** `numerator / denominator`: a quotient is never computed, so that nothing is rounded. */
export interface ExactNumber {
  readonly writer: SqlWriter;
  readonly numerator: {
    /** Of an exact type. */
    readonly sql: (alias: string) => string;
    /** `null` where a part of it is NULL or does not fulfil its guard. */
    readonly value: (row: RowText) => Decimal | null;
  };
  /** Above zero. */
  readonly denominator: bigint;
  /** Conditions without which the numerator may not be computed. */
  readonly guards: readonly ((alias: string) => string)[];
  readonly constant: Decimal | undefined;
  readonly isWhole: boolean;
  /** At most so many digits before and after the decimal point. */
  readonly digits: number;
  readonly scale: number;
}

/** Of a PostgreSQL column in arithmetic: a `numeric` may hold far more. One that does takes part in nothing, as NaN and Infinity do not. */
const columnDigitsMax = 1_000;

export function columnNumber(column: Column): NumberOperand {
  return { kind: "number", column, exact: exactColumn(column) };
}

function exactColumn(column: Column): ExactNumber | undefined {
  const reference = wholeReference(column);
  const whole = { writer: writerOf(column), denominator: 1n, guards: [], constant: undefined };
  if (integerRange(column) !== undefined) {
    const type = isMysql(column) ? "decimal(20,0)" : 'pg_catalog."numeric"';
    return {
      ...whole,
      numerator: {
        sql: (alias) => `cast(${reference(alias)} as ${type})`,
        value: (row) => decimalOf(row(column.name)),
      },
      isWhole: true,
      digits: 20,
      scale: 0,
    };
  }
  if (column.typeCategory !== "numeric") return undefined;
  const type = decimalType(column);
  if (isMysql(column) && type !== undefined) {
    return {
      ...whole,
      numerator: { sql: reference, value: (row) => decimalOf(row(column.name)) },
      isWhole: false,
      digits: type.precision - type.scale,
      scale: type.scale,
    };
  }
  return {
    ...whole,
    numerator: {
      sql: reference,
      value: (row) => {
        const value = decimalOf(row(column.name));
        return value !== null && isModest(value) ? value : null;
      },
    },
    guards: [(alias) => guardSql(reference(alias))],
    isWhole: false,
    digits: columnDigitsMax,
    scale: columnDigitsMax,
  };
}

/** MySQL takes a constant below 100 that a year is compared with for a year of this century or the last. */
export function wholeReference(column: Column): (alias: string) => string {
  const reference = referenceTo(column);
  return isMysql(column) && column.type === "year" ? (alias) => `cast(${reference(alias)} as unsigned)` : reference;
}

function guardSql(reference: string): string {
  const bound = `cast('1e${columnDigitsMax}' as pg_catalog."numeric")`;
  return `pg_catalog.abs(${reference}) OPERATOR(pg_catalog.<) ${bound} and pg_catalog.scale(${reference}) OPERATOR(pg_catalog.<=) ${columnDigitsMax}`;
}

function isModest({ digits, scale }: Decimal): boolean {
  return scale <= columnDigitsMax && (digits < 0n ? -digits : digits) < 10n ** BigInt(columnDigitsMax + scale);
}

/** `null` for NULL, NaN and infinite values. */
function decimalOf(text: string | null): Decimal | null {
  return text === null ? null : (parseDecimal(text) ?? null);
}

export function constantNumber(writer: SqlWriter, value: number | bigint): NumberOperand {
  return { kind: "number", column: undefined, exact: exactConstant(writer, decimalOfConstant(value)) };
}

function exactConstant(writer: SqlWriter, decimal: Decimal): ExactNumber {
  const { digits, scale } = decimal;
  return {
    writer,
    numerator: { sql: () => writer.number(printDecimal(decimal)), value: () => decimal },
    denominator: 1n,
    guards: [],
    constant: decimal,
    isWhole: scale === 0,
    digits: Math.max(1, String(digits < 0n ? -digits : digits).length - scale),
    scale,
  };
}

/** The decimal that the number is written as, which is how the language computes with it. */
export function decimalOfConstant(value: number | bigint): Decimal {
  const decimal = parseDecimal(String(value));
  if (decimal === undefined) throw new CannotFilter("a number is out of range");
  return decimal;
}

export function arithmeticOperand(operator: RowArithmetic, left: NumberOperand, right: NumberOperand): NumberOperand {
  return { kind: "number", column: undefined, exact: bounded(computed(operator, exactOf(left), exactOf(right))) };
}

/** A number that the server computes exactly. */
function bounded(exact: ExactNumber): ExactNumber {
  const { whole, scale, all } = exact.writer.exactDigits;
  if (exact.digits > whole || exact.scale > scale || exact.digits + exact.scale > all) {
    throw new CannotFilter("its arithmetic has too many parts, or numbers of too many digits");
  }
  return exact;
}

export function exactOf({ exact, column }: NumberOperand): ExactNumber {
  if (exact !== undefined) return exact;
  throw new CannotFilter(
    `\`${column?.name}\` is of type ${column?.type}, which is not exact, and can only be compared with constants and its like`,
  );
}

function computed(operator: RowArithmetic, a: ExactNumber, b: ExactNumber): ExactNumber {
  switch (operator) {
    case "+":
    case "-":
      return sum(operator, scaled(a, b.denominator), scaled(b, a.denominator), a.denominator * b.denominator);
    case "*":
      return product(a, b, a.denominator * b.denominator);
    case "/": {
      const divisor = b.constant;
      if (divisor === undefined || divisor.digits === 0n) {
        throw new CannotFilter("a row's numbers can only be divided by a constant that is not zero");
      }
      const { digits, scale } = divisor;
      const factor = (digits < 0n ? -1n : 1n) * 10n ** BigInt(scale);
      return { ...scaled(a, factor), denominator: a.denominator * (digits < 0n ? -digits : digits), isWhole: false };
    }
    case "%":
      return remainder(a, b);
    default:
      return operator satisfies never;
  }
}

/** The same number, its numerator multiplied: for a common denominator. */
export function scaled(number: ExactNumber, factor: bigint): ExactNumber {
  if (factor === 1n) return number;
  return bounded(product(number, exactConstant(number.writer, { digits: factor, scale: 0 }), number.denominator));
}

function sum(operator: "+" | "-", a: ExactNumber, b: ExactNumber, denominator: bigint): ExactNumber {
  return {
    ...both(a, b),
    numerator: numerator(operator, a, b, (x, y) => addDecimals(x, operator === "+" ? y : { ...y, digits: -y.digits })),
    denominator,
    isWhole: a.isWhole && b.isWhole,
    digits: Math.max(a.digits, b.digits) + 1,
    scale: Math.max(a.scale, b.scale),
  };
}

function product(a: ExactNumber, b: ExactNumber, denominator: bigint): ExactNumber {
  return {
    ...both(a, b),
    numerator: numerator("*", a, b, multiplyDecimals),
    denominator,
    isWhole: a.isWhole && b.isWhole && denominator === 1n,
    digits: a.digits + b.digits,
    scale: a.scale + b.scale,
  };
}

function remainder(a: ExactNumber, b: ExactNumber): ExactNumber {
  const divisor = b.constant;
  if (!a.isWhole || a.denominator !== 1n) throw new CannotFilter("`%` takes whole numbers: columns of an integer type");
  if (divisor === undefined || divisor.digits === 0n || divisor.scale > 0) {
    throw new CannotFilter("`%` of a row's numbers takes a whole constant that is not zero");
  }
  return {
    ...a,
    constant: undefined,
    numerator: {
      sql: (alias) => a.writer.remainder(a.numerator.sql(alias), a.writer.number(printDecimal(divisor))),
      value: (row) => {
        const x = a.numerator.value(row);
        return x === null ? null : { digits: x.digits % divisor.digits, scale: 0 };
      },
    },
    digits: b.digits,
  };
}

/** Two constants do not occur: what is known before the row is computed before it. */
function both(a: ExactNumber, b: ExactNumber): Pick<ExactNumber, "writer" | "guards" | "constant"> {
  return { writer: a.writer, guards: [...a.guards, ...b.guards], constant: undefined };
}

function numerator(
  operator: "+" | "-" | "*",
  a: ExactNumber,
  b: ExactNumber,
  compute: (x: Decimal, y: Decimal) => Decimal,
): ExactNumber["numerator"] {
  return {
    sql: (alias) => a.writer.operate(a.numerator.sql(alias), operator, b.numerator.sql(alias)),
    value: (row) => {
      const x = a.numerator.value(row);
      const y = b.numerator.value(row);
      return x === null || y === null ? null : compute(x, y);
    },
  };
}

function addDecimals(a: Decimal, b: Decimal): Decimal {
  const scale = Math.max(a.scale, b.scale);
  return { digits: digitsAt(a, scale) + digitsAt(b, scale), scale };
}

function multiplyDecimals(a: Decimal, b: Decimal): Decimal {
  return { digits: a.digits * b.digits, scale: a.scale + b.scale };
}

export function compareDecimals(a: Decimal, b: Decimal): number {
  const scale = Math.max(a.scale, b.scale);
  const [x, y] = [digitsAt(a, scale), digitsAt(b, scale)];
  return x < y ? -1 : x > y ? 1 : 0;
}

function digitsAt({ digits, scale }: Decimal, wanted: number): bigint {
  return digits * 10n ** BigInt(wanted - scale);
}
