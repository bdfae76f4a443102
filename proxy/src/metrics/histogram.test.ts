import fc from "fast-check";
import { expect, test } from "vitest";
import { bucketsOf, Histogram, sumOfHistograms } from "./histogram.ts";

/** The bound of the bucket that a single duration falls into. */
function bucketOf(us: number): number {
  const histogram = new Histogram();
  histogram.observe(us);
  return bucketsOf(histogram.read()).buckets.find(([, count]) => count === 1)?.[0] ?? NaN;
}

test("a duration falls into the first bucket whose bound is not below it", () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1e8, noNaN: true }), (us) => {
      const bound = bucketOf(us) * 1e6;
      expect(us <= bound && (bound <= 1 || us > bound / 2 || bound === Infinity)).toBe(true);
    }),
  );
});

test.each([
  [0, 1e-6],
  [1, 1e-6],
  [1.01, 2e-6],
  [2, 2e-6],
  [2.5, 4e-6],
  [2 ** 26, 2 ** 26 / 1e6],
  [2 ** 26 + 1, Infinity],
  [1e12, Infinity],
])("%d µs belong to the bucket of %d s", (us, bound) => {
  expect(bucketOf(us)).toBe(bound);
});

test("buckets are cumulative, and the last one holds all", () => {
  const histogram = new Histogram();
  for (const us of [1, 3, 3, 1e9]) histogram.observe(us);
  const { buckets, count, sumSeconds } = bucketsOf(histogram.read());
  expect(buckets.slice(0, 3)).toEqual([
    [1e-6, 1],
    [2e-6, 1],
    [4e-6, 3],
  ]);
  expect({ last: buckets.at(-1), count, sumSeconds }).toEqual({
    last: [Infinity, 4],
    count: 4,
    sumSeconds: 1000.000007,
  });
});

test("the sum of several is what one of them had read of all", () => {
  fc.assert(
    fc.property(fc.array(fc.array(fc.double({ min: 0, max: 1e8, noNaN: true }))), (durations) => {
      const whole = new Histogram();
      const parts = durations.map((some) => {
        const part = new Histogram();
        for (const us of some) for (const each of [part, whole]) each.observe(us);
        return part.read();
      });
      expect(sumOfHistograms(parts).counts).toEqual(whole.read().counts);
    }),
  );
});
