import { BuiltinError } from "../builtin.ts";
import { dayOfYear, daysInMonth, nsFromCivil, nsPerSecond, weekday, type CivilTime } from "./civil-time.ts";

/**
 * Formatting and parsing by Go's reference time, `Mon Jan 2 15:04:05 MST 2006`: a layout shows how that moment would be written.
 * Source: the documentation of Go's package time.
 */

/** Layouts that may be given by name. */
const namedLayouts: ReadonlyMap<string, string> = new Map([
  ["ANSIC", "Mon Jan _2 15:04:05 2006"],
  ["UnixDate", "Mon Jan _2 15:04:05 MST 2006"],
  ["RubyDate", "Mon Jan 02 15:04:05 -0700 2006"],
  ["RFC822", "02 Jan 06 15:04 MST"],
  ["RFC822Z", "02 Jan 06 15:04 -0700"],
  ["RFC850", "Monday, 02-Jan-06 15:04:05 MST"],
  ["RFC1123", "Mon, 02 Jan 2006 15:04:05 MST"],
  ["RFC1123Z", "Mon, 02 Jan 2006 15:04:05 -0700"],
  ["RFC3339", "2006-01-02T15:04:05Z07:00"],
  ["RFC3339Nano", "2006-01-02T15:04:05.999999999Z07:00"],
]);

export function layoutByName(nameOrLayout: string): string {
  return namedLayouts.get(nameOrLayout) ?? nameOrLayout;
}

const months = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
] as const;
export const weekdays = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"] as const;

/** Longer ones first where one begins with the other. `Jan` and `Mon` must not be followed by a lower-case letter. */
const elementPattern =
  /January|Jan(?![a-z])|Monday|Mon(?![a-z])|MST|2006|__2|_2(?!006)|002|01|02|03|04|05|06|15|PM|pm|Z07:00:00|Z070000|Z07:00|Z0700|Z07|-07:00:00|-070000|-07:00|-0700|-07|[.,](?:0+|9+)(?![0-9])|1|2|3|4|5/g;

interface Part {
  /** An element of the layout, or text that stands for itself. */
  readonly element: boolean;
  readonly text: string;
}

function parts(layout: string): readonly Part[] {
  const result: Part[] = [];
  let from = 0;
  for (const match of layout.matchAll(elementPattern)) {
    if (match.index > from) result.push({ element: false, text: layout.slice(from, match.index) });
    result.push({ element: true, text: match[0] });
    from = match.index + match[0].length;
  }
  if (from < layout.length) result.push({ element: false, text: layout.slice(from) });
  return result;
}

const two = (value: number): string => String(value).padStart(2, "0");

/** @param offset seconds east of UTC */
export function formatTime(layout: string, time: CivilTime, offset: number, abbreviation: string): string {
  return parts(layout)
    .map(({ element, text }) => (element ? formatElement(text, time, offset, abbreviation) : text))
    .join("");
}

function formatElement(element: string, time: CivilTime, offset: number, abbreviation: string): string {
  const hour12 = time.hour % 12 === 0 ? 12 : time.hour % 12;
  switch (element) {
    case "January":
      return months[time.month - 1] ?? "";
    case "Jan":
      return (months[time.month - 1] ?? "").slice(0, 3);
    case "Monday":
      return weekdays[weekday(time)] ?? "";
    case "Mon":
      return (weekdays[weekday(time)] ?? "").slice(0, 3);
    case "MST":
      return abbreviation;
    case "2006":
      return time.year < 0 ? `-${String(-time.year).padStart(4, "0")}` : String(time.year).padStart(4, "0");
    case "06":
      return two(time.year % 100);
    case "01":
      return two(time.month);
    case "1":
      return String(time.month);
    case "02":
      return two(time.day);
    case "_2":
      return String(time.day).padStart(2, " ");
    case "2":
      return String(time.day);
    case "002":
      return String(dayOfYear(time)).padStart(3, "0");
    case "__2":
      return String(dayOfYear(time)).padStart(3, " ");
    case "15":
      return two(time.hour);
    case "03":
      return two(hour12);
    case "3":
      return String(hour12);
    case "04":
      return two(time.minute);
    case "4":
      return String(time.minute);
    case "05":
      return two(time.second);
    case "5":
      return String(time.second);
    case "PM":
      return time.hour < 12 ? "AM" : "PM";
    case "pm":
      return time.hour < 12 ? "am" : "pm";
    default:
      return /^[.,]/.test(element) ? formatFraction(element, time.nanosecond) : formatOffset(element, offset);
  }
}

