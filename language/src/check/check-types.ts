import type { Body, DecisionPlan } from "../compile/plan.ts";
import type { Usage } from "../compile/resolve.ts";
import { callersFirst, type RuleTree } from "../compile/rule-tree.ts";
import { Checker } from "./checker.ts";
import type { Observer } from "./observer.ts";
import { RuleTypes } from "./rule-types.ts";

interface Program {
  readonly rules: RuleTree;
  readonly usage: Usage;
  readonly plans: readonly DecisionPlan[];
  /** Of a program without the vocabulary. */
  readonly query?: Body;
  /** Every rule is there: none was left out for a mistake in it. */
  readonly isWhole: boolean;
}

/** Checks a whole program; the checker knows its types afterwards. */
export function checkTypes({ rules, usage, plans, query, isWhole }: Program, observer?: Observer): Checker {
  const hasVocabulary = query === undefined;
  const ruleTypes = new RuleTypes(rules, usage, (group) => inferring.group(group));
  const inferring = new Checker(undefined, ruleTypes, hasVocabulary);
  const checker = new Checker(observer, ruleTypes, hasVocabulary);
  for (const plan of plans) checker.decision(plan);
  if (query !== undefined) checker.query(query);
  // What a function is called with is known when all that call it have been looked at.
  for (const group of callersFirst(rules.groups)) checker.group(group, isWhole ? checker.argumentsOf(group) : []);
  return checker;
}
