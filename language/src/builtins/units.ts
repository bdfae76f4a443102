import { BuiltinError, CostError, type Builtin } from "../builtin.ts";
import { integer } from "../values.ts";
import { fromDecimal, type Numeric } from "./arithmetic.ts";
import { ofString } from "./operands.ts";

/** An exponent beyond this gives a number that no double holds, or zero, and only serves to fill memory. */
const exponentMax = 400;

const prefixes = ["k", "m", "g", "t", "p", "e"] as const;

const digitsMax = 1_000;

/** Unit, in lower case but for its first letter in `units.parse`, to its factor. */
const decimalFactors = new Map(prefixes.map((prefix, index) => [prefix as string, 1000n ** BigInt(index + 1)]));
const binaryFactors = new Map(prefixes.map((prefix, index) => [`${prefix}i`, 1024n ** BigInt(index + 1)]));

export const units: readonly Builtin[] = [
  ofString("units.parse", "number", (text) => {
    const amount = split(text.replaceAll('"', ""), "no amount provided");
    const { unit } = amount;
    // Only the first letter's case counts, and only to tell milli from mega.
    const lower = unit.toLowerCase();
    if (unit === "m") return scaled(amount, 1n, 3);
    const factor = unit === "" ? 1n : (decimalFactors.get(lower) ?? binaryFactors.get(lower));
    if (factor === undefined) throw new BuiltinError(`unit ${unit} not recognized`);
    return scaled(amount, factor, 0);
  }),
  ofString("units.parse_bytes", "number", (text) => {
    const amount = split(text.toLowerCase().replaceAll('"', ""), "no byte amount provided");
    const unit = amount.unit.replace(/^([kmgtpe]i?)b$/, "$1");
    const factor = unit === "" ? 1n : (decimalFactors.get(unit) ?? binaryFactors.get(unit));
    if (factor === undefined) throw new BuiltinError(`byte unit ${amount.unit} not recognized`);
    // Bytes are whole: what is left of one is cut off.
    return integer((amount.digits * factor) / 10n ** BigInt(amount.scale));
  }),
];

interface Amount {
  /** The amount is digits × 10^-scale. */
  readonly digits: bigint;
  readonly scale: number;
  readonly unit: string;
}

function split(text: string, noAmount: string): Amount {
  if (text.includes(" ")) throw new BuiltinError("spaces not allowed in resource strings");
  const match = /^((?:[0-9.+-]|[eE](?=[0-9+-])[+-]?)*)(.*)$/s.exec(text);
  const [, number = "", unit = ""] = match ?? [];
  if (number === "") throw new BuiltinError(noAmount);
  const parts = /^([+-]?)([0-9]*)(?:\.([0-9]*))?(?:[eE]([+-]?[0-9]+))?$/.exec(number);
  const [, sign, whole = "", fraction = "", exponentText = "0"] = parts ?? [];
  if (parts === null || (whole === "" && fraction === "")) {
    throw new BuiltinError("could not parse amount to a number");
  }
  if (whole.length + fraction.length > digitsMax) throw new CostError(`a number of more than ${digitsMax} digits`);
  const exponent = Number(exponentText);
  if (Math.abs(exponent) > exponentMax) throw new BuiltinError("exponent too large");
  const magnitude = BigInt(whole + fraction) * 10n ** BigInt(Math.max(0, exponent - fraction.length));
  return {
    digits: sign === "-" ? -magnitude : magnitude,
    scale: Math.max(0, fraction.length - exponent),
    unit,
  };
}

/** Not an integer: to ten decimal places, as OPA gives it. */
function scaled(amount: Amount, factor: bigint, extraScale: number): Numeric {
  const scale = amount.scale + extraScale;
  const digits = amount.digits * factor;
  if (scale <= 10) return fromDecimal(digits, scale);
  const unit = 10n ** BigInt(scale - 10);
  if (digits % 10n ** BigInt(scale) === 0n) return integer(digits / 10n ** BigInt(scale));
  const half = digits < 0n ? -unit / 2n : unit / 2n;
  return fromDecimal((digits + half) / unit, 10);
}
