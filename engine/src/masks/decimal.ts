/** An exact decimal number: `digits` divided by ten to the power of `scale`. */
export interface Decimal {
  readonly digits: bigint;
  readonly scale: number;
}

/** What servers print of their exact numbers (except NaN and Infinity), and what JavaScript prints of a finite number. */
export function parseDecimal(text: string): Decimal | undefined {
  const parts = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]?\d{1,3}))?$/.exec(text);
  if (parts === null) return undefined;
  const [, sign = "", whole = "", fraction = "", exponent = "0"] = parts;
  const digits = BigInt(sign + whole + fraction);
  const scale = fraction.length - Number(exponent);
  return scale >= 0 ? { digits, scale } : { digits: digits * 10n ** BigInt(-scale), scale: 0 };
}

export function printDecimal({ digits, scale }: Decimal): string {
  const size = (digits < 0n ? -digits : digits).toString().padStart(scale + 1, "0");
  const sign = digits < 0n ? "-" : "";
  return scale === 0 ? sign + size : `${sign}${size.slice(0, -scale)}.${size.slice(-scale)}`;
}

/** So many digits in all, so many of them after the point (negative: zeros before it). */
export interface DecimalType {
  readonly precision: number;
  readonly scale: number;
}

/**
 * What PostgreSQL's modifier of numeric says; undefined where there is none.
 * @param modifier pg_attribute.atttypmod: precision and scale (11 bits, signed since PostgreSQL 15) and four.
 */
export function decimalTypeOf(modifier: number): DecimalType | undefined {
  if (modifier < 4) return undefined;
  return { precision: ((modifier - 4) >> 16) & 0xffff, scale: (((modifier - 4) & 0x7ff) ^ 1024) - 1024 };
}

/** What a cast to the type makes of a number: rounded half away from zero. Undefined where it has too many digits. */
export function fitDecimal(value: Decimal, type: DecimalType | undefined): Decimal | undefined {
  if (type === undefined) return value;
  const { precision, scale } = type;
  const rounded = rescale(value, scale);
  const size = rounded < 0n ? -rounded : rounded;
  if (size >= 10n ** BigInt(precision)) return undefined;
  return scale >= 0 ? { digits: rounded, scale } : { digits: rounded * 10n ** BigInt(-scale), scale: 0 };
}

/** Digits at another scale, rounded half away from zero. */
export function rescale({ digits, scale }: Decimal, to: number): bigint {
  if (to >= scale) return digits * 10n ** BigInt(to - scale);
  const divisor = 10n ** BigInt(scale - to);
  const half = digits < 0n ? -divisor / 2n : divisor / 2n;
  return (digits + half) / divisor;
}
