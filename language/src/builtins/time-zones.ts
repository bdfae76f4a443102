import { BuiltinError } from "../builtin.ts";
import { floorDivide, nsPerSecond } from "./civil-time.ts";

/** Offsets from UTC by the time zone data that Node brings (Intl). */
export interface Zone {
  /** Seconds east of UTC at an instant, in nanoseconds since 1970. */
  offset(ns: bigint): number;
  /** Such as `CET`; a numeric offset for zones without a customary one. */
  abbreviation(ns: bigint): string;
}

export const utc: Zone = { offset: () => 0, abbreviation: () => "UTC" };

/** There are about 600 names; others throw and are not kept. */
const zones = new Map<string, Zone>();

/** `""`, `UTC` and `Local` are UTC: a decision must not depend on where the machine stands. @throws {BuiltinError} for unknown names */
export function zoneByName(name: string): Zone {
  if (name === "" || name === "UTC" || name === "Local") return utc;
  const known = zones.get(name);
  if (known !== undefined) return known;
  // Offsets such as "+02:00", which Intl reads, are no names of zones.
  if (!/^[A-Za-z]/.test(name)) throw new BuiltinError("unknown time zone");
  let offsets: Intl.DateTimeFormat;
  try {
    offsets = new Intl.DateTimeFormat("en-US", { timeZone: name, timeZoneName: "longOffset" });
  } catch {
    throw new BuiltinError("unknown time zone");
  }
  // English as spoken where the zones are: each region's own customary abbreviations.
  const names = ["en-US", "en-GB", "en-AU", "en-IN"].map(
    (locale) => new Intl.DateTimeFormat(locale, { timeZone: name, timeZoneName: "short" }),
  );
  const zone: Zone = {
    offset: (ns) => parseOffset(zonePart(offsets, ns)),
    abbreviation: (ns) => {
      const found = names.map((format) => zonePart(format, ns)).find((text) => !/[+-]/.test(text));
      return found ?? customary.get(name) ?? numeric(parseOffset(zonePart(offsets, ns)));
    },
  };
  zones.set(name, zone);
  return zone;
}

/** Zones with a customary abbreviation that no English locale uses (IANA time zone data). */
const customary: ReadonlyMap<string, string> = new Map([
  ["Asia/Tokyo", "JST"],
  ["Asia/Seoul", "KST"],
  ["Asia/Shanghai", "CST"],
  ["Asia/Hong_Kong", "HKT"],
  ["Asia/Manila", "PST"],
  ["Asia/Jakarta", "WIB"],
  ["Asia/Karachi", "PKT"],
  ["Europe/Moscow", "MSK"],
  ["Africa/Johannesburg", "SAST"],
  ["Africa/Lagos", "WAT"],
  ["Africa/Nairobi", "EAT"],
]);

function zonePart(format: Intl.DateTimeFormat, ns: bigint): string {
  const milliseconds = Number(floorDivide(ns, 1_000_000n));
  return format.formatToParts(milliseconds).find((part) => part.type === "timeZoneName")?.value ?? "GMT";
}

/** `GMT`, `GMT-08:00`, `GMT-07:52:58`. */
function parseOffset(text: string): number {
  const match = /^GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?$/.exec(text);
  const [, sign, hours = "0", minutes = "0", seconds = "0"] = match ?? [];
  const magnitude = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
  return sign === "-" ? -magnitude : magnitude;
}

function numeric(offset: number): string {
  const magnitude = Math.abs(offset);
  const hours = String(Math.floor(magnitude / 3600)).padStart(2, "0");
  const minutes = Math.floor(magnitude / 60) % 60;
  return `${offset < 0 ? "-" : "+"}${hours}${minutes === 0 ? "" : String(minutes).padStart(2, "0")}`;
}

/** The instant at which a clock in the zone shows `local`. Where the clock skips it or shows it twice, the offset before the change counts for a gap. */
export function instantOf(local: bigint, zone: Zone): bigint {
  const guess = zone.offset(local);
  const instant = local - BigInt(guess) * nsPerSecond;
  const offset = zone.offset(instant);
  return offset === guess ? instant : local - BigInt(offset) * nsPerSecond;
}
