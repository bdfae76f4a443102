import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  compare,
  equal,
  format,
  fromValue,
  keyOf,
  parseJson,
  parseNumber,
  RegoObject,
  RegoSet,
  toJson,
  toValue,
  type Value,
} from "./values.ts";

const anyValue: fc.Arbitrary<Value> = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constant(null),
    fc.boolean(),
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((double) => toValue(double)),
    fc.bigInt().map((integer) => toValue(integer)),
    fc.string(),
    fc.constantFrom("\u0000", "\u0000.[1]", "__proto__", "constructor"),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.array(tie("value"), { maxLength: 4 }).map((members) => RegoSet.from(members)),
    fc.array(fc.tuple(tie("value"), tie("value")), { maxLength: 4 }).map((entries) => RegoObject.fromEntries(entries)),
  ),
})).value;

describe("properties of all values", () => {
  test("two values are equal exactly where they compare as equal and share a key", () => {
    fc.assert(
      fc.property(anyValue, anyValue, (a, b) => {
        expect(equal(a, b)).toBe(compare(a, b) === 0);
        expect(keyOf(a) === keyOf(b)).toBe(equal(a, b));
        expect(equal(a, a)).toBe(true);
      }),
    );
  });

  test("the order is total", () => {
    fc.assert(
      fc.property(anyValue, anyValue, anyValue, (a, b, c) => {
        expect(Math.sign(compare(a, b))).toBe(-Math.sign(compare(b, a)) + 0);
        const [first = null, second = null, third = null] = [a, b, c].sort(compare);
        expect(
          [compare(first, second), compare(second, third), compare(first, third)].every((order) => order <= 0),
        ).toBe(true);
      }),
    );
  });

  test("an object gives back what was put under any key", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(anyValue, anyValue)), (entries) => {
        const object = RegoObject.fromEntries(entries);
        for (const [key, value] of object.entries()) expect(equal(object.get(key) ?? null, value)).toBe(true);
        expect(equal(RegoObject.fromEntries(object.entries()), object)).toBe(true);
      }),
    );
  });

  test("JSON text survives a round trip", () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(fromValue(parseJson(toJson(parseJson(text))))).toEqual(fromValue(parseJson(text)));
      }),
    );
  });
});

test.each([
  ["9007199254740991", 9007199254740991],
  ["9007199254740993", 9007199254740993n],
  ["9007199254740993.0", 9007199254740993n],
  ["1e20", 100000000000000000000n],
  ["-0", 0],
  ["1.50", 1.5],
  ["1e400", undefined],
  ["01", undefined],
  ["1.", undefined],
])("reads the number %s exactly", (text, expected) => {
  expect(parseNumber(text)).toBe(expected);
});

test("sorts strings by code point, not by UTF-16 unit", () => {
  expect(compare("\u{1F600}", "\uFFFF")).toBeGreaterThan(0);
});

test("prints values as Rego does", () => {
  const value = toValue({ set: new Set([2, 1]), none: new Set(), list: [null, true, "a"] });
  expect(format(value)).toBe('{"list": [null, true, "a"], "none": set(), "set": {1, 2}}');
});

test("refuses what no policy value can be", () => {
  expect(() => toValue(Number.NaN)).toThrow("not a policy value");
  expect(() => toValue({ when: new Date() })).toThrow("not a policy value");
});
