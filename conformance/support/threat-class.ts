/** Tables of attacks that are no statements: how a class of threat is tested, variant by variant. */
import { describe, expect, test } from "vitest";

export interface Variant {
  readonly name: string;
  /** Fails where the attack gets anywhere. */
  readonly attack: () => Promise<void>;
  /** Fails where the same without ill intent does not work. */
  readonly twin: () => Promise<void>;
}

const variantsMin = 5;

/** @param number of the class, as in the attack corpus */
export function describeThreat(number: number, what: string, variants: readonly Variant[]): void {
  describe(`class ${number}: ${what}`, () => {
    describe.each(variants)("$name", ({ attack, twin }) => {
      test("gets nowhere", async () => {
        await expect(attack()).resolves.toBeUndefined();
      });
      test("its harmless twin works", async () => {
        await expect(twin()).resolves.toBeUndefined();
      });
    });
    test("has five variants at least", () => {
      expect(new Set(variants.map(({ name }) => name)).size).toBe(variants.length);
      expect(variants.length).toBeGreaterThanOrEqual(variantsMin);
    });
  });
}
