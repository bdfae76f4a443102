import type { Builtin } from "../builtin.ts";
import { RegoObject, RegoSet, equal, isArray, lookup, type Value } from "../values.ts";
import { weightOf } from "../weight.ts";
import { arrayAt, define, elementError, objectAt, typeError, valueAt } from "./operands.ts";

const keysType = { anyOf: ["array", "set", "object"] } as const;

export const objects: readonly Builtin[] = [
  define(
    "object.get",
    ["object", "any", "any"],
    "any",
    (args, context) => {
      const object = objectAt(args, 0);
      const key = valueAt(args, 1);
      // Looked up by its text, where it is no path.
      context.spend(weightOf(key, Number.MAX_SAFE_INTEGER));
      if (!isArray(key)) return object.get(key) ?? valueAt(args, 2);
      let found: Value | undefined = object;
      for (const step of key) {
        if (found === undefined) break;
        found = lookup(found, step);
      }
      return found ?? valueAt(args, 2);
    },
    { charges: "texts" },
  ),
  define("object.keys", ["object"], "set", (args) => RegoSet.from(objectAt(args, 0).keys()), {
    charges: "all",
    factor: 4,
  }),
  define(
    "object.remove",
    ["object", keysType],
    "object",
    (args) => {
      const drop = keySet(args, 1);
      return RegoObject.fromEntries(
        objectAt(args, 0)
          .entries()
          .filter(([key]) => !drop.has(key)),
      );
    },
    { charges: "all", factor: 4 },
  ),
  define(
    "object.filter",
    ["object", keysType],
    "object",
    (args) => {
      const keep = keySet(args, 1);
      return RegoObject.fromEntries(
        objectAt(args, 0)
          .entries()
          .filter(([key]) => keep.has(key)),
      );
    },
    { charges: "all", factor: 4 },
  ),
  define("object.union", ["object", "object"], "object", (args) => merge(objectAt(args, 0), objectAt(args, 1)), {
    charges: "all",
    factor: 8,
  }),
  define(
    "object.union_n",
    [{ array: "object" }],
    "object",
    (args, context) =>
      arrayAt(args, 0).reduce<RegoObject>((merged, next) => {
        if (!(next instanceof RegoObject)) throw elementError(0, valueAt(args, 0), next, "object");
        // Each step copies what has come together.
        context.spend(merged.size);
        return merge(merged, next);
      }, new RegoObject()),
    { charges: "all", factor: 4 },
  ),
  define(
    "object.subset",
    [keysType, keysType],
    "boolean",
    (args, context) => {
      const whole = valueAt(args, 0);
      const part = valueAt(args, 1);
      if (whole instanceof RegoObject && part instanceof RegoObject) return isSubObject(whole, part);
      if (whole instanceof RegoSet && part instanceof RegoSet)
        return part.members().every((member) => whole.has(member));
      if (isArray(whole) && isArray(part)) {
        context.spend(whole.length * part.length);
        return isRunOf(whole, part);
      }
      if (isArray(whole) && part instanceof RegoSet) {
        const elements = RegoSet.from(whole);
        return part.members().every((member) => elements.has(member));
      }
      throw typeError(0, whole, "object", "set", "array");
    },
    { charges: "all", factor: 4 },
  ),
];

function keySet(args: readonly Value[], index: number): RegoSet {
  const keys = valueAt(args, index);
  if (keys instanceof RegoSet) return keys;
  if (isArray(keys)) return RegoSet.from(keys);
  if (keys instanceof RegoObject) return RegoSet.from(keys.keys());
  throw typeError(index, keys, "object", "set", "array");
}

/** Right wins; where both sides hold objects, they are merged in turn. */
function merge(left: RegoObject, right: RegoObject): RegoObject {
  const merged = left.copy();
  for (const [key, value] of right.entries()) {
    const existing = merged.get(key);
    merged.put(key, existing instanceof RegoObject && value instanceof RegoObject ? merge(existing, value) : value);
  }
  return merged;
}

/** Every key of `part` is in `whole`, with an equal value, or for containers of one kind with a value that is a subset in turn. */
function isSubObject(whole: RegoObject, part: RegoObject): boolean {
  return part.entries().every(([key, value]) => {
    const other = whole.get(key);
    return other !== undefined && (equal(other, value) || isSubValue(other, value));
  });
}

function isSubValue(whole: Value, part: Value): boolean {
  if (whole instanceof RegoObject && part instanceof RegoObject) return isSubObject(whole, part);
  if (whole instanceof RegoSet && part instanceof RegoSet) return part.members().every((member) => whole.has(member));
  if (isArray(whole) && isArray(part)) return isRunOf(whole, part);
  return false;
}

/** `part` stands in `whole` as it is, without gaps. */
function isRunOf(whole: readonly Value[], part: readonly Value[]): boolean {
  for (let start = 0; start + part.length <= whole.length; start += 1) {
    if (equal(whole.slice(start, start + part.length), part)) return true;
  }
  return false;
}
