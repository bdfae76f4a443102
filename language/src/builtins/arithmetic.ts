import { BuiltinError } from "../builtin.ts";
import { integer } from "../values.ts";

/**
 * Arithmetic on the language's numbers. Integers are exact whatever their size. Fractions are computed on the decimal digits they are
 * written with and rounded once, so that `0.1 + 0.2 == 0.3`: OPA computes with more bits than a double has, which comes to the same
 * for the numbers that people write.
 */
export type Numeric = number | bigint;

/** digits × 10^-scale, exactly. */
interface Decimal {
  readonly digits: bigint;
  readonly scale: number;
}

/** Significant digits of an inexact quotient: more than a double holds (17), so that rounding to a double is right. */
const quotientDigits = 40;

export function add(a: Numeric, b: Numeric): Numeric {
  if (typeof a === "number" && typeof b === "number") {
    const sum = a + b;
    // Both integers whenever the sum is a safe integer, but for fractions that add up to one, which are exact then too.
    if (Number.isSafeInteger(sum) && Number.isInteger(a) && Number.isInteger(b)) return sum;
  }
  const [left, right, scale] = aligned(decimal(a), decimal(b));
  return fromDecimal(left + right, scale);
}

export function subtract(a: Numeric, b: Numeric): Numeric {
  return add(a, negate(b));
}

export function multiply(a: Numeric, b: Numeric): Numeric {
  if (typeof a === "number" && typeof b === "number") {
    const product = a * b;
    if (Number.isSafeInteger(product) && Number.isInteger(a) && Number.isInteger(b)) return product === 0 ? 0 : product;
  }
  const left = decimal(a);
  const right = decimal(b);
  return fromDecimal(left.digits * right.digits, left.scale + right.scale);
}

/** @throws {BuiltinError} for a divisor of zero */
export function divide(a: Numeric, b: Numeric): Numeric {
  const left = decimal(a);
  const right = decimal(b);
  if (right.digits === 0n) throw new BuiltinError("divide by zero");
  const [dividend, divisor] = aligned(left, right);
  if (dividend % divisor === 0n) return integer(dividend / divisor);
  const shift = Math.max(0, quotientDigits + String(divisor).length - String(dividend).length);
  return fromDecimal((dividend * 10n ** BigInt(shift)) / divisor, shift);
}

/** The remainder with the sign of the dividend. @throws {BuiltinError} for fractions and a divisor of zero */
export function remainder(a: Numeric, b: Numeric): Numeric {
  if (!isWhole(a) || !isWhole(b)) throw new BuiltinError("modulo on floating-point number");
  if (Number(b) === 0) throw new BuiltinError("modulo by zero");
  return integer(BigInt(a) % BigInt(b));
}

export function negate(value: Numeric): Numeric {
  return typeof value === "bigint" ? integer(-value) : 0 - value;
}

/** Toward negative infinity, as an integer. */
export function floor(value: Numeric): Numeric {
  return typeof value === "bigint" ? value : integer(BigInt(Math.floor(value)));
}

export function ceil(value: Numeric): Numeric {
  return typeof value === "bigint" ? value : integer(BigInt(Math.ceil(value)));
}

/** To the nearest integer, halves away from zero. */
export function round(value: Numeric): Numeric {
  if (typeof value === "bigint" || Number.isInteger(value)) return value;
  return integer(BigInt(value < 0 ? -Math.floor(0.5 - value) : Math.floor(value + 0.5)));
}

function isWhole(value: Numeric): boolean {
  return typeof value === "bigint" || Number.isInteger(value);
}

/** The decimal that a number is written as: the shortest that reads back as the same double. */
function decimal(value: Numeric): Decimal {
  if (typeof value === "bigint") return { digits: value, scale: 0 };
  if (Number.isInteger(value)) return { digits: BigInt(value), scale: 0 };
  const [mantissa = "", exponent = "0"] = String(value).split("e");
  const [whole = "", fraction = ""] = mantissa.split(".");
  const scale = fraction.length - Number(exponent);
  const digits = BigInt(whole + fraction);
  return scale >= 0 ? { digits, scale } : { digits: digits * 10n ** BigInt(-scale), scale: 0 };
}

function aligned(a: Decimal, b: Decimal): [bigint, bigint, number] {
  const scale = Math.max(a.scale, b.scale);
  return [a.digits * 10n ** BigInt(scale - a.scale), b.digits * 10n ** BigInt(scale - b.scale), scale];
}

/** The number digits × 10^-scale: exact where it is an integer, else the nearest double. */
export function fromDecimal(digits: bigint, scale: number): Numeric {
  const unit = 10n ** BigInt(scale);
  if (digits % unit === 0n) return integer(digits / unit);
  const value = Number(`${digits}e-${scale}`);
  if (!Number.isFinite(value)) throw new BuiltinError("number out of range");
  return Number.isInteger(value) ? integer(BigInt(value)) : value;
}

/** The operators of the language on numbers. */
export const arithmetic = { "+": add, "-": subtract, "*": multiply, "/": divide, "%": remainder } as const;
