import type { Analysis } from "../compile/analyse.ts";
import { literalLocals, termLocals } from "../compile/order.ts";
import type { Literal, Local, Term } from "../compile/plan.ts";
import { type Diagnostic, diagnostic } from "../diagnostics.ts";
import { partsOf } from "../compile/parts.ts";
import { allBodies, type Scoped } from "./statements.ts";

/**
 * `xs[_] != "a"`: true as soon as one differs, where "none is" was probably meant. A variable that something else looks at too was
 * chosen for that.
 */
export function differsFromSome(analysis: Analysis): Diagnostic[] {
  return allBodies(analysis).flatMap((scoped) =>
    scoped.body.flatMap((literal) => {
      if (literal.kind !== "test" || literal.term.kind !== "compare" || literal.term.operator !== "!=") return [];
      const isIterated = [...iterating(literal, scoped)].some((local) => isOnlyIn(local, literal, scoped));
      if (!isIterated) return [];
      const help = "for all of them write `every x in … { x != … }` or `not … in …`";
      return [diagnostic("P412", "this holds as soon as one differs, not when all do", literal.span, help)];
    }),
  );
}

/** Variables of a condition that take one value after the other: steps of its references, and what `some … in` gives. */
function iterating(literal: Literal, { body }: Scoped): Set<Local> {
  const found = new Set<Local>();
  literalLocals(literal, found);
  const bySome = new Set<Local>();
  for (const other of body) if (other.kind === "some") for (const local of boundBy(other)) bySome.add(local);
  const steps = new Set<Local>();
  if (literal.kind === "test") collectSteps(literal.term, steps);
  return new Set([...found].filter((local) => bySome.has(local) || steps.has(local)));
}

function collectSteps(term: Term, found: Set<Local>): void {
  if (term.kind === "ref") for (const step of term.path) if (step.kind === "local") found.add(step.local);
  for (const part of partsOf(term)) collectSteps(part, found);
}

function boundBy({ key, value }: Extract<Literal, { kind: "some" }>): Set<Local> {
  const bound = new Set<Local>();
  if (key !== undefined) termLocals(key, bound);
  termLocals(value, bound);
  return bound;
}

/** Nothing but this condition, and the `some` that gives the variable its values, looks at it or at what comes with it. */
function isOnlyIn(local: Local, literal: Literal, { body, heads, given }: Scoped): boolean {
  const binder = body.find((other) => other.kind === "some" && boundBy(other).has(local));
  const together = binder?.kind === "some" ? boundBy(binder) : new Set([local]);
  const elsewhere = new Set<Local>(given);
  for (const other of body) if (other !== literal && other !== binder) literalLocals(other, elsewhere);
  for (const head of heads) termLocals(head, elsewhere);
  return together.isDisjointFrom(elsewhere);
}
