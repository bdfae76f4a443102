import { hexOf, utf8Of } from "./bytes.ts";
import { format, isNumber, toInteger, type Value } from "../values.ts";
import { BuiltinError } from "../builtin.ts";

/**
 * Go's `fmt.Sprintf` for what a policy passes: integers are `int` (or `*big.Int` beyond 64 bits), fractions `float64`, strings
 * `string`; everything else is printed as the policy would write it and is a `string` then. Mistakes in the format show in the result
 * the way Go shows them, such as `%!d(string=x)` or `%!s(MISSING)`.
 *
 * Source: the documentation of Go's package fmt.
 */
export function formatGo(text: string, values: readonly Value[]): string {
  const state: Cursor = { out: "", next: 0, reordered: false };
  let at = 0;
  while (at < text.length) {
    const percent = text.indexOf("%", at);
    if (percent < 0) break;
    state.out += text.slice(at, percent);
    const value = values[state.next];
    if (typeof value === "string" && text.charCodeAt(percent + 1) === smallS) {
      // Most directives: a string as it is (`npm run bench -- decision`, denials).
      state.out += value;
      state.next += 1;
      at = percent + 2;
    } else at = directive(text, percent + 1, values, state);
  }
  state.out += text.slice(at);
  if (!state.reordered && state.next < values.length) {
    const extra = values.slice(state.next).map((value) => typed(operand(value)));
    state.out += `%!(EXTRA ${extra.join(", ")})`;
  }
  return state.out;
}

const smallS = 0x73;

/** Wider or more precise than this is refused: it only serves to fill memory. Go's own limit. */
const widthMax = 1_000_000;

interface Cursor {
  out: string;
  /** Index of the next operand. */
  next: number;
  /** An explicit `[n]` was used: operands left over are no mistake then. */
  reordered: boolean;
}

interface Spec {
  minus: boolean;
  plus: boolean;
  sharp: boolean;
  space: boolean;
  zero: boolean;
  width: number | undefined;
  precision: number | undefined;
}

type Operand =
  | { readonly kind: "int" | "*big.Int"; readonly value: bigint }
  | { readonly kind: "float64"; readonly value: number }
  | { readonly kind: "string"; readonly value: string };

const int64Max = 2n ** 63n - 1n;
const int64Min = -(2n ** 63n);

function operand(value: Value): Operand {
  if (isNumber(value)) {
    const exact = toInteger(value);
    if (exact === undefined) return { kind: "float64", value: Number(value) };
    return { kind: exact > int64Max || exact < int64Min ? "*big.Int" : "int", value: exact };
  }
  return { kind: "string", value: typeof value === "string" ? value : format(value) };
}

function plain(spec: Partial<Spec> = {}): Spec {
  return {
    minus: false,
    plus: false,
    sharp: false,
    space: false,
    zero: false,
    width: undefined,
    precision: undefined,
    ...spec,
  };
}

function typed(argument: Operand): string {
  return `${argument.kind}=${formatVerb("v", argument, plain()) ?? ""}`;
}

/** Formats the directive whose flags begin at `start`. @returns where the text goes on */
function directive(text: string, start: number, values: readonly Value[], state: Cursor): number {
  const spec = plain();
  let at = start;
  flags: for (; at < text.length; at += 1) {
    switch (text.charAt(at)) {
      case "-":
        spec.minus = true;
        spec.zero = false;
        break;
      case "+":
        spec.plus = true;
        break;
      case "#":
        spec.sharp = true;
        break;
      case " ":
        spec.space = true;
        break;
      case "0":
        spec.zero = !spec.minus;
        break;
      default:
        break flags;
    }
  }
  let goodIndex = true;
  const argumentIndex = (): void => {
    if (text[at] !== "[") return;
    state.reordered = true;
    const close = text.indexOf("]", at);
    const digits = close < 0 ? "" : text.slice(at + 1, close);
    const number = /^[0-9]+$/.test(digits) ? Number(digits) : 0;
    if (number < 1 || number > values.length) goodIndex = false;
    else state.next = number - 1;
    at = close < 0 ? at + 1 : close + 1;
  };
  const star = (what: string): number | undefined => {
    at += 1;
    const value = values[state.next];
    state.next += 1;
    const exact = toInteger(value);
    if (exact === undefined || exact > BigInt(widthMax) || exact < BigInt(-widthMax)) {
      state.out += `%!(BAD${what})`;
      return undefined;
    }
    return Number(exact);
  };
  const digits = (): number | undefined => {
    const match = /^[0-9]+/.exec(text.slice(at, at + 8));
    if (match === null) return undefined;
    at += match[0].length;
    const number = Number(match[0]);
    if (number > widthMax) throw new BuiltinError(`sprintf: width or precision over ${widthMax}`);
    return number;
  };
  argumentIndex();
  if (text[at] === "*") {
    spec.width = star("WIDTH");
    if (spec.width !== undefined && spec.width < 0) {
      spec.width = -spec.width;
      spec.minus = true;
      spec.zero = false;
    }
  } else spec.width = digits();
  if (text[at] === ".") {
    at += 1;
    argumentIndex();
    if (text[at] === "*") {
      spec.precision = star("PREC");
      if (spec.precision !== undefined && spec.precision < 0) {
        spec.precision = undefined;
        state.out += "%!(BADPREC)";
      }
    } else spec.precision = digits() ?? 0;
  }
  argumentIndex();
  if (at >= text.length) {
    state.out += "%!(NOVERB)";
    return at;
  }
  const verb = String.fromCodePoint(text.codePointAt(at) ?? 0);
  at += verb.length;
  if (verb === "%") state.out += "%";
  else if (!goodIndex) state.out += `%!${verb}(BADINDEX)`;
  else {
    const value = values[state.next];
    if (value === undefined) {
      state.out += `%!${verb}(MISSING)`;
      return at;
    }
    state.next += 1;
    const argument = operand(value);
    if (verb === "T") state.out += pad(argument.kind, spec);
    else state.out += formatVerb(verb, argument, spec) ?? `%!${verb}(${typed(argument)})`;
  }
  return at;
}

