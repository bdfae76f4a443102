/**
 * Every kind of mistake that is reported, by its code. From these tables come severities, docs/diagnostics.md, `policy check --explain`
 * and the rules of SARIF reports; tests run every example. Codes are stable: one that is given up is not given again.
 */
import { catalogCodes } from "./catalog-codes.ts";
import type { CodeEntry } from "./entry.ts";
import { fileCodes } from "./file-codes.ts";
import { lintCodes } from "./lint-codes.ts";
import { nameCodes } from "./name-codes.ts";
import { syntaxCodes } from "./syntax-codes.ts";
import { typeCodes } from "./type-codes.ts";

const all = { ...fileCodes, ...syntaxCodes, ...nameCodes, ...typeCodes, ...lintCodes, ...catalogCodes };

export type Code = keyof typeof all;

export const codes: Readonly<Record<Code, CodeEntry>> = all;

export function isCode(text: string): text is Code {
  return Object.hasOwn(codes, text);
}
