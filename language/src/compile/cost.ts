/**
 * What generated code is charged for: see `languageLimits`. Hot file: loops and calls of every decision come through here, and pay with a
 * subtraction and a comparison (`npm run bench -- decision`).
 */
import { type Builtin, CostError } from "../builtin.ts";
import { compare, equal, isArray, lookup, RegoObject, RegoSet, type Value } from "../values.ts";
import { charsPerStepBits, weightOf } from "../weight.ts";
import type { EvaluationContext } from "./evaluation-context.ts";
import { EvaluationError, type Site } from "./evaluation-error.ts";

/** What has a counter: an environment. */
interface Charged {
  readonly context: EvaluationContext;
}

/** Comparing and hashing texts runs at the speed of memory. */
const comparedCharsPerStepBits = 9;

/** @throws {EvaluationError} once all is spent */
export function spend(environment: Charged, steps: number, site: Site): void {
  if ((environment.context.left -= steps) < 0) throw stopped(environment.context.exhausted(), environment, site);
}

/** The error of an evaluation that breaks a bound. Names the construct and the bound. */
export function stopped(error: CostError, { context }: Charged, site: Site): EvaluationError {
  if (context.left < 0) context.stoppedIn ??= site.name;
  return new EvaluationError("eval_cost_error", `\`${site.name}\` needs ${error.message}`, site);
}

const noValues: readonly Value[] = [];

/** `valuesOf`, for a loop over all of it. */
export function spread(environment: Charged, value: Value | undefined, site: Site): readonly Value[] {
  let values = noValues;
  if (isArray(value)) values = value;
  else if (value instanceof RegoSet || value instanceof RegoObject) {
    // Sorted on first use.
    spend(environment, value.size, site);
    values = value instanceof RegoSet ? value.members() : value.values();
  }
  spend(environment, values.length, site);
  return values;
}

/** Charges for all that is inside a value. */
export function weigh(environment: Charged, value: Value, site: Site): void {
  const { left } = environment.context;
  if (typeof value === "object" && value !== null) spend(environment, weightOf(value, left), site);
}

/** Deep equality of values of which nothing is known. */
export function same(environment: Charged, a: Value, b: Value, site: Site): boolean {
  if (typeof a === "object" && a !== null) {
    if (a === b) return true;
    if (typeof b === "object" && b !== null) {
      weigh(environment, a, site);
      weigh(environment, b, site);
    }
  } else if (typeof a === "string" && a.length >> comparedCharsPerStepBits > 0) {
    spend(environment, a.length >> comparedCharsPerStepBits, site);
  }
  return equal(a, b);
}

/** Rego's order. */
export function ordered(environment: Charged, a: Value, b: Value, site: Site): number {
  if (typeof a === "string") spend(environment, a.length >> charsPerStepBits, site);
  else if (typeof a === "object" && typeof b === "object") {
    weigh(environment, a, site);
    weigh(environment, b, site);
  }
  return compare(a, b);
}

/** `value in domain`. */
export function member(environment: Charged, value: Value, domain: Value, site: Site): boolean {
  if (domain instanceof RegoSet) {
    weigh(environment, value, site);
    return domain.has(value);
  }
  const values = spread(environment, domain, site);
  if (typeof value === "object" && value !== null) {
    spend(environment, values.length * weightOf(value, environment.context.left), site);
  }
  for (let index = 0; index < values.length; index += 1) if (equal(values[index] ?? null, value)) return true;
  return false;
}

/** `key, value in domain`. */
export function memberAt(environment: Charged, key: Value, value: Value, domain: Value, site: Site): boolean {
  const found = at(environment, domain, key, site);
  return found !== undefined && same(environment, found, value, site);
}

/** `container[key]`, for a key that is computed. */
export function at(environment: Charged, container: Value | undefined, key: Value, site: Site): Value | undefined {
  // A composite key is looked up by its text.
  if (typeof key === "object" && key !== null) weigh(environment, key, site);
  return lookup(container, key);
}

export function setOf(environment: Charged, values: readonly Value[], site: Site): RegoSet {
  const set = new RegoSet();
  for (const value of values) addTo(environment, set, value, site);
  return set;
}

export function addTo(environment: Charged, set: RegoSet, value: Value, site: Site): void {
  weigh(environment, value, site);
  set.add(value);
}

export function putInto(environment: Charged, object: RegoObject, key: Value, value: Value, site: Site): void {
  weigh(environment, key, site);
  object.put(key, value);
}

export function putUnique(environment: Charged, object: RegoObject, key: Value, value: Value, site: Site): void {
  weigh(environment, key, site);
  const before = object.get(key);
  if (before === undefined) object.put(key, value);
  else if (!same(environment, before, value, site)) {
    throw new EvaluationError("eval_conflict_error", "object keys must be unique", site);
  }
}

/** The steps of a call, from its arguments. */
export function callSteps({ charges, factor = 1 }: Builtin, args: readonly Value[], most: number): number {
  let steps = 1;
  for (let index = 0; index < args.length; index += 1) {
    const arg = args[index];
    if (typeof arg === "string") steps += arg.length >> charsPerStepBits;
    else if (typeof arg === "object" && arg !== null && charges !== "texts") {
      steps += charges === "all" ? weightOf(arg, most) : sizeOf(arg);
    } else if (typeof arg === "bigint") steps += bigintSteps;
  }
  return steps * factor;
}

/** The steps of what a call gave. */
export function resultSteps(result: Value | undefined): number {
  if (typeof result === "string") return result.length >> charsPerStepBits;
  if (typeof result === "bigint") return bigintSteps;
  return typeof result === "object" && result !== null ? sizeOf(result) : 0;
}

/** Integers of the longest kind take microseconds to multiply. */
const bigintSteps = 100;

function sizeOf(value: readonly Value[] | RegoObject | RegoSet): number {
  return isArray(value) ? value.length : value.size;
}