/** `undefined` where the verb does not go with the operand. */
function formatVerb(verb: string, argument: Operand, spec: Spec): string | undefined {
  switch (argument.kind) {
    case "int":
      return formatInt(verb, argument.value, spec);
    case "*big.Int":
      return formatInt(verb === "s" ? "d" : verb, argument.value, spec);
    case "float64":
      return formatFloat(verb, argument.value, spec);
    case "string":
      return formatString(verb, argument.value, spec);
    default:
      return argument satisfies never;
  }
}

function pad(text: string, spec: Spec): string {
  const missing = (spec.width ?? 0) - Array.from(text).length;
  if (missing <= 0) return text;
  if (spec.minus) return text + " ".repeat(missing);
  return (spec.zero ? "0" : " ").repeat(missing) + text;
}

/** Sign and zero padding of a number: zeros go between the sign (and base prefix) and the digits. */
function signed(negative: boolean, prefix: string, digits: string, spec: Spec): string {
  const sign = negative ? "-" : spec.plus ? "+" : spec.space ? " " : "";
  const zeros =
    spec.zero && !spec.minus ? Math.max(0, (spec.width ?? 0) - sign.length - prefix.length - digits.length) : 0;
  return pad(`${sign}${prefix}${"0".repeat(zeros)}${digits}`, { ...spec, zero: false });
}

const radixOf: Readonly<Record<string, readonly [number, string]>> = {
  d: [10, ""],
  v: [10, ""],
  b: [2, "0b"],
  o: [8, "0"],
  O: [8, ""],
  x: [16, "0x"],
  X: [16, "0X"],
};

function formatInt(verb: string, value: bigint, spec: Spec): string | undefined {
  const radix = radixOf[verb];
  const magnitude = value < 0n ? -value : value;
  if (radix === undefined) return formatPoint(verb, value, spec);
  let digits = magnitude.toString(radix[0]);
  if (verb === "X") digits = digits.toUpperCase();
  let zero = spec.zero;
  if (spec.precision !== undefined) {
    zero = false;
    digits = spec.precision === 0 && magnitude === 0n ? "" : digits.padStart(spec.precision, "0");
  }
  const prefix = verb === "O" ? "0o" : spec.sharp ? radix[1] : "";
  return signed(value < 0n, verb === "o" && digits.startsWith("0") ? "" : prefix, digits, { ...spec, zero });
}

/** `%c %q %U`: an integer as a code point. */
function formatPoint(verb: string, value: bigint, spec: Spec): string | undefined {
  const valid = value >= 0n && value <= 0x10ffffn && !(value >= 0xd800n && value <= 0xdfffn);
  const point = valid ? String.fromCodePoint(Number(value)) : "\ufffd";
  if (verb === "c") return pad(point, spec);
  if (verb === "q") return pad(quote(point, "'"), spec);
  if (verb !== "U") return undefined;
  const hex = `U+${value.toString(16).toUpperCase().padStart(4, "0")}`;
  return pad(spec.sharp && valid ? `${hex} '${point}'` : hex, { ...spec, zero: false });
}

function formatString(verb: string, value: string, spec: Spec): string | undefined {
  const cut = spec.precision === undefined ? value : Array.from(value).slice(0, spec.precision).join("");
  switch (verb) {
    case "v":
    case "s":
      return pad(spec.sharp && verb === "v" ? quote(cut, '"') : cut, spec);
    case "q":
      return pad(spec.sharp && !cut.includes("`") ? `\`${cut}\`` : quote(cut, '"'), spec);
    case "x":
    case "X": {
      const bytes = utf8Of(value).subarray(0, spec.precision);
      const pairs = Array.from(bytes, (byte) => hexOf(Uint8Array.of(byte)));
      const prefix = spec.sharp && pairs.length > 0 ? "0x" : "";
      const hex = spec.space ? pairs.map((pair) => prefix + pair).join(" ") : prefix + pairs.join("");
      return pad(verb === "X" ? hex.toUpperCase() : hex, spec);
    }
    default:
      return undefined;
  }
}

const escapes: Readonly<Record<string, string>> = {
  "\u0007": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
  "\\": "\\\\",
};

