import { readdirSync, readFileSync } from "node:fs";
import { toValue, type Value } from "@penstock/language";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { caseOf, runCase, type RegoCase } from "./rego-case.ts";

/** The language's own cases: `language/cases/FEATURE.yaml`, a list of cases in the format of OPA's suite. */
const folder = new URL("../../language/cases/", import.meta.url);

for (const file of readdirSync(folder).filter((name) => name.endsWith(".yaml"))) {
  describe(file.replace(".yaml", ""), () => {
    for (const [index, { note, verdict }] of casesOf(file).entries()) {
      test(note === "" ? `case ${index + 1}` : note, () => {
        expect(verdict()).toEqual({ kind: "passed" });
      });
    }
  });
}

function casesOf(file: string): { readonly note: string; readonly verdict: () => unknown }[] {
  const list: unknown = parse(readFileSync(new URL(file, folder), "utf8"), { intAsBigInt: true });
  if (!Array.isArray(list)) throw new TypeError(`${file} must hold a list of cases`);
  return list.map((plain: unknown) => {
    const value: Value = toValue(plain);
    const test: RegoCase = caseOf(value);
    return { note: test.note, verdict: () => runCase(test) };
  });
}
