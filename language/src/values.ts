/**
 * Run-time values of the policy language and their operations.
 *
 * Hot file: every decision reads vocabulary records through `RegoObject.get`, a single `Map` look-up. Primitives are JavaScript's own,
 * arrays are plain arrays; objects and sets are small classes over `Map`, because keys may be any value.
 *
 * INVARIANT: an integer in the safe range is always a `number`, one beyond it always a `bigint` (see `integer`), so that integers are
 * exact and equal integers have one representation. Other numbers are IEEE 754 doubles, never NaN or infinite.
 * INVARIANT: a value that has been handed out is never changed; `put` and `add` are for whoever is still building it.
 */
import { languageLimits } from "./limits.ts";

export type Value = null | boolean | number | bigint | string | readonly Value[] | RegoObject | RegoSet;

export type TypeName = "null" | "boolean" | "number" | "string" | "array" | "object" | "set";

/**
 * What a value is called in a `Map`: primitives by themselves, composites by a canonical text behind a NUL, strings that begin with a NUL
 * behind another one, so that no string collides with a composite.
 */
export type Key = null | boolean | number | bigint | string;

export function keyOf(value: Value): Key {
  switch (typeof value) {
    case "string":
      return value.charCodeAt(0) === 0 ? `\u0000${value}` : value;
    case "number":
      return Number.isInteger(value) && !Number.isSafeInteger(value) ? BigInt(value) : value;
    case "object":
      return value === null ? null : `\u0000.${canonical(value)}`;
    default:
      return value;
  }
}

/** Shared by objects and sets: the keys as values where a key is not its own value. */
function originalOf(key: Key, originals: ReadonlyMap<Key, Value> | undefined): Value {
  if (typeof key !== "string" || key.charCodeAt(0) !== 0) return key;
  return originals?.get(key) ?? key.slice(1);
}

export class RegoObject {
  private readonly map = new Map<Key, Value>();
  private originals: Map<Key, Value> | undefined;
  private sorted: readonly (readonly [Value, Value])[] | undefined;

  /** String keys only; `undefined` fields are left out. */
  static fromRecord(record: Readonly<Record<string, Value | undefined>>): RegoObject {
    const object = new RegoObject();
    for (const name of Object.keys(record)) {
      const value = record[name];
      if (value !== undefined) object.put(name, value);
    }
    return object;
  }

  static fromEntries(entries: Iterable<readonly [Value, Value]>): RegoObject {
    const object = new RegoObject();
    for (const [key, value] of entries) object.put(key, value);
    return object;
  }

  get size(): number {
    return this.map.size;
  }

  get(key: Value): Value | undefined {
    return this.map.get(keyOf(key));
  }

  /** For a name known when the code was made, which must not begin with NUL: no key is computed. */
  field(name: string): Value | undefined {
    return this.map.get(name);
  }

  has(key: Value): boolean {
    return this.map.has(keyOf(key));
  }

  /** Only while building. */
  put(key: Value, value: Value): void {
    const mapKey = keyOf(key);
    if (typeof key === "object" && key !== null) {
      this.originals ??= new Map();
      this.originals.set(mapKey, key);
    }
    this.map.set(mapKey, value);
    this.sorted = undefined;
  }

  /** Keys and values, in no order. */
  forEachPart(visit: (part: Value) => void): void {
    for (const [key, value] of this.map) {
      visit(originalOf(key, this.originals));
      visit(value);
    }
  }

  /** In Rego's order of keys. */
  entries(): readonly (readonly [Value, Value])[] {
    if (this.sorted === undefined) {
      const entries: [Value, Value][] = [];
      for (const [key, value] of this.map) entries.push([originalOf(key, this.originals), value]);
      this.sorted = entries.sort((a, b) => compare(a[0], b[0]));
    }
    return this.sorted;
  }

  keys(): Value[] {
    return this.entries().map(([key]) => key);
  }

  values(): Value[] {
    return this.entries().map(([, value]) => value);
  }

  /** A copy that may be built on. */
  copy(): RegoObject {
    const object = new RegoObject();
    for (const [key, value] of this.map) object.put(originalOf(key, this.originals), value);
    return object;
  }
}

export class RegoSet {
  private readonly map = new Map<Key, Value>();
  private sorted: readonly Value[] | undefined;

  static from(values: Iterable<Value>): RegoSet {
    const set = new RegoSet();
    for (const value of values) set.add(value);
    return set;
  }

  get size(): number {
    return this.map.size;
  }

  has(value: Value): boolean {
    return this.map.has(keyOf(value));
  }

  /** Only while building. */
  add(value: Value): void {
    this.map.set(keyOf(value), value);
    this.sorted = undefined;
  }

  /** Members, in no order. */
  forEachPart(visit: (part: Value) => void): void {
    for (const value of this.map.values()) visit(value);
  }

  /** In Rego's order. */
  members(): readonly Value[] {
    this.sorted ??= [...this.map.values()].sort(compare);
    return this.sorted;
  }

