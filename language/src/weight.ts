/** How large values are, in steps of an evaluation: see `languageLimits`. */
import { isArray, type Value } from "./values.ts";

/** 16 characters of a text cost one step to read or write. */
export const charsPerStepBits = 4;

/**
 * Everything inside a value, counted as often as it is reached: a small value that holds itself twice, sixty times over, is a large one.
 * Stops counting beyond `most`.
 */
export function weightOf(value: Value, most: number): number {
  if (typeof value === "string") return value.length >> charsPerStepBits;
  if (typeof value !== "object" || value === null) return 0;
  let weight = 0;
  const open: Value[] = [value];
  for (let next = open.pop(); next !== undefined && weight <= most; next = open.pop()) {
    if (typeof next === "string") weight += next.length >> charsPerStepBits;
    if (typeof next !== "object" || next === null) continue;
    if (isArray(next)) {
      weight += 1 + next.length;
      if (weight <= most) for (const item of next) if (isHeavy(item)) open.push(item);
    } else {
      weight += 1 + next.size;
      if (weight <= most) next.forEachPart((part) => void (isHeavy(part) && open.push(part)));
    }
  }
  return weight;
}

function isHeavy(value: Value): boolean {
  return typeof value === "string" ? value.length >> charsPerStepBits > 0 : typeof value === "object" && value !== null;
}
