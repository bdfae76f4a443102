import type { Builtin, BuiltinContext } from "../builtin.ts";
import { RegoObject, RegoSet, compare, isArray, type Value } from "../values.ts";
import { add, multiply, type Numeric } from "./arithmetic.ts";
import { arrayOrSet, checkInteger, collectionAt, define, numbersAt, typeError, valueAt } from "./operands.ts";
import { codePointCount } from "./text.ts";

const numbers = { anyOf: [{ array: "number" }, { set: "number" }] } as const;

export const aggregates: readonly Builtin[] = [
  define(
    "count",
    [{ anyOf: ["array", "set", "object", "string"] }],
    "number",
    (args) => {
      const value = valueAt(args, 0);
      if (typeof value === "string") return codePointCount(value);
      if (isArray(value)) return value.length;
      if (value instanceof RegoSet || value instanceof RegoObject) return value.size;
      throw typeError(0, value, "array", "object", "set", "string");
    },
    { charges: "texts" },
  ),
  define("sum", [numbers], "number", (args, context) => fold(numbersAt(args, 0), 0, add, context)),
  define("product", [numbers], "number", (args, context) => fold(numbersAt(args, 0), 1, multiply, context)),
  define("max", [arrayOrSet], "any", (args) => extreme(collectionAt(args, 0), 1), { charges: "all", factor: 2 }),
  define("min", [arrayOrSet], "any", (args) => leastOf(valueAt(args, 0)) ?? extreme(collectionAt(args, 0), -1), {
    charges: "all",
    factor: 2,
  }),
  define(
    "sort",
    [arrayOrSet],
    "array",
    (args, context) => {
      const value = valueAt(args, 0);
      // A set's members are in order already.
      if (!isArray(value)) return collectionAt(args, 0);
      context.spend(value.length * Math.ceil(Math.log2(value.length + 1)));
      return [...value].sort(compare);
    },
    { charges: "all", factor: 2 },
  ),
];

/** Fractions and large integers take a microsecond each. */
const slowNumberSteps = 16;

function fold(
  values: readonly Numeric[],
  start: Numeric,
  operation: (a: Numeric, b: Numeric) => Numeric,
  context: BuiltinContext,
): Numeric {
  let total = start;
  for (const value of values) {
    total = checkInteger(operation(total, value));
    if (!Number.isSafeInteger(total)) context.spend(slowNumberSteps);
  }
  return total;
}

/** Undefined for an empty collection. */
/** Of a set with null and something else, the least of the others, as OPA has it; of an array null, since it is less than anything. */
function leastOf(value: Value): Value | undefined {
  return value instanceof RegoSet && value.members()[0] === null ? value.members()[1] : undefined;
}

function extreme(values: readonly Value[], direction: 1 | -1): Value | undefined {
  let best = values[0];
  if (best === undefined) return undefined;
  for (const value of values) if (compare(value, best) * direction > 0) best = value;
  return best;
}
