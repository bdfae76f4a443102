import { type CivilDate, civilFromDays, daysFromCivil } from "./civil-date.ts";

/** A date or point in time as PostgreSQL prints it with DateStyle ISO, taken to UTC where it has an offset. */
export interface IsoTime {
  /** Since 1 January 1970. */
  readonly days: number;
  /** Within the day; the fraction of a second is left out. */
  readonly seconds: number;
}

const form =
  /^(?<year>\d{4,7})-(?<month>\d\d)-(?<day>\d\d)(?: (?<hour>\d\d):(?<minute>\d\d):(?<second>\d\d)(?:\.\d+)?(?<offset>[+-]\d\d(?::\d\d){0,2})?)?(?<era> BC)?$/;

const daySeconds = 86_400;

export function parseIsoTime(text: string): IsoTime | undefined {
  const parts = form.exec(text)?.groups;
  if (parts === undefined) return undefined;
  const printed = Number(parts["year"]);
  const date: CivilDate = {
    year: parts["era"] === undefined ? printed : 1 - printed,
    month: Number(parts["month"]),
    day: Number(parts["day"]),
  };
  const days = daysFromCivil(date);
  const back = civilFromDays(days);
  if (back.month !== date.month || back.day !== date.day) return undefined;
  const [hour, minute, second] = [parts["hour"], parts["minute"], parts["second"]].map((part) => Number(part ?? 0));
  const local = (hour ?? 0) * 3600 + (minute ?? 0) * 60 + (second ?? 0) - offsetSeconds(parts["offset"]);
  const shift = Math.floor(local / daySeconds);
  return { days: days + shift, seconds: local - shift * daySeconds };
}

function offsetSeconds(offset: string | undefined): number {
  if (offset === undefined) return 0;
  const [hours = 0, minutes = 0, seconds = 0] = offset.slice(1).split(":").map(Number);
  const size = hours * 3600 + minutes * 60 + seconds;
  return offset.startsWith("-") ? -size : size;
}

/** As PostgreSQL prints it: years before 1 with BC, a point in time with its offset, which is UTC's. */
export function printIsoTime({ days, seconds }: IsoTime, type: "date" | "timestamp" | "timestamptz"): string {
  const { year, month, day } = civilFromDays(days);
  const printedYear = String(year > 0 ? year : 1 - year).padStart(4, "0");
  const date = `${printedYear}-${two(month)}-${two(day)}`;
  const time = ` ${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  const era = year > 0 ? "" : " BC";
  switch (type) {
    case "date":
      return date + era;
    case "timestamp":
      return date + time + era;
    case "timestamptz":
      return `${date}${time}+00${era}`;
    default:
      return type satisfies never;
  }
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}
