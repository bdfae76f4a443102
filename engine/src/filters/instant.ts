/**
 * Dates and points in time. A date is compared with `YYYY-MM-DD`; a `timestamp` with that or with a date and time without offset; a
 * `timestamptz` with an RFC 3339 text with its offset, or with nanoseconds since 1970 as `time.now_ns()` gives them. Anything else would
 * depend on the session's time zone, and is refused.
 */
import type { RowConstant } from "@penstock/language";
import type { Column } from "../catalog/catalog.ts";
import { civilFromDays, dayMicros, daysFromCivil } from "../masks/civil-date.ts";
import { quoteText } from "../masks/quote.ts";
import { isMysql } from "../catalog/mysql-types.ts";
import { CannotFilter, type RowText } from "./condition.ts";
import type { Discrete, Ordinal, Place } from "./discrete.ts";
import { mysqlInstants, mysqlPlace } from "./instant-mysql.ts";
import { referenceTo } from "./reference.ts";

export type InstantType = "date" | "timestamp" | "timestamptz";

/** Days for a date, microseconds since 1970 for the others. */
export function instants(type: InstantType, column: Column): Discrete {
  if (isMysql(column)) return mysqlInstants(type, column);
  const unit = type === "date" ? 1n : dayMicros;
  return {
    column,
    min: BigInt(firstDay) * unit,
    max: BigInt(lastDay + 1) * unit - 1n,
    value: (row) => ordinalOf(type, column, row),
    reference: referenceTo(column),
    sql: (value) => `cast(${quoteText(printed(type, value))} as pg_catalog.${type === "date" ? "date" : `"${type}"`})`,
  };
}

/** Constants lie in the years 1 to 9999, which every form of date agrees on. */
const firstDay = daysFromCivil({ year: 1, month: 1, day: 1 });
const lastDay = daysFromCivil({ year: 9999, month: 12, day: 31 });

export function placeOf(type: InstantType, column: Column, value: RowConstant): Place {
  const place = typeof value === "string" ? textPlace(type, value) : numberPlace(type, value);
  if (place !== undefined) return isMysql(column) ? mysqlPlace(type, place) : place;
  const given =
    typeof value === "string" ? "a text of another form" : `a ${typeof value === "boolean" ? "boolean" : "number"}`;
  throw new CannotFilter(`\`${column.name}\` of type ${column.type} is compared with ${given}: ${forms[type]}`);
}

const forms: Readonly<Record<InstantType, string>> = {
  date: 'write a date as "2024-12-31"',
  timestamp: 'write a point in time as "2024-12-31T23:59:59", without an offset',
  timestamptz: 'write a point in time as "2024-12-31T23:59:59Z", with an offset, or as nanoseconds',
};

const pattern =
  /^(?<year>\d{4})-(?<month>\d\d)-(?<day>\d\d)(?:[Tt ](?<hour>\d\d):(?<minute>\d\d):(?<second>\d\d)(?:\.(?<fraction>\d{1,9}))?(?<offset>[Zz]|[+-]\d\d:\d\d)?)?$/;

function textPlace(type: InstantType, text: string): Place | undefined {
  const parts = pattern.exec(text)?.groups;
  if (parts === undefined) return undefined;
  const date = { year: Number(parts["year"]), month: Number(parts["month"]), day: Number(parts["day"]) };
  const days = daysFromCivil(date);
  const back = civilFromDays(days);
  if (date.year === 0 || back.month !== date.month || back.day !== date.day) return undefined;
  const hasTime = parts["hour"] !== undefined;
  if (type === "date") return hasTime ? undefined : { floor: BigInt(days), isExact: true };
  if ((parts["offset"] !== undefined) !== (type === "timestamptz")) return undefined;
  const [hour, minute, second] = [parts["hour"], parts["minute"], parts["second"]].map((part) => Number(part ?? 0));
  if (hour === undefined || minute === undefined || second === undefined || hour > 23 || minute > 59 || second > 59) {
    return undefined;
  }
  const offset = offsetMinutes(parts["offset"]);
  if (offset === undefined) return undefined;
  const seconds = BigInt(days) * 86_400n + BigInt(hour * 3600 + (minute - offset) * 60 + second);
  return placeOfNanoseconds(seconds * 1_000_000_000n + BigInt((parts["fraction"] ?? "").padEnd(9, "0")));
}

