import type { Reads } from "../program.ts";
import { type FactFinder, type Facts, readsField } from "./facts.ts";
import { type DecisionPlan, headTerms } from "./plan.ts";

/** Of the conditions, the head and the ROWS of one decision statement. */
function factsOf(plan: DecisionPlan, finder: FactFinder): Facts[] {
  return [
    ...[...plan.body, ...(plan.rows?.body ?? [])].map((literal) => finder.ofLiteral(literal)),
    ...headTerms(plan).map((term) => finder.ofTerm(term)),
  ];
}

/** Attributes that decision statements read, as in `Facts`. */
export function attributesOf(plans: readonly DecisionPlan[], finder: FactFinder): ReadonlySet<string> {
  return new Set(plans.flatMap((plan) => factsOf(plan, finder).flatMap(({ attributes }) => [...attributes])));
}

/** What one decision statement reads. */
export function readsOf(plan: DecisionPlan, finder: FactFinder): Reads {
  const facts = factsOf(plan, finder);
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
