import type { Reads } from "../program.ts";
import { type FactFinder, readsField } from "./facts.ts";
import { type DecisionPlan, headTerms } from "./plan.ts";

/** What the conditions, the head and the ROWS of one decision statement read. */
export function readsOf(plan: DecisionPlan, finder: FactFinder): Reads {
  const facts = [
    ...[...plan.body, ...(plan.rows?.body ?? [])].map((literal) => finder.ofLiteral(literal)),
    ...headTerms(plan).map((term) => finder.ofTerm(term)),
  ];
  return {
    parameters: facts.some((fact) => readsField(fact, "parameters")),
    time: facts.some((fact) => fact.impure),
    text: facts.some((fact) => readsField(fact, "text")),
  };
}

/** What any of them reads. */
export function allReads(reads: readonly Reads[]): Reads {
  return {
    parameters: reads.some(({ parameters }) => parameters),
    time: reads.some(({ time }) => time),
    text: reads.some(({ text }) => text),
  };
}