function offsetMinutes(offset: string | undefined): number | undefined {
  if (offset === undefined || /^z$/i.test(offset)) return 0;
  const [hours = 0, minutes = 0] = offset.slice(1).split(":").map(Number);
  if (hours > 23 || minutes > 59) return undefined;
  return (offset.startsWith("-") ? -1 : 1) * (hours * 60 + minutes);
}

function numberPlace(type: InstantType, value: number | bigint | boolean): Place | undefined {
  if (type !== "timestamptz" || typeof value === "boolean" || (typeof value === "number" && !Number.isInteger(value))) {
    return undefined;
  }
  return placeOfNanoseconds(BigInt(value));
}

function placeOfNanoseconds(value: bigint): Place | undefined {
  const micros = value / 1000n;
  const isExact = value % 1000n === 0n;
  const floor = !isExact && value < 0n ? micros - 1n : micros;
  const isKnown = floor >= BigInt(firstDay) * dayMicros && floor < BigInt(lastDay + 1) * dayMicros;
  return isKnown ? { floor, isExact } : undefined;
}

function printed(type: InstantType, value: bigint): string {
  if (type === "date") return printedDate(Number(value));
  const days = floorDivide(value, dayMicros);
  const within = value - days * dayMicros;
  const seconds = Number(within / 1_000_000n);
  const clock = [seconds / 3600, (seconds / 60) % 60, seconds % 60].map((part) => two(Math.floor(part))).join(":");
  const fraction = String(within % 1_000_000n).padStart(6, "0");
  return `${printedDate(Number(days))} ${clock}.${fraction}${type === "timestamptz" ? "+00" : ""}`;
}

function printedDate(days: number): string {
  const { year, month, day } = civilFromDays(days);
  return `${String(year).padStart(4, "0")}-${two(month)}-${two(day)}`;
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}

function floorDivide(value: bigint, by: bigint): bigint {
  const quotient = value / by;
  return value % by < 0n ? quotient - 1n : quotient;
}

/** As PostgreSQL prints it with DateStyle ISO. */
const stored =
  /^(?<year>\d{4,7})-(?<month>\d\d)-(?<day>\d\d)(?: (?<hour>\d\d):(?<minute>\d\d):(?<second>\d\d)(?:\.(?<fraction>\d{1,6}))?(?<offset>[+-]\d\d(?::\d\d){0,2})?)?(?<era> BC)?$/;

function ordinalOf(type: InstantType, column: Column, row: RowText): Ordinal | null {
  const text = row(column.name);
  if (text === null || text === "infinity" || text === "-infinity") return text;
  const parts = stored.exec(text)?.groups;
  if (parts === undefined) throw new Error(`a value of ${column.name} is not in the form that DateStyle ISO gives`);
  const year = Number(parts["year"]);
  const days = daysFromCivil({
    year: parts["era"] === undefined ? year : 1 - year,
    month: Number(parts["month"]),
    day: Number(parts["day"]),
  });
  if (type === "date") return BigInt(days);
  const [hour = 0, minute = 0, second = 0] = [parts["hour"], parts["minute"], parts["second"]].map(Number);
  const seconds = hour * 3600 + minute * 60 + second - storedOffset(parts["offset"]);
  const micros = BigInt((parts["fraction"] ?? "").padEnd(6, "0"));
  return BigInt(days) * dayMicros + BigInt(seconds) * 1_000_000n + micros;
}

function storedOffset(offset: string | undefined): number {
  if (offset === undefined) return 0;
  const [hours = 0, minutes = 0, seconds = 0] = offset.slice(1).split(":").map(Number);
  return (offset.startsWith("-") ? -1 : 1) * (hours * 3600 + minutes * 60 + seconds);
}
