import type { Builtin, BuiltinContext } from "../builtin.ts";
import { RegoObject, RegoSet, isArray, type Value } from "../values.ts";
import { checkElements, define, valueAt } from "./operands.ts";

/** Every part of a value with the path to it, the whole first: `[path, value]` pairs, one result each. */
export const walk: readonly Builtin[] = [
  define(
    "walk",
    ["any"],
    { array: "any" },
    (args, context) => {
      const pairs: Value[] = [];
      collect(valueAt(args, 0), [], pairs, context);
      return pairs;
    },
    { relation: true, charges: "all", factor: 2 },
  ),
];

function collect(value: Value, path: readonly Value[], pairs: Value[], context: BuiltinContext): void {
  // Each path is a copy.
  context.spend(1 + path.length);
  pairs.push([path, value]);
  checkElements(pairs.length);
  if (isArray(value)) value.forEach((item, index) => collect(item, [...path, index], pairs, context));
  else if (value instanceof RegoSet) for (const member of value) collect(member, [...path, member], pairs, context);
  else if (value instanceof RegoObject)
    for (const [key, item] of value.entries()) collect(item, [...path, key], pairs, context);
}
