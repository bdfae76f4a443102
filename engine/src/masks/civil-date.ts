/**
 * Days of the proleptic Gregorian calendar in both directions, over all years that PostgreSQL knows (4714 BC to 5874897 AD), which
 * `Date` does not reach. Years are astronomical: 0 is 1 BC.
 */
export interface CivilDate {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

export const dayMicros = 86_400_000_000n;

const daysPerEra = 146_097;
/** From 1 March of year 0 to 1 January 1970. */
const epochShiftDays = 719_468;

/** Days since 1 January 1970. */
export function daysFromCivil({ year, month, day }: CivilDate): number {
  const shifted = month <= 2 ? year - 1 : year;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * daysPerEra + dayOfEra - epochShiftDays;
}

export function civilFromDays(days: number): CivilDate {
  const shifted = days + epochShiftDays;
  const era = Math.floor(shifted / daysPerEra);
  const dayOfEra = shifted - era * daysPerEra;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const marchMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9;
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * marchMonth + 2) / 5) + 1,
  };
}

/** The Monday of the week that a day lies in. */
export function mondayOf(days: number): number {
  // 1 January 1970 was a Thursday.
  return days - ((((days + 3) % 7) + 7) % 7);
}
