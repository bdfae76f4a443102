/** The calendar on integers: proleptic Gregorian, days counted from 1970-01-01, so that times before 1970 and leap years need no library. */

export interface CivilDate {
  readonly year: number;
  /** From 1. */
  readonly month: number;
  /** From 1. */
  readonly day: number;
}

export interface CivilTime extends CivilDate {
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly nanosecond: number;
}

export const nsPerSecond = 1_000_000_000n;
const secondsPerDay = 86_400n;

export function floorDivide(dividend: bigint, divisor: bigint): bigint {
  const quotient = dividend / divisor;
  return dividend % divisor < 0n ? quotient - 1n : quotient;
}

/** Days since 1970-01-01. `month` and `day` may lie outside their ranges and carry over. */
function daysFromCivil(year: number, month: number, day: number): number {
  const months = year * 12 + (month - 1);
  const carriedYear = Math.floor(months / 12);
  const carriedMonth = months - carriedYear * 12;
  // Years are counted from March, so that the leap day is the last of its year.
  const marchYear = carriedMonth < 2 ? carriedYear - 1 : carriedYear;
  const marchMonth = (carriedMonth + 10) % 12;
  const monthStart = Math.floor((153 * marchMonth + 2) / 5);
  const leapDays = Math.floor(marchYear / 4) - Math.floor(marchYear / 100) + Math.floor(marchYear / 400);
  return marchYear * 365 + leapDays + monthStart + (day - 1) - 719_468;
}

function civilFromDays(days: number): CivilDate {
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1_460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const marchDay = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const marchMonth = Math.floor((5 * marchDay + 2) / 153);
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9;
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: marchDay - Math.floor((153 * marchMonth + 2) / 5) + 1,
  };
}

/** @param ns nanoseconds since 1970 on the clock that is read, its offset from UTC added already */
export function civilFromNs(ns: bigint): CivilTime {
  const seconds = floorDivide(ns, nsPerSecond);
  const days = floorDivide(seconds, secondsPerDay);
  const secondOfDay = Number(seconds - days * secondsPerDay);
  return {
    ...civilFromDays(Number(days)),
    hour: Math.floor(secondOfDay / 3600),
    minute: Math.floor(secondOfDay / 60) % 60,
    second: secondOfDay % 60,
    nanosecond: Number(ns - seconds * nsPerSecond),
  };
}

/** Nanoseconds since 1970 on the same clock; fields may lie outside their ranges and carry over. */
export function nsFromCivil(time: CivilTime): bigint {
  const days = BigInt(daysFromCivil(time.year, time.month, time.day));
  const seconds = days * secondsPerDay + BigInt(time.hour * 3600 + time.minute * 60 + time.second);
  return seconds * nsPerSecond + BigInt(time.nanosecond);
}

/** 0 is Sunday. */
export function weekday(date: CivilDate): number {
  const days = daysFromCivil(date.year, date.month, date.day);
  return (((days + 4) % 7) + 7) % 7;
}

/** From 1. */
export function dayOfYear(date: CivilDate): number {
  return daysFromCivil(date.year, date.month, date.day) - daysFromCivil(date.year, 1, 1) + 1;
}

export function daysInMonth(year: number, month: number): number {
  return daysFromCivil(year, month + 1, 1) - daysFromCivil(year, month, 1);
}
