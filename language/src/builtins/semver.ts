import { BuiltinError, type Builtin } from "../builtin.ts";
import { compareStrings } from "../values.ts";
import { define, stringAt, valueAt } from "./operands.ts";

export const semver: readonly Builtin[] = [
  define(
    "semver.compare",
    ["string", "string"],
    "number",
    (args) => compareVersions(versionAt(stringAt(args, 0), 1), versionAt(stringAt(args, 1), 2)),
    { factor: 8 },
  ),
  define("semver.is_valid", ["any"], "boolean", (args) => {
    const text = valueAt(args, 0);
    return typeof text === "string" && parse(text) !== undefined;
  }),
];

interface Version {
  readonly numbers: readonly bigint[];
  readonly preRelease: readonly string[];
}

/** More than any 64-bit integer has. */
const digitsMax = 24;
const int64Max = 2n ** 63n - 1n;
const identifiers = /^[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*$/;

/** Semantic Versioning 2.0.0, as lenient as OPA: a leading `v` and leading zeros are accepted. */
function parse(text: string): Version | undefined {
  const [beforeMetadata = "", ...metadata] = text.replace(/^v/, "").split("+");
  if (metadata.length > 0 && metadata.join("+") !== "" && !identifiers.test(metadata.join("+"))) return undefined;
  const dash = beforeMetadata.indexOf("-");
  const preRelease = dash < 0 ? "" : beforeMetadata.slice(dash + 1);
  if (preRelease !== "" && !identifiers.test(preRelease)) return undefined;
  const core = dash < 0 ? beforeMetadata : beforeMetadata.slice(0, dash);
  if (!/^[+-]?[0-9]+\.[+-]?[0-9]+\.[+-]?[0-9]+$/.test(core)) return undefined;
  const digits = core.split(".").map((number) => number.replace(/^([+-]?)0+(?=[0-9])/, "$1"));
  if (digits.some((number) => number.length > digitsMax)) return undefined;
  const numbers = digits.map(BigInt);
  if (numbers.some((number) => number > int64Max)) return undefined;
  return { numbers, preRelease: preRelease === "" ? [] : preRelease.split(".") };
}

function versionAt(text: string, position: number): Version {
  const version = parse(text);
  if (version === undefined) throw new BuiltinError(`operand ${position}: the string is no semantic version`);
  return version;
}

function compareVersions(a: Version, b: Version): number {
  for (const [index, number] of a.numbers.entries()) {
    const other = b.numbers[index] ?? 0n;
    if (number !== other) return number < other ? -1 : 1;
  }
  // A pre-release comes before its release.
  if (a.preRelease.length === 0 || b.preRelease.length === 0) {
    return Math.sign(b.preRelease.length - a.preRelease.length);
  }
  for (let index = 0; index < a.preRelease.length && index < b.preRelease.length; index += 1) {
    const order = compareIdentifiers(a.preRelease[index] ?? "", b.preRelease[index] ?? "");
    if (order !== 0) return order;
  }
  return Math.sign(a.preRelease.length - b.preRelease.length);
}

/** Numbers before words, numbers by value, words by code point. */
function compareIdentifiers(a: string, b: string): number {
  const [aIsNumber, bIsNumber] = [/^[0-9]+$/.test(a), /^[0-9]+$/.test(b)];
  if (aIsNumber !== bIsNumber) return aIsNumber ? -1 : 1;
  if (aIsNumber) {
    // Of any length: the one with more digits is the larger.
    const [left, right] = [a.replace(/^0+(?=.)/, ""), b.replace(/^0+(?=.)/, "")];
    return Math.sign(left.length - right.length || compareStrings(left, right));
  }
  return Math.sign(compareStrings(a, b));
}
