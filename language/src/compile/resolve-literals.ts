/** Conditions to plans. */
import type * as tree from "../syntax/tree.ts";
import type * as plan from "./plan.ts";
import { arityOf, resolveCall } from "./resolve-calls.ts";
import { overridden, resolveOverrides } from "./resolve-with.ts";
import type { Resolver } from "./resolve.ts";
import type { Scope } from "./scope.ts";
import { variables } from "./tree-names.ts";

export function resolveLiteral(resolver: Resolver, literal: tree.Literal, scope: Scope): plan.Literal[] {
  switch (literal.kind) {
    case "declare":
      for (const name of literal.names) {
        if (scope.has(name.text)) resolver.report("P207", `variable \`${name.text}\` is declared twice`, name.span);
        resolver.declared(name, scope);
      }
      return [];
    case "some": {
      const overrides = resolveOverrides(resolver, literal.with, scope);
      const domain = resolver.term(literal.domain, scope);
      for (const pattern of [literal.key, literal.value]) {
        if (pattern !== undefined) variables(pattern, (name, span) => name !== "_" && scope.add(name, span, true));
      }
      const key = literal.key === undefined ? undefined : resolver.term(literal.key, scope);
      const value = resolver.term(literal.value, scope);
      return [overridden(overrides, { kind: "some", key, value, domain, span: literal.span })];
    }
    case "every": {
      const overrides = resolveOverrides(resolver, literal.with, scope);
      const domain = resolver.term(literal.domain, scope);
      const free = new Set<plan.Local>();
      const inner = scope.closure(free);
      const key = literal.key === undefined ? undefined : resolver.declared(literal.key, inner);
      const value = resolver.declared(literal.value, inner);
      const scopeOfBody = inner.nested();
      resolver.collect(literal.body, [], scopeOfBody);
      const body = resolver.body(literal.body, scopeOfBody);
      return [overridden(overrides, { kind: "every", key, value, domain, body, free, span: literal.span })];
    }
    case "expr": {
      const overrides = resolveOverrides(resolver, literal.with, scope);
      const inner = resolveExpressionLiteral(resolver, literal.expr, scope);
      if (!literal.negated) return [overridden(overrides, inner)];
      return [{ kind: "not", body: [overridden(overrides, inner)], span: literal.span }];
    }
  }
}

function resolveExpressionLiteral(resolver: Resolver, expr: tree.Expr, scope: Scope): plan.Literal {
  const { span } = expr;
  if (expr.kind === "infix" && expr.operator === ":=") {
    const right = resolver.term(expr.right, scope);
    variables(expr.left, (name, at) => {
      if (name === "_") return;
      if (scope.has(name) && scope.find(name)?.declared === true) {
        resolver.report("P207", `variable \`${name}\` is assigned twice`, at);
      }
      scope.add(name, at, true);
    });
    return { kind: "unify", left: resolver.term(expr.left, scope), right, span };
  }
  if (expr.kind === "infix" && expr.operator === "=") {
    return { kind: "unify", left: resolver.term(expr.left, scope), right: resolver.term(expr.right, scope), span };
  }
  if (expr.kind === "call") {
    const [first, second] = expr.args;
    const name = expr.callee.map((part) => part.text).join(".");
    if ((name === "eq" || name === "assign") && expr.args.length === 2 && first !== undefined && second !== undefined) {
      return { kind: "unify", left: resolver.term(first, scope), right: resolver.term(second, scope), span };
    }
    // One argument more than the function has: the result is unified with it.
    const output = expr.args.at(-1);
    const arity = arityOf(resolver, expr.callee, scope);
    if (output !== undefined && arity !== undefined && expr.args.length === arity + 1) {
      const call = resolveCall(resolver, { ...expr, args: expr.args.slice(0, -1) }, scope);
      return { kind: "unify", left: resolver.term(output, scope), right: call, span };
    }
  }
  return { kind: "test", term: resolver.term(expr, scope), span };
}
