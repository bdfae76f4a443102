import { daysFromCivil } from "./civil-date.ts";
import { printIsoTime } from "./iso-time.ts";
import type { TruncatedTimes } from "./truncate.ts";

export function postgresTimes(type: "date" | "timestamp" | "timestamptz"): TruncatedTimes {
  return {
    isSpecial: (value) => value === "infinity" || value === "-infinity",
    // Below this, truncating can leave the range of timestamp (4714-11-24 BC on) and raise an error.
    earliestDays: daysFromCivil({ year: -4712, month: 1, day: 1 }),
    // Dates go further than timestamps, in which they are truncated.
    latestDays: daysFromCivil({ year: 294_276, month: 12, day: 31 }),
    print: (time) => printIsoTime(time, type),
    sql: (unit, reference) => {
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
  };
}

function guarded(reference: string, inRange: readonly string[], truncated: string): string {
  return `case when not pg_catalog.isfinite(${reference}) then ${reference} when ${inRange.join(" and ")} then ${truncated} end`;
}
