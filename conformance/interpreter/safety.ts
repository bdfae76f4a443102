/**
 * When a literal can run: every variable in it has a value by then or gets one from it. Rego runs the first literal of a body that can, and
 * a body in which none can is unsafe.
 */
import type { Tree } from "@penstock/language";
import { type FreeVariables, partsOf } from "./names.ts";

export type Names = ReadonlySet<string>;

export class Safety {
  private readonly free: FreeVariables;

  constructor(free: FreeVariables) {
    this.free = free;
  }

  /** The variables that have values once an expression is evaluated; `undefined` where it cannot be. */
  evaluated(expr: Tree.Expr, known: Names): Names | undefined {
    switch (expr.kind) {
      case "scalar":
        return known;
      case "var":
        return isVariable(expr.name) && !known.has(expr.name) ? undefined : known;
      case "ref": {
        let names = this.evaluated(expr.base, known);
        // A step that is a variable without a value runs over the keys.
        for (const step of expr.path) names = names && this.matched(step, names);
        return names;
      }
      case "comprehension":
        return this.closed(expr, known) ? known : undefined;
      case "template":
        return expr.parts.every((part) => typeof part === "string" || this.closed(part, known)) ? known : undefined;
      default:
        return this.inSomeOrder(partsOf(expr), known)?.names;
    }
  }

  /** Likewise when a value is matched with a pattern: variables in it may get their values so. */
  matched(pattern: Tree.Expr, known: Names): Names | undefined {
    let names: Names | undefined = known;
    switch (pattern.kind) {
      case "var":
        return new Set([...known, pattern.name]);
      case "array":
        for (const item of pattern.items) names = names && this.matched(item, names);
        return names;
      case "object":
        for (const [key, value] of pattern.entries) {
          names = names && this.evaluated(key, names);
          names = names && this.matched(value, names);
        }
        return names;
      default:
        return this.evaluated(pattern, known);
    }
  }

  /** Expressions of which one may give a variable that another needs, as in `x == xs[x]`. */
  inSomeOrder(
    exprs: readonly Tree.Expr[],
    known: Names,
  ): { readonly order: readonly number[]; readonly names: Names } | undefined {
    const order: number[] = [];
    let names = known;
    for (let before = -1; before < order.length; ) {
      before = order.length;
      for (const [index, expr] of exprs.entries()) {
        const after = order.includes(index) ? undefined : this.evaluated(expr, names);
        if (after === undefined) continue;
        order.push(index);
        names = after;
      }
    }
    return order.length === exprs.length ? { order, names } : undefined;
  }

  /** Whether a literal can run. */
  runs(literal: Tree.Literal, known: Names): boolean {
    if (literal.kind === "declare") return true;
    if (!literal.with.every(({ value }) => this.evaluated(value, known))) return false;
    switch (literal.kind) {
      case "some": {
        const domain = this.evaluated(literal.domain, known);
        const keyed = domain && (literal.key === undefined ? domain : this.matched(literal.key, domain));
        return keyed !== undefined && this.matched(literal.value, keyed) !== undefined;
      }
      case "every":
        return this.evaluated(literal.domain, known) !== undefined && this.closed(literal, known);
      case "expr":
        // Under `not` nothing gets a value.
        if (literal.negated) return [...this.allVariables(literal.expr)].every((name) => known.has(name));
        if (literal.expr.kind === "infix" && literal.expr.operator === "=") {
          return this.unified([[literal.expr.left, literal.expr.right]], known);
        }
        return this.evaluated(literal.expr, known) !== undefined;
    }
  }

  private unified(pairs: readonly (readonly [Tree.Expr, Tree.Expr])[], known: Names): boolean {
    if (pairs.length === 0) return true;
    for (const [index, pair] of pairs.entries()) {
      const rest = pairs.toSpliced(index, 1);
      const names = this.direction(pair, known)?.names;
      if (names !== undefined) return this.unified(rest, names);
      const parts = split(pair);
      if (parts !== undefined) return this.unified([...rest, ...parts], known);
    }
    return false;
  }

  /** Which side of an equation is a value and which the pattern. */
  direction(
    [a, b]: readonly [Tree.Expr, Tree.Expr],
    known: Names,
  ): { readonly value: Tree.Expr; readonly pattern: Tree.Expr; readonly names: Names } | undefined {
    for (const [pattern, value] of [
      [a, b],
      [b, a],
    ] as const) {
      const evaluated = this.evaluated(value, known);
      const names = evaluated && this.matched(pattern, evaluated);
      if (names !== undefined) return { value, pattern, names };
    }
    return undefined;
  }

  private closed(closure: object, known: Names): boolean {
    return [...(this.free.get(closure) ?? [])].every((name) => known.has(name));
  }

  private allVariables(expr: Tree.Expr): Set<string> {
    if (expr.kind === "var") return new Set(isVariable(expr.name) ? [expr.name] : []);
    if (expr.kind === "comprehension") return new Set(this.free.get(expr));
    if (expr.kind === "template") {
      return new Set(expr.parts.flatMap((part) => [...(this.free.get(typeof part === "string" ? {} : part) ?? [])]));
    }
    return new Set(partsOf(expr).flatMap((part) => [...this.allVariables(part)]));
  }
}

export function isVariable(name: string): boolean {
  return name !== "data" && name !== "input";
}

/** Equations of the parts, where both sides are arrays of one length or objects with the same keys. */
export function split([a, b]: readonly [Tree.Expr, Tree.Expr]):
  | readonly (readonly [Tree.Expr, Tree.Expr])[]
  | undefined {
  if (a.kind === "array" && b.kind === "array" && a.items.length === b.items.length) {
    return a.items.map((item, index) => [item, b.items[index] ?? item] as const);
  }
  if (a.kind !== "object" || b.kind !== "object" || a.entries.length !== b.entries.length) return undefined;
  const pairs = a.entries.flatMap(([key, value]) => {
    const other = b.entries.find(([k]) => key.kind === "scalar" && k.kind === "scalar" && key.value === k.value);
    return other === undefined ? [] : [[value, other[1]] as const];
  });
  return pairs.length === a.entries.length ? pairs : undefined;
}
