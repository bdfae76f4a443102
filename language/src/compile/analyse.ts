/**
 * Trees to plans and generated text, with every mistake on the way: all of the compiler but what only a program needs. Editors ask the
 * result what names mean.
 */
import { builtins } from "../builtins/registry.ts";
import type { Checker } from "../check/checker.ts";
import { checkTypes } from "../check/check-types.ts";
import { checkDecisions } from "../check/decisions.ts";
import type { Observer } from "../check/observer.ts";
import { roots } from "../check/vocabulary.ts";
import type { Diagnostic } from "../diagnostics.ts";
import type { Module } from "../syntax/tree.ts";
import { conflictErrors } from "./conflicts.ts";
import type { CoverageCounter } from "./coverage.ts";
import { Emitter } from "./emit.ts";
import { emitDecision, emitGuard } from "./emit-decision.ts";
import { emitGroup } from "./emit-group.ts";
import { FactFinder } from "./facts.ts";
import { importedName, resolveImports } from "./imports.ts";
import type { Body, DecisionPlan } from "./plan.ts";
import { recursionErrors } from "./recursion.ts";
import { Resolver } from "./resolve.ts";
import { type Group, type RuleNode, RuleTree } from "./rule-tree.ts";
import type * as runtime from "./runtime.ts";
import { type SplitBody, splitBody, unsplit } from "./split.ts";

/** What names mean and what types values have. */
export interface Understanding {
  readonly rules: RuleTree;
  readonly resolver: Resolver;
  readonly checker: Checker;
  /** One for each decision statement that has no mistake. */
  readonly plans: readonly DecisionPlan[];
  /** What decision statements may evaluate, directly. */
  readonly decisionUses: ReadonlySet<Group>;
  /** Of names and types. */
  readonly diagnostics: readonly Diagnostic[];
}

interface AnalysedDecision {
  readonly plan: DecisionPlan;
  readonly split: SplitBody;
  /** Names of its functions, as `DecisionFunctions` has them. */
  readonly functions: readonly string[];
}

export interface AnalyseOptions {
  readonly coverage?: CoverageCounter | undefined;
  /** Tests record how far they come: so unless it is turned off. */
  readonly traced?: boolean;
}

export interface Analysis extends Understanding {
  readonly emitter: Emitter;
  readonly finder: FactFinder;
  /** Plans with the parts of their bodies. */
  readonly decisions: readonly AnalysedDecision[];
  readonly documents: ReadonlyMap<RuleNode, runtime.DocumentNode>;
  /** All, by file and place, each once. */
  readonly diagnostics: readonly Diagnostic[];
}

/** @throws RangeError where an expression has too many parts for the stack */
export function understand(modules: readonly Module[], observer?: Observer): Understanding {
  const rules = new RuleTree(modules);
  const imports = resolveImports(modules, true);
  const resolver = new Resolver(rules, { builtins, vocabulary: true, imports });
  for (const group of rules.groups) resolver.resolveGroup(group);
  const decisionUses = new Set<Group>();
  const plans = modules.flatMap((module) =>
    module.decisions.flatMap((decision) => {
      const uses = new Set<Group>();
      const plan = resolver.decision(module, decision, uses) ?? [];
      for (const group of uses) decisionUses.add(group);
      return plan;
    }),
  );
  const isWhole = resolver.diagnostics.length === 0;
  const checker = checkTypes({ rules, usage: resolver.usage, plans, isWhole }, observer);
  const statements = modules.flatMap(checkDecisions);
  const diagnostics = [...statements, ...checker.diagnostics, ...imports.diagnostics, ...resolver.diagnostics];
  return { rules, resolver, checker, plans, decisionUses, diagnostics };
}

/** @throws RangeError as `understand` does */
export function analyse(
  modules: readonly Module[],
  understanding: Understanding = understand(modules),
  { coverage, traced = true }: AnalyseOptions = {},
): Analysis {
  const { rules, resolver, plans } = understanding;
  const documents = documentNodes(rules.root);
  const emitter = new Emitter({
    rules,
    usage: resolver.usage,
    documents,
    vocabulary: true,
    names: (file) => [...roots, ...namesIn(modules, file)],
    coverage,
    traced,
  });
  for (const group of rules.groups) emitGroup(emitter, group);
  const finder = new FactFinder(rules);
  const decisions = plans.map((plan, index) => {
    const split = coverage === undefined ? splitBody(plan, finder) : unsplit(plan, finder);
    return { plan, split, functions: emitFunctions(emitter, plan, split, index) };
  });
  const diagnostics = unique([
    ...understanding.diagnostics,
    ...conflictErrors(rules.root),
    ...recursionErrors(rules.groups),
    ...emitter.diagnostics,
  ]);
  return { ...understanding, emitter, finder, decisions, documents, diagnostics };
}

/** @returns the functions' names; a guard that asks nothing is none */
function emitFunctions(emitter: Emitter, plan: DecisionPlan, split: SplitBody, index: number): string[] {
  const guard = (name: string, body: Body): string => {
    if (body.length === 0) return "undefined";
    emitGuard(emitter, plan, name, body);
    return name;
  };
  emitDecision(emitter, plan, `d${index}`, plan.body);
  emitDecision(emitter, plan, `r${index}`, split.rest);
  const guards = [
    guard(`s${index}_`, split.session),
    guard(`k${index}_`, split.kind),
    guard(`l${index}_`, split.label),
  ];
  return [`d${index}`, `r${index}`, ...guards];
}

/** Rules of the file's package and its imports. */
export function namesIn(modules: readonly Module[], file: string): string[] {
  const own = modules.find((module) => module.file === file);
  if (own === undefined) return [];
  const name = own.package.join(".");
  const rules = modules.filter((module) => module.package.join(".") === name).flatMap((module) => module.rules);
  return [...rules.map((rule) => rule.name.text), ...own.imports.map(importedName)];
}

/** Run-time nodes for the rule tree, which get their functions once these exist. */
export function documentNodes(root: RuleNode): Map<RuleNode, runtime.DocumentNode> {
  const documents = new Map<RuleNode, runtime.DocumentNode>();
  const add = (node: RuleNode): runtime.DocumentNode => {
    const children = new Map([...node.children].map(([name, child]) => [name, add(child)] as const));
    const document: runtime.DocumentNode = {
      path: node.path,
      children,
      evaluate: undefined,
      isFunction: node.group?.kind === "function",
    };
    documents.set(node, document);
    return document;
  };
  add(root);
  return documents;
}

/** In order of file and place; of those that say the same of one place, the first. */
export function unique(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const seen = new Set<string>();
  return diagnostics
    .filter(({ code, message, span }) => {
      const key = `${code} ${span.file} ${span.start} ${message}`;
      return !seen.has(key) && seen.add(key);
    })
    .sort((a, b) => (a.span.file === b.span.file ? a.span.start - b.span.start : a.span.file < b.span.file ? -1 : 1));
}
