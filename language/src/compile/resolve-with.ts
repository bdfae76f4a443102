/** What `with` replaces. */
import type { RootName } from "../check/vocabulary.ts";
import type * as tree from "../syntax/tree.ts";
import type * as plan from "./plan.ts";
import type { Resolver } from "./resolve.ts";
import type { Scope } from "./scope.ts";
import { nameOf } from "./tree-names.ts";

export function resolveOverrides(resolver: Resolver, withs: readonly tree.With[], scope: Scope): plan.Override[] {
  return withs.flatMap((clause) => resolveOverride(resolver, clause, scope) ?? []);
}

export function overridden(overrides: readonly plan.Override[], literal: plan.Literal): plan.Literal {
  return overrides.length === 0 ? literal : { kind: "with", overrides, literal, span: literal.span };
}

function resolveOverride(resolver: Resolver, clause: tree.With, scope: Scope): plan.Override | undefined {
  const [first = "", ...rest] = resolver.names.replaced(clause, scope);
  if (first === "input") {
    const [root, ...below] = rest;
    const known = resolver.names.rootNamed(root);
    if (known !== undefined) return rootOverride(resolver, known, below, clause, scope);
    return { kind: "input", path: rest, value: resolver.term(clause.value, scope) };
  }
  if (first === "data") {
    const { node, depth } = resolver.rules.find(rest);
    if (node.group?.kind === "function" && depth === rest.length)
      return functionOverride(resolver, first, rest, clause, scope);
    resolver.usage.dataTargets.push(rest);
    return { kind: "data", path: rest, value: resolver.term(clause.value, scope) };
  }
  const known = resolver.names.rootNamed(first);
  if (known !== undefined) return rootOverride(resolver, known, rest, clause, scope);
  const name = clause.target.join(".");
  if (resolver.options.builtins.has(name)) return functionOverride(resolver, undefined, clause.target, clause, scope);
  if (resolver.names.refused(name, clause.span)) return undefined;
  resolver.report(
    "P208",
    `\`with\` cannot replace \`${name}\``,
    clause.span,
    "it replaces `input`, `data`, the vocabulary's roots and functions",
  );
  return undefined;
}

function rootOverride(
  resolver: Resolver,
  root: RootName,
  path: readonly string[],
  { value, span }: tree.With,
  scope: Scope,
): plan.Override {
  return { kind: "root", root, path, value: resolver.term(value, scope), span };
}

function functionOverride(
  resolver: Resolver,
  root: "data" | undefined,
  path: readonly string[],
  clause: tree.With,
  scope: Scope,
): plan.Override {
  const name = root === undefined ? path.join(".") : ["data", ...path].join(".");
  resolver.usage.functionTargets.add(name);
  const replacement = functionNamed(resolver, clause.value, scope);
  const value = replacement === undefined ? resolver.term(clause.value, scope) : undefined;
  return { kind: "function", name, replacement, value };
}

/** The function that an expression names without calling it. */
export function functionNamed(resolver: Resolver, expr: tree.Expr, scope: Scope): plan.Callee | undefined {
  const names = nameOf(expr);
  if (names === undefined || scope.find(names[0]?.text ?? "") !== undefined) return undefined;
  const callee = resolver.names.callee(names, scope);
  if (callee === undefined) resolver.names.refused(names.map(({ text }) => text).join("."), expr.span);
  return callee;
}
