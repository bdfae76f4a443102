import type { Column } from "../catalog/catalog.ts";
import { integerCast, mysqlWriter } from "../writers/mysql-writer.ts";
import { decimalType } from "./base-type.ts";
import { type Decimal, fitDecimal, parseDecimal, printDecimal, rescale } from "./decimal.ts";
import { integerRange } from "./integer-range.ts";
import type { NumberShape } from "./number-shape.ts";

const { call, operate } = mysqlWriter;
const { all: digitsMax, scale: scaleMax } = mysqlWriter.exactDigits;
/** For the sum of a number and a step, and rounding it. */
const spareDigits = 2;

export function mysqlNumberShape(column: Column): NumberShape | undefined {
  switch (column.typeCategory) {
    case "integer":
      return integerShape(column);
    case "numeric":
      return decimalShape(column);
    case "float":
      return floatShape(column);
    default:
      return undefined;
  }
}

/**
 * @param scale of the column as an exact decimal
 * @param measured what of the column has an absolute value that the server can always compute
 */
function ofScale(scale: number, measured: (reference: string) => string) {
  return {
    wholeDigitsMax: (stepScale: number) =>
      stepScale > scaleMax ? 0 : digitsMax - spareDigits - Math.max(scale, stepScale),
    isSpecialSql: () => "false",
    isBelowSql: (reference: string, wholeDigits: number) =>
      operate(call("abs", measured(reference)), "<", powerOfTen(wholeDigits)),
  };
}

function powerOfTen(exponent: number): string {
  return `1${"0".repeat(exponent)}`;
}

function integerShape(column: Column): NumberShape | undefined {
  const range = integerRange(column);
  if (range === undefined) return undefined;
  const { min, max } = range;
  const exactSql = (reference: string): string => `cast(${reference} as decimal(20,0))`;
  return {
    ...ofScale(0, exactSql),
    read: parseDecimal,
    print: (result) => {
      const digits = rescale(result, 0);
      return digits < min || digits > max ? undefined : String(digits);
    },
    exactSql,
    fitsSql: (result) => {
      const rounded = call("round", result);
      return `${operate(rounded, ">=", String(min))} and ${operate(rounded, "<=", String(max))}`;
    },
    resultSql: (result) => `cast(${call("round", result)} as ${integerCast(column)})`,
  };
}

function decimalShape(column: Column): NumberShape | undefined {
  const type = decimalType(column);
  if (type === undefined) return undefined;
  const { precision, scale } = type;
  return {
    ...ofScale(scale, (reference) => reference),
    read: parseDecimal,
    print: (result) => {
      const fitted = fitDecimal(result, type);
      return fitted && printDecimal(fitted);
    },
    exactSql: (reference) => reference,
    fitsSql: (result) => operate(call("abs", call("round", result, String(scale))), "<", powerOfTen(precision - scale)),
    resultSql: (result) => `cast(${call("round", result, String(scale))} as decimal(${precision},${scale}))`,
  };
}

function floatShape({ type }: Column): NumberShape {
  return {
    ...ofScale(scaleMax, (reference) => reference),
    read: (value) => {
      const exact = parseDecimal(String(type === "float" ? Math.fround(Number(value)) : Number(value)));
      return exact && limited(exact);
    },
    print: (result) => {
      const value = Number(printDecimal(result));
      // Exact decimals have no negative zero.
      return String((type === "float" ? Math.fround(value) : value) || 0);
    },
    exactSql: (reference) => `cast(${reference} as decimal(${digitsMax},${scaleMax}))`,
    fitsSql: () => "true",
    resultSql: (result) => `cast(${result} as ${type})`,
  };
}

function limited(value: Decimal): Decimal {
  return value.scale > scaleMax ? { digits: rescale(value, scaleMax), scale: scaleMax } : value;
}
