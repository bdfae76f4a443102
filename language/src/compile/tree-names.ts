/** Names in expressions as they are written. */
import type { Span } from "../diagnostics.ts";
import type { Body, Expr, Name } from "../syntax/tree.ts";

/** `a.b.c` as names, where an expression is nothing else. */
export function nameOf(expr: Expr): Name[] | undefined {
  if (expr.kind === "var") return [{ text: expr.name, span: expr.span }];
  if (expr.kind !== "ref" || expr.base.kind !== "var") return undefined;
  const names: Name[] = [{ text: expr.base.name, span: expr.base.span }];
  for (const step of expr.path) {
    if (step.kind !== "scalar" || typeof step.value !== "string") return undefined;
    names.push({ text: step.value, span: step.span });
  }
  return names;
}

/** Names that an expression uses as variables, closures left out; names of functions are none. */
export function variables(expr: Expr, found: (name: string, span: Span) => void): void {
  switch (expr.kind) {
    case "scalar":
    case "comprehension":
    case "template":
      return;
    case "var":
      found(expr.name, expr.span);
      return;
    case "ref":
      variables(expr.base, found);
      for (const step of expr.path) variables(step, found);
      return;
    case "call":
      for (const arg of expr.args) variables(arg, found);
      return;
    case "array":
    case "set":
      for (const item of expr.items) variables(item, found);
      return;
    case "object":
      for (const [key, value] of expr.entries) {
        variables(key, found);
        variables(value, found);
      }
      return;
    case "infix":
      variables(expr.left, found);
      variables(expr.right, found);
      return;
    case "member":
      variables(expr.key, found);
      variables(expr.value, found);
      variables(expr.domain, found);
      return;
  }
}

/** Variables that literals of a body declare, and where. */
export function declaredBy(body: Body): ReadonlyMap<string, Span> {
  const declared = new Map<string, Span>();
  const add = (name: string, span: Span): void => void declared.set(name, span);
  for (const literal of body) {
    if (literal.kind === "declare") for (const name of literal.names) add(name.text, name.span);
    if (literal.kind === "some") {
      for (const pattern of [literal.key, literal.value]) if (pattern !== undefined) variables(pattern, add);
    }
    if (literal.kind === "expr" && literal.expr.kind === "infix" && literal.expr.operator === ":=") {
      variables(literal.expr.left, add);
    }
  }
  return declared;
}