/** `.000` always three digits, `.999` at most three, without zeros at the end. */
function formatFraction(element: string, nanosecond: number): string {
  const digits = String(nanosecond)
    .padStart(9, "0")
    .padEnd(element.length - 1, "0")
    .slice(0, element.length - 1);
  if (element[1] === "0") return `${element[0] ?? ""}${digits}`;
  const kept = digits.replace(/0+$/, "");
  return kept === "" ? "" : `${element[0] ?? ""}${kept}`;
}

function formatOffset(element: string, offset: number): string {
  if (element.startsWith("Z") && offset === 0) return "Z";
  const magnitude = Math.abs(offset);
  const fields = [two(Math.floor(magnitude / 3600))];
  if (element.length > 3) fields.push(two(Math.floor(magnitude / 60) % 60));
  if (element.length > 6) fields.push(two(magnitude % 60));
  return `${offset < 0 ? "-" : "+"}${fields.join(element.includes(":") ? ":" : "")}`;
}

interface Fields {
  year: number;
  month: number | undefined;
  day: number | undefined;
  dayOfYear: number | undefined;
  hour: number;
  minute: number;
  second: number;
  nanosecond: number;
  afternoon: boolean | undefined;
  offset: number;
}

/**
 * Nanoseconds since 1970 of the moment that `text` names. What the layout leaves out is the least, the zone UTC; an abbreviation of a
 * zone counts as UTC, as in Go where the machine's zone does not know it.
 * @throws {BuiltinError} where the text does not fit; the message does not quote it
 */
export function parseTime(layout: string, text: string): bigint {
  const fields: Fields = {
    year: 0,
    month: undefined,
    day: undefined,
    dayOfYear: undefined,
    hour: 0,
    minute: 0,
    second: 0,
    nanosecond: 0,
    afternoon: undefined,
    offset: 0,
  };
  let rest = text;
  const all = parts(layout);
  for (const [index, part] of all.entries()) {
    if (!part.element) {
      rest = skip(part.text, rest);
      continue;
    }
    rest = parseElement(part.text, rest, fields);
    // A fraction may follow the seconds although the layout does not say so.
    const next = all[index + 1];
    if ((part.text === "05" || part.text === "5") && !(next?.element === true && /^[.,]/.test(next.text))) {
      rest = parseFraction(rest, fields, false);
    }
  }
  if (rest !== "") throw mismatch("extra text behind the time");
  return assemble(fields);
}

function mismatch(what: string): BuiltinError {
  return new BuiltinError(`cannot parse the time: ${what}`);
}

/** Text that stands for itself; a space stands for any number of them. */
function skip(literal: string, text: string): string {
  let rest = text;
  for (const char of literal) {
    if (char === " ") {
      if (rest !== "" && !rest.startsWith(" ")) throw mismatch("a space is missing");
      rest = rest.replace(/^ +/, "");
    } else {
      if (!rest.startsWith(char)) throw mismatch("it differs from the layout");
      rest = rest.slice(char.length);
    }
  }
  return rest;
}

