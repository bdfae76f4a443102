import { BuiltinError, type Builtin } from "../builtin.ts";
import { compare, integer, type Value } from "../values.ts";
import { ceil, floor, negate, round } from "./arithmetic.ts";
import { checkElements, define, integerAt, numberAt, typeError, valueAt } from "./operands.ts";

const radixes: readonly Value[] = [2, 8, 10, 16];

export const numbers: readonly Builtin[] = [
  define("abs", ["number"], "number", (args) => {
    const value = numberAt(args, 0);
    return value < 0 ? negate(value) : value;
  }),
  define("ceil", ["number"], "number", (args) => ceil(numberAt(args, 0))),
  define("floor", ["number"], "number", (args) => floor(numberAt(args, 0))),
  define("round", ["number"], "number", (args) => round(numberAt(args, 0))),
  define("numbers.range", ["number", "number"], { array: "number" }, (args) =>
    range(integerAt(args, 0), integerAt(args, 1), 1n),
  ),
  define("numbers.range_step", ["number", "number", "number"], { array: "number" }, (args) => {
    const step = integerAt(args, 2);
    if (step <= 0n) throw new BuiltinError("step must be a positive integer");
    return range(integerAt(args, 0), integerAt(args, 1), step);
  }),
  define("format_int", ["number", "number"], "string", (args) => {
    const value = numberAt(args, 0);
    const radix = numberAt(args, 1);
    if (!radixes.some((known) => compare(known, radix) === 0)) {
      throw typeError(1, valueAt(args, 1), "2", "8", "10", "16");
    }
    // Fractions are cut off toward zero.
    const whole = typeof value === "bigint" ? value : BigInt(Math.trunc(value));
    return whole.toString(Number(radix));
  }),
];

/** From `from` to `to`, both included, downward where `to` is the smaller. */
function range(from: bigint, to: bigint, step: bigint): Value {
  const distance = to >= from ? to - from : from - to;
  const count = distance / step + 1n;
  checkElements(Number(count));
  const signed = to >= from ? step : -step;
  const length = Number(count);
  const [first, last] = [integer(from), integer(from + signed * (count - 1n))];
  if (typeof first === "number" && typeof last === "number") {
    const stride = length === 1 ? 0 : Number(signed);
    return Array.from({ length }, (_, index) => first + stride * index);
  }
  return Array.from({ length }, (_, index) => integer(from + signed * BigInt(index)));
}
