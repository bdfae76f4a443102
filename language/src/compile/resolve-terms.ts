/** Expressions to plans: variables told from names that mean something everywhere. */
import type { Span } from "../diagnostics.ts";
import type * as tree from "../syntax/tree.ts";
import { folded } from "./fold.ts";
import type * as plan from "./plan.ts";
import { resolveCall } from "./resolve-calls.ts";
import { overridden, resolveOverrides } from "./resolve-with.ts";
import type { Resolver } from "./resolve.ts";
import type { Scope } from "./scope.ts";

export function resolveTerm(resolver: Resolver, expr: tree.Expr, scope: Scope): plan.Term {
  const { span } = expr;
  switch (expr.kind) {
    case "scalar":
      return { kind: "const", value: expr.value, span };
    case "var":
      return resolveVariable(resolver, expr, span, [], scope);
    case "ref": {
      const path = expr.path.map((step) => resolver.term(step, scope));
      if (expr.base.kind === "var") return resolveVariable(resolver, expr.base, span, path, scope);
      return { kind: "ref", base: { kind: "term", term: resolver.term(expr.base, scope) }, path, span };
    }
    case "call":
      return resolveCall(resolver, expr, scope);
    case "array":
      return folded({ kind: "array", items: expr.items.map((item) => resolver.term(item, scope)), span });
    case "set":
      return folded({ kind: "set", items: expr.items.map((item) => resolver.term(item, scope)), span });
    case "object":
      return folded({
        kind: "object",
        entries: expr.entries.map(([key, value]) => [resolver.term(key, scope), resolver.term(value, scope)] as const),
        span,
      });
    case "comprehension": {
      const free = new Set<plan.Local>();
      const inner = scope.closure(free);
      resolver.collect(expr.body, expr.key === undefined ? [expr.value] : [expr.key, expr.value], inner);
      const body = resolver.body(expr.body, inner);
      const key = expr.key === undefined ? undefined : resolver.term(expr.key, inner);
      return { kind: "comprehension", of: expr.of, key, value: resolver.term(expr.value, inner), body, free, span };
    }
    case "template":
      return {
        kind: "template",
        parts: expr.parts.map((part) => (typeof part === "string" ? part : templatePart(resolver, part, scope))),
        span,
      };
    case "infix":
      return resolveInfix(resolver, expr, scope);
    case "member":
      return {
        kind: "member",
        key: resolver.term(expr.key, scope),
        value: resolver.term(expr.value, scope),
        domain: resolver.term(expr.domain, scope),
        span,
      };
  }
}

function templatePart(resolver: Resolver, part: tree.TemplateExpr, scope: Scope): plan.Term {
  const { span } = part.expr;
  const free = new Set<plan.Local>();
  const inner = scope.closure(free);
  const value = inner.fresh("value", span, true);
  const overrides = resolveOverrides(resolver, part.with, inner);
  const term = resolver.term(part.expr, inner);
  const left: plan.Term = { kind: "local", local: value, span };
  const body = [overridden(overrides, { kind: "unify", left, right: term, span })];
  return { kind: "comprehension", of: "set", key: undefined, value: left, body, free, span };
}

function resolveInfix(resolver: Resolver, expr: Extract<tree.Expr, { kind: "infix" }>, scope: Scope): plan.Term {
  const { operator, span } = expr;
  const left = resolver.term(expr.left, scope);
  const right = resolver.term(expr.right, scope);
  switch (operator) {
    case ":=":
    case "=":
      resolver.report("P209", `\`${operator}\` is a condition of its own`, span, "compare with `==`");
      return { kind: "compare", operator: "==", left, right, span };
    case "in":
      return { kind: "member", key: undefined, value: left, domain: right, span };
    case "==":
    case "!=":
    case "<":
    case "<=":
    case ">":
    case ">=":
      return { kind: "compare", operator, left, right, span };
    default:
      return { kind: "arithmetic", operator, left, right, span };
  }
}

/** @param span of the whole reference, of which `name` is the beginning */
function resolveVariable(
  resolver: Resolver,
  { name, span: at }: Extract<tree.Expr, { kind: "var" }>,
  span: Span,
  path: readonly plan.Term[],
  scope: Scope,
): plan.Term {
  if (name === "_") return ref({ kind: "local", local: scope.fresh("_", at, true), span: at }, path, span);
  const local = scope.find(name);
  if (local !== undefined) {
    resolver.names.at(at, { kind: "local", local, scope });
    return ref({ kind: "local", local, span: at }, path, span);
  }
  const global = resolver.names.global(name, at);
  if (global !== undefined) {
    const [root, ...rest] = global;
    const steps = [...rest.map((value): plan.Term => ({ kind: "const", value, span: at })), ...path];
    if (root === "data") {
      resolver.names.reference(steps, at);
      return { kind: "ref", base: { kind: "data" }, path: steps, span };
    }
    return resolveInput(resolver, root ?? "", steps, span, at);
  }
  // Only where a name is used before it is declared: ordering would not find it either.
  resolver.report("P201", `variable \`${name}\` is used before it is declared`, at);
  return { kind: "local", local: scope.add(name, at, false), span };
}

function resolveInput(resolver: Resolver, root: string, steps: readonly plan.Term[], span: Span, at: Span): plan.Term {
  const itself = resolver.names.rootNamed(root);
  if (itself !== undefined) {
    resolver.names.at(at, { kind: "root", root: itself });
    return { kind: "ref", base: { kind: "root", root: itself }, path: steps, span };
  }
  const [first, ...rest] = steps;
  const known = first?.kind === "const" ? resolver.names.rootNamed(first.value) : undefined;
  if (known === undefined) return { kind: "ref", base: { kind: "input" }, path: steps, span };
  if (first !== undefined) resolver.names.at(first.span, { kind: "root", root: known });
  return { kind: "ref", base: { kind: "root", root: known }, path: rest, span };
}

function ref(base: plan.Term, path: readonly plan.Term[], span: Span): plan.Term {
  return path.length === 0 ? base : { kind: "ref", base: { kind: "term", term: base }, path, span };
}
