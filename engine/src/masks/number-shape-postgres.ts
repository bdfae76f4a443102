import type { Column } from "../catalog/catalog.ts";
import { postgresWriter } from "../writers/postgres-writer.ts";
import { baseTypeOf, decimalType } from "./base-type.ts";
import { type Decimal, type DecimalType, fitDecimal, parseDecimal, printDecimal, rescale } from "./decimal.ts";
import { decimalOfFloat, type FloatFormat, floatFormat, printFloat } from "./float.ts";
import { type IntegerRange, integerRange } from "./integer-range.ts";
import type { NumberShape } from "./number-shape.ts";

const { call, number, operate, remainder } = postgresWriter;

/** Numeric holds 131,072 digits before the point; arithmetic stays far below. */
const wholeDigitsMax = 1000;

export function postgresNumberShape(column: Column): NumberShape | undefined {
  const { name } = baseTypeOf(column);
  switch (column.typeCategory) {
    case "integer": {
      const range = integerRange(column);
      const typeSql = integerTypes[name];
      return range === undefined || typeSql === undefined ? undefined : integerShape(range, typeSql);
    }
    case "numeric":
      return numericShape(decimalType(column));
    case "float": {
      const format = floatFormat(name);
      return format && floatShape(format);
    }
    default:
      return undefined;
  }
}

/** @param typeSql schema-qualified, without a modifier */
function ofType(typeSql: string) {
  return {
    wholeDigitsMax: () => wholeDigitsMax,
    exactSql: (reference: string) => `cast(${reference} as pg_catalog."numeric")`,
    isBelowSql: (reference: string, wholeDigits: number) =>
      operate(call("abs", `cast(${reference} as pg_catalog."numeric")`), "<", powerOfTen(wholeDigits)),
    resultSql: (result: string) => `cast(${result} as ${typeSql})`,
  };
}

/** Ten to a power, as SQL and exactly. */
function powerOfTen(exponent: number): string {
  return number(exponent >= 0 ? `1${"0".repeat(exponent)}` : `0.${"0".repeat(-exponent - 1)}1`);
}

const integerTypes: Readonly<Record<string, string>> = {
  smallint: "pg_catalog.int2",
  integer: "pg_catalog.int4",
  bigint: "pg_catalog.int8",
};

function integerShape({ min, max }: IntegerRange, typeSql: string): NumberShape {
  return {
    ...ofType(typeSql),
    read: parseDecimal,
    print: (result) => {
      const digits = rescale(result, 0);
      return digits < min || digits > max ? undefined : String(digits);
    },
    isSpecialSql: () => "false",
    fitsSql: (result) => {
      const rounded = call("round", result);
      return `${operate(rounded, ">=", number(String(min)))} and ${operate(rounded, "<=", number(String(max)))}`;
    },
  };
}

function numericShape(type: DecimalType | undefined): NumberShape {
  return {
    ...ofType('pg_catalog."numeric"'),
    read: parseDecimal,
    print: (result) => {
      const fitted = fitDecimal(result, type);
      return fitted && printDecimal(fitted);
    },
    // The remainder of an infinity is NaN too, and numeric's NaN equals itself.
    isSpecialSql: (reference) => operate(remainder(reference, number("1")), "=", number("NaN")),
    fitsSql: (result) => {
      if (type === undefined) return "true";
      const { precision, scale } = type;
      return operate(call("abs", call("round", result, String(scale))), "<", powerOfTen(precision - scale));
    },
  };
}

function floatShape(format: FloatFormat): NumberShape {
  const { typeSql, exponentMax } = format;
  const special = (text: string) => `cast('${text}' as ${typeSql})`;
  const isInRange = ({ digits, scale }: Decimal): boolean => {
    if (digits === 0n) return true;
    const size = digits < 0n ? -digits : digits;
    return size <= 10n ** BigInt(scale + exponentMax) && size * 10n ** BigInt(exponentMax) >= 10n ** BigInt(scale);
  };
  return {
    ...ofType(typeSql),
    read: (value) => decimalOfFloat(format, value),
    print: (result) => (isInRange(result) ? printFloat(format, printDecimal(result)) : undefined),
    isSpecialSql: (reference) =>
      `(${operate(reference, "=", special("NaN"))} or ${operate(call("abs", reference), "=", special("Infinity"))})`,
    fitsSql: (result) => {
      const size = call("abs", result);
      const inside = [operate(size, ">=", powerOfTen(-exponentMax)), operate(size, "<=", powerOfTen(exponentMax))];
      return `(${operate(size, "=", number("0"))} or ${inside.join(" and ")})`;
    },
  };
}
