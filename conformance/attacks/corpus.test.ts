/** Whether the corpora are whole: that they pass says nothing where a class is missing from them. */
import { describe, expect, test } from "vitest";
import { readAttacks } from "./corpus.ts";
import { missing, threats } from "./threats.ts";

const corpora = {
  postgres: readAttacks(),
  mysql: readAttacks(new URL("mysql/", import.meta.url)),
};
const variantsMin = 5;

describe.each(["postgres", "mysql"] as const)("%s", (dialect) => {
  const attacks = corpora[dialect];
  const elsewhere: readonly number[] = missing[dialect];

  test.each(Object.entries(threats).filter(([number]) => !elsewhere.includes(Number(number))))(
    "class %s (%s) has five variants at least, each with its twin",
    (number) => {
      const variants = attacks.filter((attack) => attack.class === Number(number));
      expect(variants.length).toBeGreaterThanOrEqual(variantsMin);
      // What is a twin of itself shows no difference between harm and none.
      for (const { name, attack, twin } of variants) {
        expect({ name, isItsOwnTwin: attack.join(";") === twin.join(";") }).toEqual({ name, isItsOwnTwin: false });
      }
    },
  );

  test("every case belongs to a class, and no two have one name", () => {
    expect(attacks.filter((attack) => threats[attack.class] === undefined)).toEqual([]);
    const names = attacks.map((attack) => `${attack.class}: ${attack.name}`);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });
});
