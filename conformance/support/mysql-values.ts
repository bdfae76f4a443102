/** Values of MySQL's types, as the server reads them. */
import * as fc from "fast-check";
import type { Column } from "../../engine/src/catalog/catalog.ts";

export const cut = (text: string, length: number): string => Array.from(text).slice(0, length).join("");
export const basic = (text: string): string => text.replaceAll(/[\u{10000}-\u{10ffff}]/gu, "\u00e9");
export const latin = (text: string): string => text.replaceAll(/[^\x20-\x7e\xa0-\xff]/gu, "\u00e9");

export const integers = (min: bigint, max: bigint): fc.Arbitrary<string> =>
  fc
    .oneof(
      fc.bigInt({ min: min < -30_000n ? -30_000n : min, max: max < 30_000n ? max : 30_000n }),
      fc.constantFrom(min, min + 1n, max - 4n, max - 1n, max),
      fc.bigInt({ min, max }),
    )
    .map(String);

/** With up to so many digits before the point and after it. */
export const decimals = (whole: number, scale: number): fc.Arbitrary<string> =>
  fc
    .oneof(
      fc.bigInt({ min: 0n, max: 10n ** BigInt(whole + scale) - 1n }),
      fc.bigInt({ min: 0n, max: 100_000n * 10n ** BigInt(scale) }),
      fc.constantFrom(0n, 10n ** BigInt(whole + scale) - 1n, 5n * 10n ** BigInt(scale)),
    )
    .chain((digits) => fc.constantFrom(digits, -digits))
    .map((digits) => {
      const size = String(digits < 0n ? -digits : digits).padStart(scale + 1, "0");
      const fitted = size.length > whole + scale ? size.slice(-(whole + scale)) : size;
      return `${digits < 0n ? "-" : ""}${fitted.slice(0, fitted.length - scale) || "0"}${scale === 0 ? "" : `.${fitted.slice(-scale)}`}`;
    });

const two = (value: number): string => String(Math.floor(value)).padStart(2, "0");
export const dates = fc.oneof(
  {
    weight: 1,
    arbitrary: fc.constantFrom("0000-00-00", "2024-00-00", "2024-05-00", "0000-01-15", "2024-02-30", "2023-04-31"),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom("0001-01-01", "0001-01-02", "0050-03-04", "0999-12-31", "2024-02-29", "9999-12-31"),
  },
  {
    weight: 4,
    arbitrary: fc
      .date({ min: new Date("1000-01-01T00:00:00Z"), max: new Date("9999-12-31T23:59:59Z"), noInvalidDate: true })
      .map((date) => date.toISOString().slice(0, 10)),
  },
);
export const clocks = (digits: number): fc.Arbitrary<string> =>
  fc.tuple(fc.integer({ min: 0, max: 86_399 }), fc.integer({ min: 0, max: 999_999 })).map(([seconds, micros]) => {
    const fraction = digits === 0 ? "" : `.${String(micros).padStart(6, "0").slice(0, digits)}`;
    return `${two(seconds / 3600)}:${two((seconds / 60) % 60)}:${two(seconds % 60)}${fraction}`;
  });
export const times = (digits: number): fc.Arbitrary<string> =>
  fc.tuple(dates, clocks(digits)).map(([date, clock]) => `${date} ${clock}`);
/** Points in time that a `timestamp` can hold, in UTC. */
export const timestamps = (digits: number): fc.Arbitrary<string> =>
  fc.oneof(
    fc.constantFrom("0000-00-00 00:00:00", "1970-01-01 00:00:01", "1970-01-01 23:59:59", "2038-01-19 03:14:07"),
    fc
      .tuple(fc.integer({ min: 1, max: 2_147_483_646 }), fc.integer({ min: 0, max: 999_999 }))
      .map(([seconds, micros]) => {
        const fraction = digits === 0 ? "" : `.${String(micros).padStart(6, "0").slice(0, digits)}`;
        return `${new Date(seconds * 1000).toISOString().slice(0, 19).replace("T", " ")}${fraction}`;
      }),
  );

export const singles = fc.oneof(
  fc.constantFrom("0", "-0", "0.1", "16777217", "123456.5", "1e30", "-3.4e38", "1e-38"),
  fc.float({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.integer({ min: -1_000_000, max: 1_000_000 }).map((value) => String(value / 100)),
);
export const doubles = fc.oneof(
  fc.constantFrom(
    "0",
    "-0",
    "0.1",
    "1e300",
    "-1e33",
    "9.99e32",
    "1e-30",
    "4.5e-31",
    "1.7976931348623157e308",
    "5e-324",
  ),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.integer({ min: -1_000_000_000, max: 1_000_000_000 }).map((value) => String(value / 1000)),
);

/** An expression so that the server's text of it is exact: of floats it would show six digits, of bits the bytes, of a year zeros. */
export function exactly(column: Column, expression: string): string {
  if (column.type === "float" || column.type === "double") return `(${expression}) + 0e0`;
  return column.type === "bit" || column.type === "year" ? `(${expression}) + 0` : expression;
}

export const quoted = (name: string): string => `\`${name.replaceAll("`", "``")}\``;
