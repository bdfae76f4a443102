/**
 * What is allowed and probably not meant: `P4xx`. Looks at programs that have passed the checker or at what of them has, reports each
 * mistake once, and only where a reader would agree.
 */
import type { Analysis } from "../compile/analyse.ts";
import type { Diagnostic } from "../diagnostics.ts";
import type { Module } from "../syntax/tree.ts";
import { absentUnderNot } from "./absent.ts";
import { testsThatCannotFail } from "./cannot-fail.ts";
import { differsFromSome } from "./iteration.ts";
import { neverFires } from "./never.ts";
import { hiddenMasks, repeatedStatements } from "./repeated.ts";
import { shadowedNames } from "./shadowed.ts";
import { unusedImports, unusedRules, unusedVariables } from "./unused.ts";

export function lint(modules: readonly Module[], analysis: Analysis): Diagnostic[] {
  const errors = analysis.diagnostics.filter(({ severity }) => severity === "error");
  const warnings = [
    ...shadowedNames(modules, analysis),
    ...neverFires(analysis),
    ...repeatedStatements(modules),
    ...hiddenMasks(modules),
    ...testsThatCannotFail(analysis),
    ...absentUnderNot(analysis),
    ...differsFromSome(analysis),
    // A rule with a wrong name in it has not been understood, and may be what uses them.
    ...(errors.some(({ code }) => code.startsWith("P2"))
      ? []
      : [...unusedVariables(analysis), ...unusedImports(modules, analysis), ...unusedRules(modules, analysis)]),
  ];
  return warnings.filter(({ span }) => !errors.some((error) => overlaps(span, error.span)));
}

function overlaps(a: Diagnostic["span"], b: Diagnostic["span"]): boolean {
  return a.file === b.file && a.start < b.end && b.start < a.end;
}
