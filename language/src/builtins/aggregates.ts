import type { Builtin } from "../builtin.ts";
import { RegoObject, RegoSet, compare, isArray, type Value } from "../values.ts";
import { add, multiply } from "./arithmetic.ts";
import { arrayOrSet, collectionAt, define, numbersAt, typeError, valueAt } from "./operands.ts";
import { codePointCount } from "./text.ts";

const numbers = { anyOf: [{ array: "number" }, { set: "number" }] } as const;

export const aggregates: readonly Builtin[] = [
  define("count", [{ anyOf: ["array", "set", "object", "string"] }], "number", (args) => {
    const value = valueAt(args, 0);
    if (typeof value === "string") return codePointCount(value);
    if (isArray(value)) return value.length;
    if (value instanceof RegoSet || value instanceof RegoObject) return value.size;
    throw typeError(0, value, "array", "object", "set", "string");
  }),
  define("sum", [numbers], "number", (args) => numbersAt(args, 0).reduce(add, 0)),
  define("product", [numbers], "number", (args) => numbersAt(args, 0).reduce(multiply, 1)),
  define("max", [arrayOrSet], "any", (args) => extreme(collectionAt(args, 0), 1)),
  define("min", [arrayOrSet], "any", (args) => extreme(collectionAt(args, 0), -1)),
  define("sort", [arrayOrSet], "array", (args) => {
    const value = valueAt(args, 0);
    // A set's members are in order already.
    return isArray(value) ? [...value].sort(compare) : collectionAt(args, 0);
  }),
];

/** Undefined for an empty collection. */
function extreme(values: readonly Value[], direction: 1 | -1): Value | undefined {
  let best = values[0];
  if (best === undefined) return undefined;
  for (const value of values) if (compare(value, best) * direction > 0) best = value;
  return best;
}
