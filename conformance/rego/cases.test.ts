import { readdirSync, readFileSync } from "node:fs";
import { toValue } from "@penstock/language";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { caseOf, runCase, type RegoCase } from "./rego-case.ts";

/** The language's own cases: `language/cases/FEATURE.yaml`, a list of cases in the format of OPA's suite. */
const folder = new URL("../../language/cases/", import.meta.url);

const files = readdirSync(folder).filter((file) => file.endsWith(".yaml"));

describe.each(files)("%s", (file) => {
  test.each(casesOf(file))("$note", (example) => {
    expect(runCase(example)).toEqual({ kind: "passed" });
  });
});

function casesOf(file: string): readonly RegoCase[] {
  const list: unknown = parse(readFileSync(new URL(file, folder), "utf8"), { intAsBigInt: true });
  if (!Array.isArray(list)) throw new TypeError(`${file} must hold a list of cases`);
  return list.map((plain: unknown) => caseOf(toValue(plain)));
}
