import { BuiltinError, type Builtin } from "../builtin.ts";
import { integer, isArray, isNumber, toInteger, type Value } from "../values.ts";
import { civilFromNs, daysInMonth, nsFromCivil, nsPerSecond, weekday, type CivilTime } from "./civil-time.ts";
import { formatTime, layoutByName, parseDuration, parseTime, weekdays } from "./go-time.ts";
import { define, indexAt, ofString, stringAt, typeError, valueAt } from "./operands.ts";
import { instantOf, utc, zoneByName, type Zone } from "./time-zones.ts";

/** Nanoseconds, `[nanoseconds, zone]` or `[nanoseconds, zone, layout]`. */
const moment = { anyOf: ["number", { array: { anyOf: ["number", "string"] } }] } as const;

export const time: readonly Builtin[] = [
  define("time.now_ns", [], "number", (_, context) => integer(context.nowNs), { pure: false }),
  define(
    "time.parse_ns",
    ["string", "string"],
    "number",
    (args) => checked(parseTime(layoutByName(stringAt(args, 0)), stringAt(args, 1))),
    { factor: 8 },
  ),
  ofString("time.parse_rfc3339_ns", "number", (text) => checked(parseTime(layoutByName("RFC3339"), text))),
  ofString("time.parse_duration_ns", "number", (text) => integer(parseDuration(text))),
  define(
    "time.format",
    [moment],
    "string",
    (args) => {
      const { ns, zone, layout } = momentAt(args, 0);
      return formatTime(
        layoutByName(layout === "" ? "RFC3339Nano" : layout),
        civil(ns, zone),
        zone.offset(ns),
        zone.abbreviation(ns),
      );
    },
    { charges: "all", factor: 8 },
  ),
  define("time.date", [moment], { array: "number" }, (args) => {
    const { year, month, day } = civilAt(args, 0);
    return [year, month, day];
  }),
  define("time.clock", [moment], { array: "number" }, (args) => {
    const { hour, minute, second } = civilAt(args, 0);
    return [hour, minute, second];
  }),
  define("time.weekday", [moment], "string", (args) => weekdays[weekday(civilAt(args, 0))]),
  define("time.add_date", [moment, "number", "number", "number"], "number", (args) => {
    const { ns, zone } = momentAt(args, 0);
    const from = civil(ns, zone);
    // Days that the month lacks carry over into the next: 31 January and a month is 2 or 3 March.
    const local = nsFromCivil({
      ...from,
      year: from.year + countAt(args, 1),
      month: from.month + countAt(args, 2),
      day: from.day + countAt(args, 3),
    });
    return checked(instantOf(local, zone));
  }),
  define("time.diff", [moment, moment], { array: "number" }, (args) => {
    const first = momentAt(args, 0);
    const second = momentAt(args, 1);
    const [earlier, later] = first.ns <= second.ns ? [first.ns, second.ns] : [second.ns, first.ns];
    return difference(civil(earlier, first.zone), civil(later, first.zone));
  }),
];

interface Moment {
  readonly ns: bigint;
  readonly zone: Zone;
  readonly layout: string;
}

const int64Max = 2n ** 63n - 1n;
const int64Min = -(2n ** 63n);

function momentAt(args: readonly Value[], index: number): Moment {
  const value = valueAt(args, index);
  const [nanoseconds, zone = "", layout = ""] = isArray(value) ? value : [value];
  if (!isNumber(nanoseconds)) throw typeError(index, value, "either number (ns) or [number (ns), string (tz)]");
  if (typeof zone !== "string") throw typeError(index, zone, "string");
  if (typeof layout !== "string") throw typeError(index, layout, "string");
  const ns = toInteger(nanoseconds);
  if (ns === undefined || ns > int64Max || ns < int64Min) throw new BuiltinError("timestamp too big");
  return { ns, zone: zone === "" ? utc : zoneByName(zone), layout };
}

function civil(ns: bigint, zone: Zone): CivilTime {
  return civilFromNs(ns + BigInt(zone.offset(ns)) * nsPerSecond);
}

function civilAt(args: readonly Value[], index: number): CivilTime {
  const { ns, zone } = momentAt(args, index);
  return civil(ns, zone);
}

/** Years, months or days to add. A million years is beyond any time that can be named, and keeps the calendar's numbers exact. */
function countAt(args: readonly Value[], index: number): number {
  return Math.min(Math.max(indexAt(args, index), -400_000_000), 400_000_000);
}

function checked(ns: bigint): Value {
  if (ns > int64Max || ns < int64Min) throw new BuiltinError("time outside of valid range");
  return integer(ns);
}

/** Years, months, days, hours, minutes and seconds from one time to a later one, as people count; a day borrowed is one of the first month. */
function difference(from: CivilTime, to: CivilTime): Value {
  const parts = [
    to.year - from.year,
    to.month - from.month,
    to.day - from.day,
    to.hour - from.hour,
    to.minute - from.minute,
    to.second - from.second,
  ];
  const sizes = [Number.POSITIVE_INFINITY, 12, daysInMonth(from.year, from.month), 24, 60, 60];
  for (let index = parts.length - 1; index > 0; index -= 1) {
    if ((parts[index] ?? 0) < 0) {
      parts[index] = (parts[index] ?? 0) + (sizes[index] ?? 0);
      parts[index - 1] = (parts[index - 1] ?? 0) - 1;
    }
  }
  return parts;
}
