import { BuiltinError, CostError, type Builtin, type BuiltinContext, type BuiltinType } from "../builtin.ts";
import { languageLimits } from "../limits.ts";
import { RegoObject, RegoSet, isArray, isNumber, toInteger, typeName, type Value } from "../values.ts";

/** A builtin without side effects; `options.pure: false` for what depends on more than its arguments. */
export function define(
  name: string,
  args: readonly BuiltinType[],
  result: BuiltinType,
  apply: (args: readonly Value[], context: BuiltinContext) => Value | undefined,
  options: {
    readonly pure?: boolean;
    readonly relation?: true;
    readonly charges?: Builtin["charges"];
    readonly factor?: number;
    readonly pattern?: number;
  } = {},
): Builtin {
  const { charges = "parts", factor = 1, pure = true, ...rest } = options;
  return { name, arity: args.length, types: { args, result }, pure, charges, factor, apply, ...rest };
}

/** Wraps a builtin that takes one string and gives a value. */
export function ofString(
  name: string,
  result: BuiltinType,
  apply: (text: string, context: BuiltinContext) => Value | undefined,
  factor = 1,
): Builtin {
  return define(name, ["string"], result, (args, context) => apply(stringAt(args, 0), context), { factor });
}

/** The argument at `index`; the compiler has checked how many there are. */
export function valueAt(args: readonly Value[], index: number): Value {
  const value = args[index];
  if (value === undefined) throw new Error(`argument ${index + 1} is missing`);
  return value;
}

export function typeError(index: number, value: Value, ...wanted: readonly string[]): BuiltinError {
  const expected = wanted.length === 1 ? wanted[0] : `one of {${wanted.join(", ")}}`;
  return new BuiltinError(`operand ${index + 1} must be ${expected} but got ${typeName(value)}`, "type");
}

export function elementError(index: number, collection: Value, element: Value, wanted: string): BuiltinError {
  const container = typeName(collection);
  return new BuiltinError(
    `operand ${index + 1} must be ${container} of ${wanted}s but got ${container} containing ${typeName(element)}`,
    "type",
  );
}

export function stringAt(args: readonly Value[], index: number): string {
  const value = valueAt(args, index);
  if (typeof value !== "string") throw typeError(index, value, "string");
  return value;
}

export function numberAt(args: readonly Value[], index: number): number | bigint {
  const value = valueAt(args, index);
  if (!isNumber(value)) throw typeError(index, value, "number");
  return value;
}

export function integerAt(args: readonly Value[], index: number): bigint {
  const exact = toInteger(numberAt(args, index));
  if (exact === undefined) throw noInteger(index);
  return exact;
}

/**
 * An integer used as an index or a count, one of 64 bits as in OPA: what lies beyond the safe range is cut to its ends, which no
 * collection reaches.
 */
export function indexAt(args: readonly Value[], index: number): number {
  const exact = integerAt(args, index);
  if (BigInt.asIntN(64, exact) !== exact) throw noInteger(index);
  if (exact > BigInt(Number.MAX_SAFE_INTEGER)) return Number.MAX_SAFE_INTEGER;
  return exact < BigInt(Number.MIN_SAFE_INTEGER) ? Number.MIN_SAFE_INTEGER : Number(exact);
}

/** OPA's words, for what is no number of 64 bits too. */
function noInteger(index: number): BuiltinError {
  return new BuiltinError(`operand ${index + 1} must be integer number but got floating-point number`, "type");
}

export function arrayAt(args: readonly Value[], index: number): readonly Value[] {
  const value = valueAt(args, index);
  if (!isArray(value)) throw typeError(index, value, "array");
  return value;
}

export function setAt(args: readonly Value[], index: number): RegoSet {
  const value = valueAt(args, index);
  if (!(value instanceof RegoSet)) throw typeError(index, value, "set");
  return value;
}

export function objectAt(args: readonly Value[], index: number): RegoObject {
  const value = valueAt(args, index);
  if (!(value instanceof RegoObject)) throw typeError(index, value, "object");
  return value;
}

/** The elements of an array or a set, the latter in Rego's order. */
export function collectionAt(args: readonly Value[], index: number): readonly Value[] {
  const value = valueAt(args, index);
  if (isArray(value)) return value;
  if (value instanceof RegoSet) return value.members();
  throw typeError(index, value, "set", "array");
}

export function stringsAt(args: readonly Value[], index: number): readonly string[] {
  return collectionAt(args, index).map((element) => {
    if (typeof element !== "string") throw elementError(index, valueAt(args, index), element, "string");
    return element;
  });
}

export function numbersAt(args: readonly Value[], index: number): readonly (number | bigint)[] {
  return collectionAt(args, index).map((element) => {
    if (!isNumber(element)) throw elementError(index, valueAt(args, index), element, "number");
    return element;
  });
}

/** @throws {CostError} */
export function checkElements(count: number): void {
  if (count > languageLimits.elementsMax) {
    throw new CostError(`a collection of more than ${languageLimits.elementsMax} elements`);
  }
}

/** @throws {CostError} */
export function checkText(length: number): void {
  if (length > languageLimits.textCharsMax) {
    throw new CostError(`a text of more than ${languageLimits.textCharsMax} characters`);
  }
}

const largest = 1n << BigInt(languageLimits.integerBitsMax);

/** Arithmetic makes no integers that only fill memory. @throws {CostError} */
export function checkInteger<T extends Value | undefined>(value: T): T {
  if (typeof value === "bigint" && (value > largest || value < -largest)) throw integerTooLong();
  return value;
}

export function integerTooLong(): CostError {
  return new CostError(`an integer of more than ${languageLimits.integerBitsMax} bits`);
}

/**
 * Steps of looking for a text in a text, beyond those for reading it: V8 compares anew at each place, which for long searches costs the product
 * of the lengths.
 */
export function searchSteps(text: string, search: string): number {
  return (text.length >> 4) * (search.length >> 6);
}

/** The types that many signatures share. */
export const arrayOrSet: BuiltinType = { anyOf: ["array", "set"] };
export const strings: BuiltinType = { anyOf: [{ array: "string" }, { set: "string" }] };