  [Symbol.iterator](): Iterator<Value> {
    return this.members()[Symbol.iterator]();
  }
}

export const emptyObject: RegoObject = new RegoObject();
export const emptySet: RegoSet = new RegoSet();

export function isArray(value: Value | undefined): value is readonly Value[] {
  return Array.isArray(value);
}

export function isNumber(value: Value | undefined): value is number | bigint {
  return typeof value === "number" || typeof value === "bigint";
}

export function typeName(value: Value): TypeName {
  switch (typeof value) {
    case "boolean":
      return "boolean";
    case "number":
    case "bigint":
      return "number";
    case "string":
      return "string";
    case "object":
      if (value === null) return "null";
      if (isArray(value)) return "array";
      return value instanceof RegoSet ? "set" : "object";
    default:
      throw new TypeError(`not a policy value: ${typeof value}`);
  }
}

/** The one representation of an integer. */
export function integer(value: bigint): number | bigint {
  return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
}

/** A number whose value is an integer, as `bigint`; `undefined` for fractions and for what is no number. */
export function toInteger(value: Value | undefined): bigint | undefined {
  if (typeof value === "bigint") return value;
  return typeof value === "number" && Number.isInteger(value) ? BigInt(value) : undefined;
}

/** Longer numbers only fill memory: as many digits as `languageLimits.integerBitsMax` bits give. */
const digitsMax = Math.floor(languageLimits.integerBitsMax * Math.LOG10E * Math.LN2);

/** The number that a text in JSON's syntax names, exact for integers; `undefined` where it is none or too large for a double. */
export function parseNumber(text: string): number | bigint | undefined {
  const match = /^(-?)(0|[1-9][0-9]*)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]+))?$/.exec(text);
  if (match === null) return undefined;
  const [, sign, whole = "", fraction = "", exponent] = match;
  if (whole.length + fraction.length > digitsMax) return undefined;
  if (fraction === "" && exponent === undefined) {
    // `+ 0` makes 0 of -0.
    return whole.length < 16 ? Number(text) + 0 : integer(BigInt(text));
  }
  const value = Number(text);
  if (!Number.isFinite(value)) return undefined;
  if (!Number.isInteger(value) || Number.isSafeInteger(value)) {
    return Object.is(value, -0) ? 0 : value;
  }
  // An integer spelled with a fraction or exponent, such as 1e20 or 9007199254740993.0: exact too.
  const shift = Number(exponent ?? "0") - fraction.length;
  const digits = BigInt(whole + fraction);
  const scale = 10n ** BigInt(Math.abs(shift));
  const magnitude = shift >= 0 ? digits * scale : digits / scale;
  if (shift < 0 && digits % scale !== 0n) return value;
  return integer(sign === "-" ? -magnitude : magnitude);
}

const typeOrder: Readonly<Record<TypeName, number>> = {
  null: 0,
  boolean: 1,
  number: 2,
  string: 3,
  array: 4,
  object: 5,
  set: 6,
};

/** Rego's total order across all types: negative, zero or positive. */
export function compare(a: Value, b: Value): number {
  if (a === b) return 0;
  if (typeof a === "string" && typeof b === "string") return compareStrings(a, b);
  const type = typeName(a);
  const difference = typeOrder[type] - typeOrder[typeName(b)];
  if (difference !== 0) return difference;
  if (isNumber(a) && isNumber(b)) return a < b ? -1 : a > b ? 1 : 0;
  if (isArray(a) && isArray(b)) return compareSequences(a, b);
  if (a instanceof RegoSet && b instanceof RegoSet) return compareSequences(a.members(), b.members());
  if (a instanceof RegoObject && b instanceof RegoObject) {
    const left = a.entries();
    const right = b.entries();
    for (let index = 0; index < left.length && index < right.length; index += 1) {
      const order = compareSequences(left[index] ?? [], right[index] ?? []);
      if (order !== 0) return order;
    }
    return left.length - right.length;
  }
  // Both booleans and unequal, since null equals null above.
  return a === false ? -1 : 1;
}

function compareSequences(a: readonly Value[], b: readonly Value[]): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index += 1) {
    const order = compare(a[index] ?? null, b[index] ?? null);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

/** By code point, as UTF-8 bytes compare; JavaScript's own order puts surrogates before U+E000. */
export function compareStrings(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index += 1) {
    const left = a.charCodeAt(index);
    const right = b.charCodeAt(index);
    if (left !== right) {
      const leftSurrogate = left >= 0xd800 && left <= 0xdfff;
      const rightSurrogate = right >= 0xd800 && right <= 0xdfff;
      if (leftSurrogate !== rightSurrogate) return leftSurrogate ? 1 : -1;
      return left - right;
    }
  }
  return a.length - b.length;
}

