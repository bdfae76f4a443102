import type { Analysis } from "../compile/analyse.ts";
import type { Body, Literal, Local, Term } from "../compile/plan.ts";
import { type Diagnostic, diagnostic } from "../diagnostics.ts";
import { partsOf } from "../compile/parts.ts";

/** Tests that pass whatever the policies say. */
export function testsThatCannotFail({ rules }: Analysis): Diagnostic[] {
  return rules.groups.flatMap(({ path, kind, rules: sources, definitions }) => {
    const name = path.at(-1) ?? "";
    if (kind !== "complete" || !name.startsWith("test_")) return [];
    return definitions.flatMap(({ branches, isDefault }, index) => {
      const source = sources[index];
      const isCertain = branches.some(({ body, value }) => isTrue(value) && alwaysHolds(body));
      if (source === undefined || isDefault || !isCertain) return [];
      const help = 'say what must hold, such as `decision.outcome == "deny"`';
      return [diagnostic("P410", `test \`${name}\` cannot fail`, source.rule.name.span, help)];
    });
  });
}

function isTrue(value: Term): boolean {
  return value.kind === "const" && value.value !== false;
}

function alwaysHolds(body: Body): boolean {
  const bound = new Set<Local>();
  return body.every((literal) => holds(literal, bound));
}

function holds(literal: Literal, bound: Set<Local>): boolean {
  switch (literal.kind) {
    case "unify": {
      const { left, right } = literal;
      if (left.kind !== "local" || bound.has(left.local) || !hasValue(right, bound)) return false;
      bound.add(left.local);
      return true;
    }
    case "test":
      return isTrue(literal.term) || (literal.term.kind === "call" && isPrint(literal.term));
    case "with":
      return (
        literal.overrides.every(({ value }) => value === undefined || hasValue(value, bound)) &&
        holds(literal.literal, bound)
      );
    case "some":
    case "every":
    case "not":
      return false;
  }
}

/** Terms that are never undefined. */
function hasValue(term: Term, bound: ReadonlySet<Local>): boolean {
  switch (term.kind) {
    case "const":
    case "template":
    case "comprehension":
      return true;
    case "local":
      return bound.has(term.local);
    case "ref":
      return term.base.kind === "root" && term.path.length === 0;
    case "call":
      return (term.callee.kind === "host" && term.callee.name === "decide") || isPrint(term);
    case "array":
    case "set":
    case "object":
      return partsOf(term).every((part) => hasValue(part, bound));
    case "compare":
    case "member":
    case "arithmetic":
      return false;
  }
}

function isPrint({ callee }: Extract<Term, { kind: "call" }>): boolean {
  return callee.kind === "builtin" && callee.builtin.name === "print";
}
