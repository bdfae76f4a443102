import { truncateUnits } from "@penstock/language";
import { isMysql } from "../catalog/mysql-types.ts";
import { type CivilDate, civilFromDays, daysFromCivil, mondayOf } from "./civil-date.ts";
import { type IsoTime, parseIsoTime } from "./iso-time.ts";
import { cannot, invalid, masking, type MaskFamily } from "./mask.ts";
import { mysqlTimes } from "./truncate-mysql.ts";
import { postgresTimes } from "./truncate-postgres.ts";

export type TruncateUnit = (typeof truncateUnits)[number];

/** What a server can truncate of a type of dates or times, and how. */
export interface TruncatedTimes {
  /** What it shows as it is: points before and after all time. */
  readonly isSpecial: (value: string) => boolean;
  /** Outside of these, truncating could leave the type's range. */
  readonly earliestDays: number;
  readonly latestDays: number;
  /** Undefined for what the type cannot hold. */
  readonly print: (time: IsoTime) => string | undefined;
  readonly sql: (unit: TruncateUnit, reference: string) => string;
}

/**
 * Dates and times cut to a unit. Points in time are cut in UTC: the session's time zone must not matter. Infinite values stay; those
 * outside the range in which the server can do it become NULL, and so do MySQL's dates that no calendar has.
 */
export const truncateMask: MaskFamily = ([unit], column) => {
  if (!isUnit(unit)) return invalid(`the argument of \`truncate\` must be one of ${truncateUnits.join(", ")}`);
  const type = column.typeCategory;
  if (type !== "date" && type !== "timestamp" && type !== "timestamptz") return cannot;
  const times = isMysql(column) ? mysqlTimes(type, column) : postgresTimes(type);
  return masking({
    apply: (value) => {
      if (value === null || times.isSpecial(value)) return value;
      const time = parseIsoTime(value);
      if (time === undefined || time.days < times.earliestDays || time.days > times.latestDays) return null;
      return times.print(cut(time, unit)) ?? null;
    },
    sql: (reference) => times.sql(unit, reference),
  });
};

function isUnit(unit: unknown): unit is TruncateUnit {
  return truncateUnits.some((known) => known === unit);
}

function startOf(date: CivilDate): IsoTime {
  return { days: daysFromCivil(date), seconds: 0 };
}

function cut({ days, seconds }: IsoTime, unit: TruncateUnit): IsoTime {
  const { year, month } = civilFromDays(days);
  switch (unit) {
    case "year":
      return startOf({ year, month: 1, day: 1 });
    case "quarter":
      return startOf({ year, month: month - ((month - 1) % 3), day: 1 });
    case "month":
      return startOf({ year, month, day: 1 });
    case "week":
      return { days: mondayOf(days), seconds: 0 };
    case "day":
      return { days, seconds: 0 };
    case "hour":
      return { days, seconds: seconds - (seconds % 3600) };
    case "minute":
      return { days, seconds: seconds - (seconds % 60) };
    default:
      return unit satisfies never;
  }
}