/** Go's `strconv.Quote`. */
function quote(text: string, mark: string): string {
  let result = mark;
  for (const point of text) {
    const code = point.codePointAt(0) ?? 0;
    if (point === mark) result += `\\${mark}`;
    else if (escapes[point] !== undefined) result += escapes[point];
    else if (point === " " || /[\p{L}\p{M}\p{N}\p{P}\p{S}]/u.test(point)) result += point;
    else if (code < 0x80) result += `\\x${code.toString(16).padStart(2, "0")}`;
    else if (code < 0x10000) result += `\\u${code.toString(16).padStart(4, "0")}`;
    else result += `\\U${code.toString(16).padStart(8, "0")}`;
  }
  return result + mark;
}

function formatFloat(verb: string, value: number, spec: Spec): string | undefined {
  const negative = value < 0;
  const magnitude = Math.abs(value);
  switch (verb) {
    case "v":
    case "g":
    case "G": {
      // %v turns to exponents from 10^21 on, %g where the exponent reaches the precision.
      const text = general(magnitude, spec.precision, verb === "v" ? 21 : undefined);
      return signed(negative, "", verb === "G" ? text.toUpperCase() : text, spec);
    }
    case "e":
    case "E": {
      const text = exponential(magnitude, spec.precision ?? 6);
      return signed(negative, "", verb === "E" ? text.toUpperCase() : text, spec);
    }
    case "f":
    case "F":
      return signed(negative, "", fixed(magnitude, spec.precision ?? 6), spec);
    default:
      return undefined;
  }
}

function exponentText(exponent: number): string {
  return `e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
}

/** More significant digits than any double has. */
const digitsMax = 1_100;

function general(value: number, precision: number | undefined, threshold: number | undefined): string {
  if (value === 0) return "0";
  let digits: string;
  let exponent: number;
  if (precision === undefined) {
    const [mantissa = "", power = "0"] = value.toExponential().split("e");
    digits = mantissa.replace(".", "");
    exponent = Number(power);
  } else {
    const [mantissa = "", power = "0"] = exponential(value, Math.min(Math.max(precision, 1) - 1, digitsMax)).split("e");
    digits = mantissa.replace(".", "").replace(/0+$/, "") || "0";
    exponent = Number(power);
  }
  let limit = precision === undefined ? (threshold ?? 21) : Math.max(precision, 1);
  if (precision !== undefined && precision > digits.length && digits.length >= exponent + 1) limit = digits.length;
  if (precision === undefined) limit = threshold ?? 21;
  if (exponent < -4 || exponent >= limit) {
    const fraction = digits.slice(1);
    return `${digits[0] ?? ""}${fraction === "" ? "" : `.${fraction}`}${exponentText(exponent)}`;
  }
  if (exponent < 0) return `0.${"0".repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, "0");
  const fraction = digits.slice(exponent + 1);
  return fraction === "" ? whole : `${whole}.${fraction}`;
}

/** A double as numerator × 10^-scale, exactly: its denominator is a power of two. */
function exactDecimal(value: number): readonly [bigint, number] {
  let scale = 0;
  let scaled = value;
  // Multiplying by two is exact, so this ends with the integer numerator of a fraction over 2^scale.
  while (!Number.isInteger(scaled)) {
    scaled *= 2;
    scale += 1;
  }
  return [BigInt(scaled) * 5n ** BigInt(scale), scale];
}

/** Divides, rounding halves to even, as Go does on the exact value. */
function divideHalfEven(dividend: bigint, divisor: bigint): bigint {
  const quotient = dividend / divisor;
  const twice = (dividend % divisor) * 2n;
  return twice > divisor || (twice === divisor && quotient % 2n === 1n) ? quotient + 1n : quotient;
}

function fixed(value: number, wanted: number): string {
  const [digits, scale] = exactDecimal(value);
  // All digits are there: what is wanted beyond is zeros.
  const precision = Math.min(wanted, scale);
  const zeros = "0".repeat(wanted - precision);
  const rounded =
    precision >= scale
      ? digits * 10n ** BigInt(precision - scale)
      : divideHalfEven(digits, 10n ** BigInt(scale - precision));
  if (wanted === 0) return String(rounded);
  const text = String(rounded).padStart(precision + 1, "0");
  const whole = text.length - precision;
  return `${text.slice(0, whole)}.${text.slice(whole)}${zeros}`;
}

function exponential(value: number, wanted: number): string {
  const [digits, scale] = exactDecimal(value);
  const length = String(digits).length;
  const precision = Math.min(wanted, length - 1);
  const drop = length - 1 - precision;
  let rounded = drop <= 0 ? digits * 10n ** BigInt(-drop) : divideHalfEven(digits, 10n ** BigInt(drop));
  let exponent = value === 0 ? 0 : length - 1 - scale;
  if (String(rounded).length > precision + 1) {
    rounded /= 10n;
    exponent += 1;
  }
  const text = String(rounded).padStart(precision + 1, "0");
  const fraction = text.slice(1).padEnd(wanted, "0");
  return `${text.slice(0, 1)}${wanted === 0 ? "" : `.${fraction}`}${exponentText(exponent)}`;
}