function parseElement(element: string, text: string, fields: Fields): string {
  const number = (pattern: RegExp, least: number, most: number, what: string): [number, string] => {
    const match = pattern.exec(text);
    const value = Number(match?.[0]);
    if (match === null) throw mismatch(`${what} is missing`);
    if (value < least || value > most) throw mismatch(`${what} out of range`);
    return [value, text.slice(match[0].length)];
  };
  let rest: string;
  switch (element) {
    case "2006":
      [fields.year, rest] = number(/^[0-9]{4}/, 0, 9999, "year");
      return rest;
    case "06":
      [fields.year, rest] = number(/^[0-9]{2}/, 0, 99, "year");
      fields.year += fields.year >= 69 ? 1900 : 2000;
      return rest;
    case "01":
      [fields.month, rest] = number(/^[0-9]{2}/, 1, 12, "month");
      return rest;
    case "1":
      [fields.month, rest] = number(/^[0-9]{1,2}/, 1, 12, "month");
      return rest;
    case "January":
    case "Jan":
      [fields.month, rest] = name(months, element === "Jan" ? 3 : undefined, text, "month");
      fields.month += 1;
      return rest;
    case "Monday":
    case "Mon":
      // Read but not compared with the date, as in Go.
      return name(weekdays, element === "Mon" ? 3 : undefined, text, "day of the week")[1];
    case "02":
      [fields.day, rest] = number(/^[0-9]{2}/, 0, 99, "day");
      return rest;
    case "_2":
    case "2": {
      const trimmed = element === "_2" && text.startsWith(" ") ? text.slice(1) : text;
      const match = /^[0-9]{1,2}/.exec(trimmed);
      if (match === null) throw mismatch("day is missing");
      fields.day = Number(match[0]);
      return trimmed.slice(match[0].length);
    }
    case "002":
    case "__2": {
      const match = /^(?: {0,2})([0-9]+)/.exec(text.slice(0, 3));
      if (match === null || match[0].length !== 3) throw mismatch("day of the year is missing");
      fields.dayOfYear = Number(match[1]);
      return text.slice(3);
    }
    case "15":
      [fields.hour, rest] = number(/^[0-9]{1,2}/, 0, 23, "hour");
      return rest;
    case "03":
      [fields.hour, rest] = number(/^[0-9]{2}/, 0, 12, "hour");
      return rest;
    case "3":
      [fields.hour, rest] = number(/^[0-9]{1,2}/, 0, 12, "hour");
      return rest;
    case "04":
      [fields.minute, rest] = number(/^[0-9]{2}/, 0, 59, "minute");
      return rest;
    case "4":
      [fields.minute, rest] = number(/^[0-9]{1,2}/, 0, 59, "minute");
      return rest;
    case "05":
      [fields.second, rest] = number(/^[0-9]{2}/, 0, 59, "second");
      return rest;
    case "5":
      [fields.second, rest] = number(/^[0-9]{1,2}/, 0, 59, "second");
      return rest;
    case "PM":
    case "pm": {
      const half = text.slice(0, 2);
      const [am, pm] = element === "PM" ? ["AM", "PM"] : ["am", "pm"];
      if (half !== am && half !== pm) throw mismatch("AM or PM is missing");
      fields.afternoon = half === pm;
      return text.slice(2);
    }
    case "MST":
      return parseAbbreviation(text, fields);
    default:
      if (/^[.,]/.test(element)) return parseFraction(text, fields, element[1] === "0", element.length - 1);
      return parseOffset(element, text, fields);
  }
}

function name(names: readonly string[], length: number | undefined, text: string, what: string): [number, string] {
  for (const [index, full] of names.entries()) {
    const wanted = full.slice(0, length);
    if (text.slice(0, wanted.length).toLowerCase() === wanted.toLowerCase()) return [index, text.slice(wanted.length)];
  }
  throw mismatch(`${what} is missing`);
}

function parseFraction(text: string, fields: Fields, required: boolean, digits?: number): string {
  const match = /^[.,]([0-9]+)/.exec(text);
  if (match === null) {
    if (required) throw mismatch("fraction of the second is missing");
    return text;
  }
  const fraction = match[1] ?? "";
  if (required && fraction.length !== digits) throw mismatch("fraction of the second has another length");
  fields.nanosecond = Number(fraction.slice(0, 9).padEnd(9, "0"));
  return text.slice(match[0].length);
}

