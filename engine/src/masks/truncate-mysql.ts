import type { Column } from "../catalog/catalog.ts";
import { typeNumbers } from "../catalog/mysql-types.ts";
import { daysFromCivil } from "./civil-date.ts";
import { printIsoTime } from "./iso-time.ts";
import type { TruncatedTimes, TruncateUnit } from "./truncate.ts";

/**
 * A `timestamp` is cut in UTC and comes out as a `datetime` in the session's time zone, which is what a session sees of a `timestamp`.
 * There is no cast to the type.
 */
export function mysqlTimes(type: "date" | "timestamp" | "timestamptz", column: Column): TruncatedTimes {
  const [digits = 0] = typeNumbers(column);
  const fraction = digits === 0 ? "" : `.${"0".repeat(digits)}`;
  return {
    isSpecial: () => false,
    earliestDays: daysFromCivil({ year: 1, month: 1, day: 1 }),
    latestDays: daysFromCivil({ year: 9999, month: 12, day: 31 }),
    print: (time) => {
      if (type === "date") return printIsoTime(time, "date");
      // Nothing comes before 1970 out of the server's seconds since then.
      return type === "timestamptz" && time.days < 0 ? undefined : printIsoTime(time, "timestamp") + fraction;
    },
    sql: (unit, reference) => {
      switch (type) {
        case "date":
          return `case when ${isInCalendar(reference)} then ${cutDate(unit, reference)} end`;
        case "timestamp":
          return `case when ${isInCalendar(reference)} then ${cutTime(unit, reference, digits)} end`;
        case "timestamptz": {
          const start = "timestamp'1970-01-01 00:00:00'";
          const utc = `timestampadd(second, floor(unix_timestamp(${reference})), ${start})`;
          const seconds = `timestampdiff(second, ${start}, ${cutTime(unit, utc, 0)})`;
          // The zero time is no point in time.
          return `case when unix_timestamp(${reference}) > 0 and ${seconds} >= 0 then from_unixtime(${seconds}) end`;
        }
        default:
          return type satisfies never;
      }
    },
  };
}

/** Modes let dates be stored that no calendar has: with zeros, or the 30th of February. Functions of dates warn of them, or give others. */
function isInCalendar(reference: string): string {
  return [
    `${reference} >= date'0001-01-01'`,
    `month(${reference}) > 0`,
    `dayofmonth(${reference}) > 0`,
    `dayofmonth(${reference}) <= dayofmonth(last_day(${reference}))`,
  ].join(" and ");
}

function cutDate(unit: TruncateUnit, date: string): string {
  switch (unit) {
    case "year":
      return `${date} - interval dayofyear(${date}) - 1 day`;
    case "quarter":
      return `${date} - interval dayofmonth(${date}) - 1 day - interval mod(month(${date}) - 1, 3) month`;
    case "month":
      return `${date} - interval dayofmonth(${date}) - 1 day`;
    case "week":
      return `${date} - interval weekday(${date}) day`;
    case "day":
    case "hour":
    case "minute":
      return date;
    default:
      return unit satisfies never;
  }
}

function cutTime(unit: TruncateUnit, time: string, digits: number): string {
  const day = `cast(${cutDate(unit, `date(${time})`)} as datetime(${digits}))`;
  if (unit === "hour") return `${day} + interval hour(${time}) hour`;
  return unit === "minute" ? `${day} + interval hour(${time}) * 60 + minute(${time}) minute` : day;
}
