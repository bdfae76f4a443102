import type { Column } from "../catalog/catalog.ts";
import { baseTypeOf } from "./base-type.ts";
import { type Decimal, fitDecimal, numericModifier, parseDecimal, printDecimal, rescale } from "./decimal.ts";
import { decimalOfFloat, type FloatFormat, floatFormat, printFloat } from "./float.ts";
import { integerRange } from "./integer-range.ts";

/** How the numbers of a column's type are read as decimals, and which decimals it can hold. The SQL computes in numeric. */
export interface NumberShape {
  /** Schema-qualified, without a modifier. */
  readonly typeSql: string;
  /** Undefined for what is no finite number. */
  readonly read: (value: string) => Decimal | undefined;
  /** Undefined where the type cannot hold it. */
  readonly print: (result: Decimal) => string | undefined;
  /** Whether the column's value is no finite number. */
  readonly isSpecialSql: (reference: string) => string;
  /** Whether the type can hold a result, given as SQL of type numeric. */
  readonly fitsSql: (result: string) => string;
}

/** Undefined for a type that holds no numbers, or none that PostgreSQL casts to numeric. */
export function numberShape(column: Column): NumberShape | undefined {
  const { name, modifier } = baseTypeOf(column);
  switch (column.typeCategory) {
    case "integer":
      return integerShape(name);
    case "numeric":
      return numericShape(modifier);
    case "float": {
      const format = floatFormat(name);
      return format && floatShape(format);
    }
    default:
      return undefined;
  }
}

/** A constant of type numeric. @param text as numeric's input function reads it, digits and signs only, or NaN. */
export function numericSql(text: string): string {
  return `cast('${text}' as pg_catalog."numeric")`;
}

export function magnitudeSql(number: string): string {
  return `pg_catalog.abs(${number})`;
}

/** Ten to a power, as SQL and exactly. */
function powerOfTen(exponent: number): string {
  return numericSql(exponent >= 0 ? `1${"0".repeat(exponent)}` : `0.${"0".repeat(-exponent - 1)}1`);
}

const integerTypes: Readonly<Record<string, string>> = {
  smallint: "pg_catalog.int2",
  integer: "pg_catalog.int4",
  bigint: "pg_catalog.int8",
};

function integerShape(type: string): NumberShape | undefined {
  const range = integerRange(type);
  const typeSql = integerTypes[type];
  if (range === undefined || typeSql === undefined) return undefined;
  return {
    typeSql,
    read: parseDecimal,
    print: (result) => {
      const digits = rescale(result, 0);
      return digits < range.min || digits > range.max ? undefined : String(digits);
    },
    isSpecialSql: () => "false",
    fitsSql: (result) => {
      const rounded = `pg_catalog.round(${result})`;
      return `${rounded} OPERATOR(pg_catalog.>=) ${numericSql(String(range.min))} and ${rounded} OPERATOR(pg_catalog.<=) ${numericSql(String(range.max))}`;
    },
  };
}

function numericShape(modifier: number): NumberShape {
  return {
    typeSql: 'pg_catalog."numeric"',
    read: parseDecimal,
    print: (result) => {
      const fitted = fitDecimal(result, modifier);
      return fitted && printDecimal(fitted);
    },
    // The remainder of an infinity is NaN too, and numeric's NaN equals itself.
    isSpecialSql: (reference) =>
      `pg_catalog.mod(${reference}, ${numericSql("1")}) OPERATOR(pg_catalog.=) ${numericSql("NaN")}`,
    fitsSql: (result) => {
      if (modifier < 4) return "true";
      const { precision, scale } = numericModifier(modifier);
      return `${magnitudeSql(`pg_catalog.round(${result}, ${scale})`)} OPERATOR(pg_catalog.<) ${powerOfTen(precision - scale)}`;
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
    typeSql,
    read: (value) => decimalOfFloat(format, value),
    print: (result) => (isInRange(result) ? printFloat(format, printDecimal(result)) : undefined),
    isSpecialSql: (reference) =>
      `(${reference} OPERATOR(pg_catalog.=) ${special("NaN")} or pg_catalog.abs(${reference}) OPERATOR(pg_catalog.=) ${special("Infinity")})`,
    fitsSql: (result) => {
      const size = magnitudeSql(result);
      return `(${size} OPERATOR(pg_catalog.=) ${numericSql("0")} or ${size} OPERATOR(pg_catalog.>=) ${powerOfTen(-exponentMax)} and ${size} OPERATOR(pg_catalog.<=) ${powerOfTen(exponentMax)})`;
    },
  };
}
