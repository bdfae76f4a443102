/** Regular expressions that policies write out: compiled when the policy is, not when a statement waits for it. */
import { PatternChecker } from "../builtins/regex-engine.ts";
import type { Term } from "../compile/plan.ts";
import { type Diagnostic, diagnostic } from "../diagnostics.ts";

export class Patterns {
  private readonly checker = new PatternChecker();

  check({ callee, args }: Extract<Term, { kind: "call" }>): readonly Diagnostic[] {
    if (callee.kind !== "builtin" || callee.builtin.pattern === undefined) return [];
    const pattern = args[callee.builtin.pattern];
    if (pattern?.kind !== "const" || typeof pattern.value !== "string") return [];
    const mistake = this.checker.check(pattern.value);
    if (mistake === undefined) return [];
    if (mistake.kind === "size") {
      return [
        diagnostic("P103", mistake.message, pattern.span, "match parts of the text, each with a pattern of its own"),
      ];
    }
    const help = "patterns have the syntax of RE2: no look-around, no back-references";
    return [diagnostic("P324", mistake.message, pattern.span, help)];
  }
}