function parseAbbreviation(text: string, fields: Fields): string {
  if (text.startsWith("UTC")) return text.slice(3);
  const match = /^(?:GMT([+-][0-9]{1,2})?|[+-][0-9]{2}|ChST|MeST|[A-Z]{3,5}(?![A-Z]))/.exec(text);
  if (match === null) throw mismatch("time zone is missing");
  const hours = match[1] ?? (/^[+-]/.test(match[0]) ? match[0] : undefined);
  if (hours !== undefined) fields.offset = Number(hours) * 3600;
  return text.slice(match[0].length);
}

function parseOffset(element: string, text: string, fields: Fields): string {
  if (element.startsWith("Z") && text.startsWith("Z")) return text.slice(1);
  const colon = element.includes(":") ? ":" : "";
  const count = element.length > 6 ? 3 : element.length > 3 ? 2 : 1;
  const pattern = new RegExp(
    `^([+-])([0-9]{2})${count > 1 ? `${colon}([0-9]{2})` : ""}${count > 2 ? `${colon}([0-9]{2})` : ""}`,
  );
  const match = pattern.exec(text);
  if (match === null) throw mismatch("offset from UTC is missing");
  const [whole, sign, hours = "0", minutes = "0", seconds = "0"] = match;
  if (Number(hours) > 24 || Number(minutes) > 60 || Number(seconds) > 60)
    throw mismatch("offset from UTC out of range");
  const magnitude = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
  fields.offset = sign === "-" ? -magnitude : magnitude;
  return text.slice(whole.length);
}

function assemble(fields: Fields): bigint {
  let { hour } = fields;
  if (fields.afternoon === true && hour < 12) hour += 12;
  else if (fields.afternoon === false && hour === 12) hour = 0;
  let month = fields.month ?? 1;
  let day = fields.day ?? 1;
  if (fields.dayOfYear !== undefined) {
    if (fields.dayOfYear < 1 || fields.dayOfYear > (daysInMonth(fields.year, 2) === 29 ? 366 : 365)) {
      throw mismatch("day of the year out of range");
    }
    month = 1;
    day = fields.dayOfYear;
  } else if (day < 1 || day > daysInMonth(fields.year, month)) throw mismatch("day out of range");
  const local = nsFromCivil({
    year: fields.year,
    month,
    day,
    hour,
    minute: fields.minute,
    second: fields.second,
    nanosecond: fields.nanosecond,
  });
  return local - BigInt(fields.offset) * nsPerSecond;
}

const unitNs: ReadonlyMap<string, bigint> = new Map([
  ["ns", 1n],
  ["us", 1_000n],
  ["\u00b5s", 1_000n],
  ["\u03bcs", 1_000n],
  ["ms", 1_000_000n],
  ["s", 1_000_000_000n],
  ["m", 60_000_000_000n],
  ["h", 3_600_000_000_000n],
]);

function invalidDuration(): BuiltinError {
  return new BuiltinError("invalid duration");
}

/** Nanoseconds of a duration such as `1h15m30.5s` or `-1.5h`. @throws {BuiltinError} */
export function parseDuration(text: string): bigint {
  const negative = text.startsWith("-");
  let rest = text.replace(/^[+-]/, "");
  if (rest === "0") return 0n;
  if (rest === "") throw invalidDuration();
  let total = 0n;
  while (rest !== "") {
    const match = /^([0-9]*)(?:\.([0-9]*))?([^0-9.]+)/.exec(rest);
    const [whole = "", digits = "", fraction = "", unit = ""] = match ?? [];
    const factor = unitNs.get(unit);
    if (factor === undefined || (digits === "" && fraction === "") || rest.length > 512) throw invalidDuration();
    total += BigInt(digits === "" ? "0" : digits) * factor;
    if (fraction !== "") total += (BigInt(fraction) * factor) / 10n ** BigInt(fraction.length);
    rest = rest.slice(whole.length);
  }
  if (total > (negative ? 2n ** 63n : 2n ** 63n - 1n)) throw invalidDuration();
  return negative ? -total : total;
}
