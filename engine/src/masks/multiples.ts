/**
 * What `round` and `bucket` share: a number replaced by a multiple of a step. Computed in numeric on both sides, so exactly: a float
 * becomes the decimal number of its 15 (or 6) significant digits first, as PostgreSQL's cast to numeric makes it.
 */
import type { Column } from "../catalog/catalog.ts";
import { type Decimal, parseDecimal, printDecimal } from "./decimal.ts";
import { cannot, invalid, type MaskArgument, type MaskChoice, masking } from "./mask.ts";
import { magnitudeSql, numberShape, numericSql } from "./number-shape.ts";

/** Which of the two multiples around a value stands for it. */
export interface Multiple {
  /** What is added to `value - remainder`, a multiple of the step. The remainder has the value's sign. */
  readonly correction: (remainder: bigint, step: bigint) => bigint;
  /** The same, of SQL expressions of type numeric. */
  readonly correctionSql: (remainder: string, step: string) => string;
}

/** Larger numbers become NULL: on the way to a multiple, numeric could leave its range of 131,072 digits, which raises an error. */
const wholeDigitsMax = 1000;
const stepScaleMax = 100;
const tooLarge = 10n ** BigInt(wholeDigitsMax);

export function multipleMask(
  mask: string,
  parameter: string,
  argument: MaskArgument | undefined,
  column: Column,
  multiple: Multiple,
): MaskChoice {
  const step =
    typeof argument === "number" || typeof argument === "bigint" ? parseDecimal(String(argument)) : undefined;
  if (step === undefined || step.digits <= 0n || step.scale > stepScaleMax || step.digits >= tooLarge) {
    return invalid(`the ${parameter} of \`${mask}\` must be a number above 0`);
  }
  const shape = numberShape(column);
  if (shape === undefined) return cannot;
  const stepSql = numericSql(printDecimal(step));
  return masking({
    apply: (value) => {
      if (value === null) return null;
      const number = shape.read(value);
      // NaN and the infinities have no multiple near them.
      if (number === undefined) return value;
      return isTooLarge(number) ? null : (shape.print(multipleOf(number, step, multiple)) ?? null);
    },
    sql: (reference) => {
      const number = `cast(${reference} as pg_catalog."numeric")`;
      const remainder = `pg_catalog.mod(${number}, ${stepSql})`;
      const result = `(${number} OPERATOR(pg_catalog.-) ${remainder} OPERATOR(pg_catalog.+) ${multiple.correctionSql(remainder, stepSql)})`;
      // Nested, because `and` promises no order.
      return [
        `case when ${shape.isSpecialSql(reference)} then ${reference}`,
        `when ${magnitudeSql(number)} OPERATOR(pg_catalog.<) ${numericSql(String(tooLarge))}`,
        `then case when ${shape.fitsSql(result)} then cast(${result} as ${shape.typeSql}) end end`,
      ].join(" ");
    },
  });
}

function isTooLarge({ digits, scale }: Decimal): boolean {
  return (digits < 0n ? -digits : digits) >= tooLarge * 10n ** BigInt(scale);
}

function multipleOf(number: Decimal, step: Decimal, multiple: Multiple): Decimal {
  const scale = Math.max(number.scale, step.scale);
  const value = number.digits * 10n ** BigInt(scale - number.scale);
  const divisor = step.digits * 10n ** BigInt(scale - step.scale);
  // As numeric's mod, BigInt's remainder has the sign of the dividend.
  const remainder = value % divisor;
  return { digits: value - remainder + multiple.correction(remainder, divisor), scale };
}
