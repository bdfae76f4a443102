/**
 * What `round` and `bucket` share: a number replaced by a multiple of a step. Computed in exact decimals on both sides: a float
 * becomes the decimal number that the server's cast makes of it first.
 */
import type { Column } from "../catalog/catalog.ts";
import type { SqlWriter } from "../writers/sql-writer.ts";
import { writerOf } from "../writers/writer-of.ts";
import { type Decimal, parseDecimal, printDecimal } from "./decimal.ts";
import { cannot, invalid, type MaskArgument, type MaskChoice, masking } from "./mask.ts";
import { numberShape } from "./number-shape.ts";

/** Which of the two multiples around a value stands for it. */
export interface Multiple {
  /** What is added to `value - remainder`, a multiple of the step. The remainder has the value's sign. */
  readonly correction: (remainder: bigint, step: bigint) => bigint;
  /** The same, of SQL expressions of exact decimals. */
  readonly correctionSql: (writer: SqlWriter, remainder: string, step: string) => string;
}

const stepDigitsMax = 1000;
const stepScaleMax = 100;

export function multipleMask(
  mask: string,
  parameter: string,
  argument: MaskArgument | undefined,
  column: Column,
  multiple: Multiple,
): MaskChoice {
  const step =
    typeof argument === "number" || typeof argument === "bigint" ? parseDecimal(String(argument)) : undefined;
  if (step === undefined || step.digits <= 0n || step.scale > stepScaleMax || !isBelow(step, stepDigitsMax)) {
    return invalid(`the ${parameter} of \`${mask}\` must be a number above 0`);
  }
  const shape = numberShape(column);
  const wholeDigits = shape?.wholeDigitsMax(step.scale) ?? 0;
  if (shape === undefined || !isBelow(step, wholeDigits)) return cannot;
  const writer = writerOf(column);
  const stepSql = writer.number(printDecimal(step));
  return masking({
    apply: (value) => {
      if (value === null) return null;
      const number = shape.read(value);
      // NaN and the infinities have no multiple near them.
      if (number === undefined) return value;
      return isBelow(number, wholeDigits) ? (shape.print(multipleOf(number, step, multiple)) ?? null) : null;
    },
    sql: (reference) => {
      const number = shape.exactSql(reference);
      const remainder = writer.remainder(number, stepSql);
      const correction = multiple.correctionSql(writer, remainder, stepSql);
      const result = writer.operate(writer.operate(number, "-", remainder), "+", correction);
      // Nested, because `and` promises no order.
      return [
        `case when ${shape.isSpecialSql(reference)} then ${reference}`,
        `when ${shape.isBelowSql(reference, wholeDigits)}`,
        `then case when ${shape.fitsSql(result)} then ${shape.resultSql(result)} end end`,
      ].join(" ");
    },
  });
}

/** Whether a number has at most so many digits before the point. */
function isBelow({ digits, scale }: Decimal, wholeDigits: number): boolean {
  return (digits < 0n ? -digits : digits) < 10n ** BigInt(wholeDigits + scale);
}

function multipleOf(number: Decimal, step: Decimal, multiple: Multiple): Decimal {
  const scale = Math.max(number.scale, step.scale);
  const value = number.digits * 10n ** BigInt(scale - number.scale);
  const divisor = step.digits * 10n ** BigInt(scale - step.scale);
  // As the servers' mod, BigInt's remainder has the sign of the dividend.
  const remainder = value % divisor;
  return { digits: value - remainder + multiple.correction(remainder, divisor), scale };
}
