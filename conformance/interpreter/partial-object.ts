/** Objects that rules define part by part. */
import { equal, RegoObject, RegoSet, type Value } from "@penstock/language";
import { conflict } from "./world.ts";

/** What one solution of a rule adds: a value at a path, or to the set there. */
export interface Part {
  readonly path: readonly Value[];
  readonly value: Value;
  readonly isMember: boolean;
  readonly isDefault: boolean;
}

/** Parts of which one stands below another, or that say different things of one path, are in conflict; defaults come last. */
export function objectOf(parts: readonly Part[]): RegoObject {
  const object = new RegoObject();
  for (const [key] of groups(parts)) {
    const below = parts.filter(({ path }) => equal(path[0] ?? null, key));
    const asserted = below.filter(({ isDefault }) => !isDefault);
    const chosen = asserted.length === 0 ? below : asserted;
    object.put(key, valueOf(chosen, below));
  }
  return object;
}

function groups(parts: readonly Part[]): readonly (readonly [Value, Value])[] {
  return RegoObject.fromEntries(parts.map(({ path }) => [path[0] ?? null, null] as const)).entries();
}

function valueOf(chosen: readonly Part[], all: readonly Part[]): Value {
  const [first] = chosen;
  if (first === undefined) throw new Error("a part is missing");
  if (first.path.length > 1) {
    if (chosen.some(({ path }) => path.length === 1)) throw conflict("a value and an object at one key");
    const inner = all.filter(({ path }) => path.length > 1).map((part) => ({ ...part, path: part.path.slice(1) }));
    return objectOf(inner);
  }
  if (chosen.some(({ path, isMember }) => path.length > 1 || isMember !== first.isMember)) {
    throw conflict("a value and an object at one key");
  }
  if (first.isMember) return RegoSet.from(chosen.map(({ value }) => value));
  if (chosen.some(({ value }) => !equal(value, first.value))) throw conflict("a key has two values");
  return first.value;
}
