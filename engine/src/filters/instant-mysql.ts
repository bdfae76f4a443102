/**
 * Dates and times of MySQL. Modes let dates be stored that no calendar has (2024-00-00, 2024-02-30); the server orders all by year, month, day
 * and time, and so do the numbers here. A `timestamp` is compared by its seconds since 1970, whatever the session's time zone; the zero one is 0.
 */
import type { Column } from "../catalog/catalog.ts";
import { civilFromDays, dayMicros, daysFromCivil } from "../masks/civil-date.ts";
import { writerOf } from "../writers/writer-of.ts";
import type { RowText } from "./condition.ts";
import type { Discrete, Place } from "./discrete.ts";
import type { InstantType } from "./instant.ts";
import { referenceTo } from "./reference.ts";

export function mysqlInstants(type: InstantType, column: Column): Discrete {
  const reference = referenceTo(column);
  const value = (row: RowText): bigint | null => {
    const text = row(column.name);
    return text === null ? null : ordinalOf(type, column.name, text);
  };
  const unit = type === "date" ? 1n : dayMicros;
  const ofType = { column, value, min: firstDate * unit, max: (lastDate + 1n) * unit - 1n };
  switch (type) {
    case "date":
      return { ...ofType, reference, sql: (code) => writerOf(column).date(printedDate(code)) };
    case "timestamp":
      return { ...ofType, reference, sql: (code) => `timestamp'${printedTime(code)}'` };
    case "timestamptz":
      return {
        column,
        value,
        // The years that constants lie in, far beyond those of a timestamp.
        min: -100_000_000n * dayMicros,
        max: 100_000_000n * dayMicros,
        reference: (alias) => `unix_timestamp(${reference(alias)})`,
        sql: printedSeconds,
      };
    default:
      return type satisfies never;
  }
}

/** Dates are numbers such as 20241231. */
const firstDate = 101n;
const lastDate = 99991231n;

/** From days or microseconds since 1970. */
export function mysqlPlace(type: InstantType, { floor, isExact }: Place): Place {
  if (type === "timestamptz") return { floor, isExact };
  const unit = type === "date" ? 1n : dayMicros;
  const days = floor >= 0n ? floor / unit : -((unit - 1n - floor) / unit);
  const { year, month, day } = civilFromDays(Number(days));
  return { floor: dateCode(year, month, day) * unit + (floor - days * unit), isExact };
}

function dateCode(year: number, month: number, day: number): bigint {
  return BigInt(year * 10_000 + month * 100 + day);
}

const stored = /^(\d{4})-(\d\d)-(\d\d)(?: (\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?)?$/;

function ordinalOf(type: InstantType, name: string, text: string): bigint {
  const parts = stored.exec(text);
  if (parts === null) throw new Error(`a value of ${name} is not in the form in which MySQL shows dates and times`);
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts
    .slice(1, 7)
    .map((part) => Number(part ?? 0));
  if (type === "date") return dateCode(year, month, day);
  const micros = BigInt(hour * 3600 + minute * 60 + second) * 1_000_000n + BigInt((parts[7] ?? "").padEnd(6, "0"));
  if (type === "timestamp") return dateCode(year, month, day) * dayMicros + micros;
  return year === 0 ? 0n : BigInt(daysFromCivil({ year, month, day })) * dayMicros + micros;
}

function printedDate(code: bigint): string {
  const digits = String(code).padStart(8, "0");
  return `${digits.slice(0, 4)}-${digits.slice(4, 6)}-${digits.slice(6)}`;
}

function printedTime(code: bigint): string {
  const micros = code % dayMicros;
  const seconds = Number(micros / 1_000_000n);
  const clock = [seconds / 3600, (seconds / 60) % 60, seconds % 60]
    .map((part) => String(Math.floor(part)).padStart(2, "0"))
    .join(":");
  return `${printedDate(code / dayMicros)} ${clock}.${String(micros % 1_000_000n).padStart(6, "0")}`;
}

function printedSeconds(micros: bigint): string {
  const digits = String(micros < 0n ? -micros : micros).padStart(7, "0");
  return `${micros < 0n ? "-" : ""}${digits.slice(0, -6)}.${digits.slice(-6)}`;
}
