/**
 * Numbers of a row. Integers and `numeric` are exact decimals and are computed with as such, whatever the server would make of an overflow
 * or a quotient; floating-point columns can be compared, not computed with.
 */
import type { RowArithmetic } from "@penstock/language";
import type { Column } from "../catalog/catalog.ts";
import { type Decimal, parseDecimal, printDecimal } from "../masks/decimal.ts";
import { quoteText } from "../masks/quote.ts";
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
  readonly numerator: {
    /** Of type numeric. */
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

/** The server's numeric holds 131,072 digits before the point and 16,383 after it; arithmetic stays far below. */
const digitsMax = 16_000;
/** Of a column in arithmetic: a `numeric` may hold far more. One that does takes part in nothing, as NaN and Infinity do not. */
const columnDigitsMax = 1_000;

export function columnNumber(column: Column): NumberOperand {
  const reference = referenceTo(column);
  switch (column.typeCategory) {
    case "integer":
      return {
        kind: "number",
        column,
        exact: {
          numerator: {
            sql: (alias) => `cast(${reference(alias)} as pg_catalog."numeric")`,
            value: (row) => decimalOf(row(column.name)),
          },
          denominator: 1n,
          guards: [],
          constant: undefined,
          isWhole: true,
          digits: 19,
          scale: 0,
        },
      };
    case "numeric":
      return {
        kind: "number",
        column,
        exact: {
          numerator: {
            sql: reference,
            value: (row) => {
              const value = decimalOf(row(column.name));
              return value !== null && isModest(value) ? value : null;
            },
          },
          denominator: 1n,
          guards: [(alias) => guardSql(reference(alias))],
          constant: undefined,
          isWhole: false,
          digits: columnDigitsMax,
          scale: columnDigitsMax,
        },
      };
    default:
      return { kind: "number", column, exact: undefined };
  }
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

export function constantNumber(value: number | bigint): NumberOperand {
  const decimal = decimalOfConstant(value);
  return {
    kind: "number",
    column: undefined,
    exact: {
      numerator: { sql: () => numericSql(decimal), value: () => decimal },
      denominator: 1n,
      guards: [],
      constant: decimal,
      isWhole: decimal.scale === 0,
      digits: Math.max(1, String(decimal.digits).length - decimal.scale),
      scale: decimal.scale,
    },
  };
}

/** The decimal that the number is written as, which is how the language computes with it. */
export function decimalOfConstant(value: number | bigint): Decimal {
  const decimal = parseDecimal(String(value));
  if (decimal === undefined) throw new CannotFilter("a number is out of range");
  return decimal;
}

export function numericSql(decimal: Decimal): string {
  return `cast(${quoteText(printDecimal(decimal))} as pg_catalog."numeric")`;
}

export function arithmeticOperand(operator: RowArithmetic, left: NumberOperand, right: NumberOperand): NumberOperand {
  const exact = computed(operator, exactOf(left), exactOf(right));
  if (exact.digits > digitsMax || exact.scale > digitsMax) throw new CannotFilter("its arithmetic has too many parts");
  return { kind: "number", column: undefined, exact };
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
function scaled(number: ExactNumber, factor: bigint): ExactNumber {
  if (factor === 1n) return number;
  const by = constantNumber(factor).exact;
  return by === undefined ? number : product(number, by, number.denominator);
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
      sql: (alias) => `pg_catalog.mod(${a.numerator.sql(alias)}, ${numericSql(divisor)})`,
      value: (row) => {
        const x = a.numerator.value(row);
        return x === null ? null : { digits: x.digits % divisor.digits, scale: 0 };
      },
    },
    digits: b.digits,
  };
}

/** Two constants do not occur: what is known before the row is computed before it. */
function both(a: ExactNumber, b: ExactNumber): Pick<ExactNumber, "guards" | "constant"> {
  return { guards: [...a.guards, ...b.guards], constant: undefined };
}

function numerator(
  operator: "+" | "-" | "*",
  a: ExactNumber,
  b: ExactNumber,
  compute: (x: Decimal, y: Decimal) => Decimal,
): ExactNumber["numerator"] {
  return {
    sql: (alias) => `(${a.numerator.sql(alias)} OPERATOR(pg_catalog.${operator}) ${b.numerator.sql(alias)})`,
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

export function multiplyDecimals(a: Decimal, b: Decimal): Decimal {
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