/** Deep equality; `1.0 == 1`. */
export function equal(a: Value, b: Value): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || a === null) {
    // A double and an integer beyond the safe range may name the same number.
    return (typeof a === "bigint" || typeof b === "bigint") && isNumber(a) && isNumber(b) && compare(a, b) === 0;
  }
  if (typeof b !== "object" || b === null) return false;
  if (isArray(a)) {
    return isArray(b) && a.length === b.length && a.every((item, index) => equal(item, b[index] ?? null));
  }
  if (isArray(b)) return false;
  if (a.size !== b.size) return false;
  if (a instanceof RegoSet) {
    return b instanceof RegoSet && a.members().every((member) => b.has(member));
  }
  if (!(b instanceof RegoObject)) return false;
  return a.entries().every(([key, value]) => {
    const other = b.get(key);
    return other !== undefined && equal(value, other);
  });
}

/** `container[key]`: element of an array, value of an object, the member itself of a set; `undefined` where there is none. */
export function lookup(container: Value | undefined, key: Value): Value | undefined {
  if (container instanceof RegoObject) return container.get(key);
  if (isArray(container)) return typeof key === "number" && key >= 0 ? container[key] : undefined;
  if (container instanceof RegoSet) return container.has(key) ? key : undefined;
  return undefined;
}

/** One text a value: equal values have equal texts and no others. */
function canonical(value: Value): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value !== "object" || value === null) return String(keyOf(value));
  if (isArray(value)) return `[${value.map(canonical).join()}]`;
  if (value instanceof RegoSet) return `<${value.members().map(canonical).join()}>`;
  return `{${value
    .entries()
    .map(([key, item]) => `${canonical(key)}:${canonical(item)}`)
    .join()}}`;
}

/**
 * A value from plain JavaScript: `Set` becomes a set, `Map` and plain objects become objects (fields that are `undefined` are left
 * out), values stay as they are. Throws `TypeError` for what no policy value can be: NaN, functions, class instances.
 */
export function toValue(plain: unknown): Value {
  switch (typeof plain) {
    case "string":
    case "boolean":
      return plain;
    case "number":
      if (!Number.isFinite(plain)) throw new TypeError(`not a policy value: ${plain}`);
      return Object.is(plain, -0) ? 0 : plain;
    case "bigint":
      return integer(plain);
    case "object": {
      if (plain === null || plain instanceof RegoObject || plain instanceof RegoSet) return plain;
      if (Array.isArray(plain)) return plain.map(toValue);
      if (plain instanceof Set) return RegoSet.from(Array.from(plain, toValue));
      if (plain instanceof Map) {
        return RegoObject.fromEntries(Array.from(plain, ([key, value]) => [toValue(key), toValue(value)] as const));
      }
      const prototype: unknown = Object.getPrototypeOf(plain);
      if (prototype !== null && prototype !== Object.prototype) {
        throw new TypeError(`not a policy value: an instance of ${plain.constructor.name}`);
      }
      const object = new RegoObject();
      for (const [name, value] of Object.entries(plain)) {
        if (value !== undefined) object.put(name, toValue(value));
      }
      return object;
    }
    default:
      throw new TypeError(`not a policy value: ${typeof plain}`);
  }
}

/** Plain JavaScript as JSON has it: sets become sorted arrays, keys that are no strings become their JSON text. Integers beyond 2^53 stay `bigint`. */
export function fromValue(value: Value): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (isArray(value)) return value.map(fromValue);
  if (value instanceof RegoSet) return value.members().map(fromValue);
  // Own properties, whatever the key: `__proto__` is a name like any other.
  const object: Record<string, unknown> = {};
  for (const [key, item] of value.entries()) {
    Object.defineProperty(object, typeof key === "string" ? key : toJson(key), {
      value: fromValue(item),
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
  return object;
}

/** JSON text to value, integers exact. Throws `SyntaxError` as `JSON.parse` does. */
export function parseJson(text: string): Value {
  return toValue(
    JSON.parse(text, (_key, value: unknown, context?: { readonly source?: string }) => {
      if (typeof value !== "number" || context?.source === undefined) return value;
      const exact = parseNumber(context.source);
      if (exact === undefined) throw new SyntaxError(`number out of range: ${context.source}`);
      return exact;
    }),
  );
}

/** Value to compact JSON text, keys sorted, integers exact; sets are arrays, keys that are no strings become their JSON text. */
export function toJson(value: Value): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value !== "object" || value === null) return String(value);
  if (isArray(value)) return `[${value.map(toJson).join()}]`;
  if (value instanceof RegoSet) return `[${value.members().map(toJson).join()}]`;
  return `{${value
    .entries()
    .map(([key, item]) => `${JSON.stringify(typeof key === "string" ? key : toJson(key))}:${toJson(item)}`)
    .join()}}`;
}

/** Text as Rego writes values: `{"a": [1, 2]}`, sets `{1, 2}`, the empty set `set()`. */
export function format(value: Value): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value !== "object" || value === null) return String(value);
  if (isArray(value)) return `[${value.map(format).join(", ")}]`;
  if (value instanceof RegoSet) return value.size === 0 ? "set()" : `{${value.members().map(format).join(", ")}}`;
  return `{${value
    .entries()
    .map(([key, item]) => `${format(key)}: ${format(item)}`)
    .join(", ")}}`;
}
