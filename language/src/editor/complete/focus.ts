/** What one statement means, in the middle of all the others: without looking at these again. */
import { builtins } from "../../builtins/registry.ts";
import { Checker } from "../../check/checker.ts";
import { resolveImports } from "../../compile/imports.ts";
import { Resolver } from "../../compile/resolve.ts";
import { RuleTree } from "../../compile/rule-tree.ts";
import type { Statement, StatementFile } from "../../syntax/statements.ts";
import type { Module } from "../../syntax/tree.ts";
import type { Observed } from "../places.ts";
import type { PolicySet } from "../policy-set.ts";

export interface Focus {
  readonly resolver: Resolver;
  readonly checker: Checker;
  readonly observed: Observed;
}

/** @param part the statement, as a repaired reading of it parses */
export function focusOn(set: PolicySet, file: StatementFile, statement: Statement, part: Module): Focus {
  const isReplaced = (start: number): boolean =>
    start >= statement.start && start < statement.start + statement.text.length;
  const module: Module = {
    ...file.module,
    rules: [...file.module.rules.filter(({ span }) => !isReplaced(span.start)), ...part.rules],
    decisions: part.decisions,
  };
  const modules = set.modules.map((other) => (other === file.module ? module : other));
  const rules = new RuleTree(modules);
  const imports = resolveImports(modules, true);
  const resolver = new Resolver(rules, { builtins, vocabulary: true, imports, tolerant: true });
  const groups = rules.groups.filter((group) => group.rules.some(({ rule }) => part.rules.includes(rule)));
  for (const group of groups) {
    group.rules.splice(0, group.rules.length, ...group.rules.filter(({ rule }) => part.rules.includes(rule)));
    resolver.resolveGroup(group);
  }
  const plans = part.decisions.flatMap((decision) => resolver.decision(module, decision, new Set()) ?? []);
  const observed: Observed = { fields: [], constants: [] };
  const checker = new Checker({
    field: (span, owner, name) => observed.fields.push({ span, owner, name }),
    constant: (span, type) => observed.constants.push({ span, type }),
  });
  for (const group of groups) checker.group(group);
  for (const plan of plans) checker.decision(plan);
  return { resolver, checker, observed };
}
