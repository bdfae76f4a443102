/** The language's own cases: `language/cases/FEATURE.yaml`, a list of cases in the format of OPA's suite. */
import { readdirSync, readFileSync } from "node:fs";
import { toValue } from "@penstock/language";
import { parse } from "yaml";
import { caseOf, type RegoCase } from "./rego-case.ts";

const folder = new URL("../../language/cases/", import.meta.url);

export const caseFiles: readonly string[] = readdirSync(folder).filter((file) => file.endsWith(".yaml"));

export function casesOf(file: string): readonly RegoCase[] {
  const list: unknown = parse(readFileSync(new URL(file, folder), "utf8"), { intAsBigInt: true });
  if (!Array.isArray(list)) throw new TypeError(`${file} must hold a list of cases`);
  return list.map((plain: unknown) => caseOf(toValue(plain)));
}
