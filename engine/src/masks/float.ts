import { type Decimal, parseDecimal } from "./decimal.ts";

/** PostgreSQL's binary floating-point types, as far as masks compute with them. */
export interface FloatFormat {
  readonly typeSql: string;
  /** Significant digits that a cast to numeric keeps: FLT_DIG and DBL_DIG. */
  readonly digits: 6 | 15;
  /** Decimal exponents between which a cast from numeric can neither overflow nor underflow, with room to spare. */
  readonly exponentMax: number;
}

const double: FloatFormat = { typeSql: "pg_catalog.float8", digits: 15, exponentMax: 300 };
const single: FloatFormat = { typeSql: "pg_catalog.float4", digits: 6, exponentMax: 37 };

/** @param type as `format_type` prints it. */
export function floatFormat(type: string): FloatFormat | undefined {
  if (type === "double precision") return double;
  return type === "real" ? single : undefined;
}

/** What a cast to numeric makes of the text of a float; undefined for NaN and the infinities. */
export function decimalOfFloat(format: FloatFormat, text: string): Decimal | undefined {
  const value = format === single ? Math.fround(Number(text)) : Number(text);
  return Number.isFinite(value) ? parseDecimal(significant(value, format.digits)) : undefined;
}

/** More digits than this after the last one cannot all be zeros, unless nothing follows them. */
const exactDigits = 60;

/** Rounded to so many digits as C's printf does it: of two that are equally near the even one, where JavaScript takes the larger. */
function significant(value: number, digits: number): string {
  const [mantissa = "", exponent = ""] = value.toExponential(digits + exactDigits - 1).split("e");
  const end = mantissa.length - exactDigits;
  const isTie = /^50*$/.test(mantissa.slice(end));
  return isTie && /[02468]$/.test(mantissa.slice(0, end))
    ? `${mantissa.slice(0, end)}e${exponent}`
    : value.toPrecision(digits);
}

/** The float nearest to a decimal number, printed as JavaScript does: the same number as the server's text, at times with other digits. */
export function printFloat(format: FloatFormat, decimal: string): string {
  const value = format === single ? Math.fround(Number(decimal)) : Number(decimal);
  // Numeric has no negative zero.
  return String(value === 0 ? 0 : value);
}
