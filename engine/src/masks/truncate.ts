import { truncateUnits } from "@penstock/language";
import { type CivilDate, civilFromDays, daysFromCivil, mondayOf } from "./civil-date.ts";
import { type IsoTime, parseIsoTime, printIsoTime } from "./iso-time.ts";
import { cannot, invalid, masking, type MaskFamily } from "./mask.ts";

type Unit = (typeof truncateUnits)[number];

/** Below this, truncating can leave the range of timestamp (4714-11-24 BC on) and raise an error. */
const earliestDays = daysFromCivil({ year: -4712, month: 1, day: 1 });
/** Dates go further than timestamps, in which they are truncated. */
const latestDays = daysFromCivil({ year: 294_276, month: 12, day: 31 });

/**
 * Dates and times cut to a unit. Points in time are cut in UTC: the session's time zone must not matter. Infinite values stay; those
 * outside the range in which the server can do it become NULL.
 */
export const truncateMask: MaskFamily = ([unit], column) => {
  if (!isUnit(unit)) return invalid(`the argument of \`truncate\` must be one of ${truncateUnits.join(", ")}`);
  const type = column.typeCategory;
  if (type !== "date" && type !== "timestamp" && type !== "timestamptz") return cannot;
  return masking({
    apply: (value) => {
      if (value === null || value === "infinity" || value === "-infinity") return value;
      const time = parseIsoTime(value);
      if (time === undefined || time.days < earliestDays || time.days > latestDays) return null;
      return printIsoTime(cut(time, unit), type);
    },
    sql: (reference) => {
      switch (type) {
        case "date":
          return guarded(
            reference,
            [
              `${reference} OPERATOR(pg_catalog.>=) pg_catalog.make_date(-4713, 1, 1)`,
              `${reference} OPERATOR(pg_catalog.<=) pg_catalog.make_date(294276, 12, 31)`,
            ],
            `cast(pg_catalog.date_trunc('${unit}', cast(${reference} as pg_catalog."timestamp")) as pg_catalog.date)`,
          );
        case "timestamp":
          return guarded(
            reference,
            [`${reference} OPERATOR(pg_catalog.>=) pg_catalog.make_timestamp(-4713, 1, 1, 0, 0, 0)`],
            `pg_catalog.date_trunc('${unit}', ${reference})`,
          );
        case "timestamptz":
          return guarded(
            reference,
            [`${reference} OPERATOR(pg_catalog.>=) pg_catalog.make_timestamptz(-4713, 1, 1, 0, 0, 0, 'UTC')`],
            `pg_catalog.date_trunc('${unit}', ${reference}, 'UTC')`,
          );
        default:
          return type satisfies never;
      }
    },
  });
};

function guarded(reference: string, inRange: readonly string[], truncated: string): string {
  return `case when not pg_catalog.isfinite(${reference}) then ${reference} when ${inRange.join(" and ")} then ${truncated} end`;
}

function isUnit(unit: unknown): unit is Unit {
  return truncateUnits.some((known) => known === unit);
}

function startOf(date: CivilDate): IsoTime {
  return { days: daysFromCivil(date), seconds: 0 };
}

function cut({ days, seconds }: IsoTime, unit: Unit): IsoTime {
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
