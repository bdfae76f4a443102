import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { add, ceil, divide, floor, multiply, remainder, round, subtract } from "./arithmetic.ts";

/** The one representation of an integer. */
function narrow(value: bigint): number | bigint {
  return value >= -(2n ** 53n) + 1n && value < 2n ** 53n ? Number(value) : value;
}

describe("arithmetic", () => {
  test.each([
    [add(0.1, 0.2), 0.3],
    [subtract(0.3, 0.1), 0.2],
    [multiply(1.1, 1.1), 1.21],
    [multiply(0, -5), 0],
    [divide(0.3, 0.1), 3],
    [divide(1, 3), 1 / 3],
    [divide(-7, 2), -3.5],
    [divide(1, 10n ** 30n), 1e-30],
    [divide(10n ** 40n, 10n ** 20n), 10n ** 20n],
    [add(Number.MAX_SAFE_INTEGER, 1), 2n ** 53n],
    [subtract(2n ** 53n, 1), Number.MAX_SAFE_INTEGER],
    [add(2n ** 60n, 0.5), 2n ** 60n],
    [remainder(-7, 3), -1],
    [remainder(2n ** 64n, 10), 6],
    [round(2.5), 3],
    [round(-2.5), -3],
    [floor(-0.5), -1],
    [ceil(-0.5), 0],
    [ceil(1.2), 2],
  ])("gives %s where %s is expected", (actual, expected) => {
    expect(actual).toBe(expected);
  });

  test("division by zero and the remainder of fractions are errors", () => {
    expect(() => divide(1, 0)).toThrow("divide by zero");
    expect(() => remainder(1, 0)).toThrow("modulo by zero");
    expect(() => remainder(1.5, 1)).toThrow("modulo on floating-point number");
  });

  test("integers of any size come out exact and in their one representation", () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: -(2n ** 80n), max: 2n ** 80n }),
        fc.bigInt({ min: -(2n ** 80n), max: 2n ** 80n }),
        (a, b) => {
          expect(add(narrow(a), narrow(b))).toBe(narrow(a + b));
          expect(multiply(narrow(a), narrow(b))).toBe(narrow(a * b));
        },
      ),
    );
  });
});
