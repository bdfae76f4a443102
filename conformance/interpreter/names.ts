/**
 * Gives each variable of a module a name of its own and each global name its full path, by Rego's rules of scope. Afterwards a `var` is a
 * variable, `data` or `input`, wherever it stands.
 *
 * A name belongs to the innermost body that declares it (`some`, `:=`, `every`, a parameter). One that nothing declares is a rule, an import
 * or a root; else it belongs to the outermost body in which it stands outside of comprehensions and `every`.
 */
import { roots, type Tree } from "@penstock/language";

/** What is known of the names of all modules. */
export interface Globals {
  /** `data.a.b` is a rule or the beginning of one. */
  isRule(path: readonly string[]): boolean;
  isFunction(path: readonly string[]): boolean;
  /** Of a function by its full name; `undefined` where there is none. */
  arity(name: string): number | undefined;
  /** The vocabulary's roots are names. */
  readonly vocabulary: boolean;
}

/** What a body that is evaluated as one value (comprehension, `every`, part of a template) takes from outside. */
export type FreeVariables = Map<object, ReadonlySet<string>>;

/** Operators under the names that they have as functions. */
const operators: Readonly<Record<string, Tree.Operator>> = {
  equal: "==",
  neq: "!=",
  lt: "<",
  lte: "<=",
  gt: ">",
  gte: ">=",
  plus: "+",
  minus: "-",
  mul: "*",
  div: "/",
  rem: "%",
  and: "&",
  or: "|",
  "internal.member_2": "in",
};

interface Scope {
  readonly names: Map<string, string>;
  readonly outer: Scope | undefined;
  /** Filled with the outer names that are used. */
  readonly free: Set<string> | undefined;
}

export class Renamer {
  /** By the renamed node; of a template's part by the part. */
  readonly free: FreeVariables = new Map();
  /** Functions that stand as the value of a `with`, by its renamed node, in which `null` stands for them. */
  readonly replacements = new Map<Tree.With, string>();
  private readonly globals: Globals;
  private module: Tree.Module | undefined;
  private next = 0;

  constructor(globals: Globals) {
    this.globals = globals;
  }

  rule(module: Tree.Module, rule: Tree.Rule): Tree.Rule {
    this.module = module;
    const outer = inside(undefined);
    for (const arg of rule.args ?? []) this.introduce(arg, outer);
    const args = rule.args?.map((arg) => this.expr(arg, outer));
    const scope = inside(outer);
    const heads = [rule.member ?? rule.value, ...rule.path].flatMap((head) => head ?? []);
    this.adopt(rule.body, heads, scope);
    const body = this.body(rule.body, scope);
    return {
      ...rule,
      args,
      body,
      path: rule.path.map((step) => this.expr(step, scope)),
      member: rule.member && this.expr(rule.member, scope),
      value: rule.value && this.expr(rule.value, scope),
      else: rule.else && this.otherwise(rule.else, outer),
    };
  }

  private otherwise(branch: Tree.Else, outer: Scope): Tree.Else {
    const scope = inside(outer);
    this.adopt(branch.body, branch.value === undefined ? [] : [branch.value], scope);
    return {
      ...branch,
      body: this.body(branch.body, scope),
      value: branch.value && this.expr(branch.value, scope),
      else: branch.else && this.otherwise(branch.else, outer),
    };
  }

  /** A decision statement's parts: what it says, under the conditions. `subject` becomes the name of the iteration variable. */
  statement(
    module: Tree.Module,
    body: Tree.Body,
    values: readonly Tree.Expr[],
    subject: string | undefined,
  ): { readonly body: Tree.Body; readonly values: readonly Tree.Expr[]; readonly subject: string | undefined } {
    this.module = module;
    const outer = inside(undefined);
    if (subject !== undefined) this.add(subject, outer);
    const scope = inside(outer);
    this.adopt(body, values, scope);
    return {
      body: this.body(body, scope),
      values: values.map((value) => this.expr(value, scope)),
      subject: subject === undefined ? undefined : outer.names.get(subject),
    };
  }

  query(body: Tree.Body): { readonly body: Tree.Body; readonly variables: ReadonlyMap<string, string> } {
    this.module = undefined;
    const scope = inside(undefined);
    this.adopt(body, [], scope);
    return { body: this.body(body, scope), variables: scope.names };
  }

  // Scopes.

  private add(name: string, scope: Scope): string {
    this.next += 1;
    const unique = `${name}#${this.next}`;
    scope.names.set(name, unique);
    return unique;
  }

  private find(name: string, scope: Scope | undefined): string | undefined {
    if (scope === undefined) return undefined;
    const own = scope.names.get(name);
    if (own !== undefined) return own;
    const found = this.find(name, scope.outer);
    if (found !== undefined) scope.free?.add(found);
    return found;
  }

  /** Declares the variables of a pattern. */
  private introduce(pattern: Tree.Expr, scope: Scope): void {
    for (const name of namesIn(pattern)) if (name !== "_") this.add(name, scope);
  }

  /** Gives a scope the names that its body uses and nothing declares. */
  private adopt(body: Tree.Body, others: readonly Tree.Expr[], scope: Scope): void {
    const declared = new Set(body.flatMap(declaredBy));
    const used = [...body.flatMap((literal) => this.usedBy(literal, scope)), ...others].flatMap(namesIn);
    for (const name of used) {
      if (name === "_" || declared.has(name) || this.find(name, scope) !== undefined) continue;
      if (this.global(name) === undefined) this.add(name, scope);
    }
  }

  private usedBy(literal: Tree.Literal, scope: Scope): readonly Tree.Expr[] {
    if (literal.kind === "declare") return [];
    const withs = literal.with.flatMap((clause) =>
      this.functionNamed(clause.value, scope) === undefined ? [clause.value] : [],
    );
    return [literal.kind === "expr" ? literal.expr : literal.domain, ...withs];
  }

  // Global names.

  private global(name: string): readonly string[] | undefined {
    for (const { path, alias } of this.module?.imports ?? []) {
      if (path[0] !== "rego" && path[0] !== "future" && (alias ?? path.at(-1)) === name) return this.absolute(path);
    }
    const rule = [...(this.module?.package ?? []), name];
    if (this.module !== undefined && this.globals.isRule(rule)) return ["data", ...rule];
    if (name === "data" || name === "input") return [name];
    return this.isRoot(name) ? ["input", name] : undefined;
  }

  private absolute(path: readonly string[]): readonly string[] {
    return this.isRoot(path[0]) ? ["input", ...path] : path;
  }

  private isRoot(name: string | undefined): boolean {
    return this.globals.vocabulary && roots.some((root) => root === name);
  }

  /** The full name of the function that dotted names call. */
  private callee(names: readonly string[], scope: Scope): string {
    const [first = "", ...rest] = names;
    const global = this.find(first, scope) === undefined ? this.global(first) : undefined;
    const path = global === undefined ? names : [...global, ...rest];
    return path[0] === "data" && this.globals.isFunction(path.slice(1)) ? path.join(".") : names.join(".");
  }

  private functionNamed(value: Tree.Expr, scope: Scope): string | undefined {
    const names = dotted(value);
    if (names === undefined || this.find(names[0] ?? "", scope) !== undefined) return undefined;
    const name = this.callee(names, scope);
    return this.isCallable(name) ? name : undefined;
  }

  isCallable(name: string): boolean {
    return this.globals.arity(name) !== undefined;
  }

  // Renaming.

  private body(body: Tree.Body, scope: Scope): Tree.Body {
    return body.flatMap((literal) => this.literal(literal, scope) ?? []);
  }

  private literal(literal: Tree.Literal, scope: Scope): Tree.Literal | undefined {
    switch (literal.kind) {
      case "declare":
        for (const { text } of literal.names) this.add(text, scope);
        return undefined;
      case "expr": {
        const withs = this.withs(literal.with, scope);
        const expr = this.equation(literal.expr, scope);
        if (expr.kind !== "infix" || expr.operator !== ":=") {
          return { ...literal, with: withs, expr: this.expr(expr, scope) };
        }
        // The right side does not see what the left side declares.
        const right = this.expr(expr.right, scope);
        this.introduce(expr.left, scope);
        return { ...literal, with: withs, expr: { ...expr, operator: "=", left: this.expr(expr.left, scope), right } };
      }
      case "some": {
        const withs = this.withs(literal.with, scope);
        const domain = this.expr(literal.domain, scope);
        if (literal.key !== undefined) this.introduce(literal.key, scope);
        this.introduce(literal.value, scope);
        const key = literal.key && this.expr(literal.key, scope);
        return { ...literal, with: withs, domain, key, value: this.expr(literal.value, scope) };
      }
      case "every": {
        const withs = this.withs(literal.with, scope);
        const domain = this.expr(literal.domain, scope);
        const free = new Set<string>();
        const inner = inside(scope, free);
        const key = literal.key && { ...literal.key, text: this.add(literal.key.text, inner) };
        const value = { ...literal.value, text: this.add(literal.value.text, inner) };
        const bodyScope = inside(inner);
        this.adopt(literal.body, [], bodyScope);
        const renamed = { ...literal, with: withs, domain, key, value, body: this.body(literal.body, bodyScope) };
        this.free.set(renamed, free);
        return renamed;
      }
    }
  }

  /** `f(x, y)` of a function of one argument means `y = f(x)`; operators have names, too. */
  private equation(expr: Tree.Expr, scope: Scope): Tree.Expr {
    if (expr.kind !== "call") return expr;
    const { args, span } = expr;
    const output = args.at(-1);
    const names = expr.callee.map(({ text }) => text);
    const name = this.callee(names, scope);
    const [left] = args;
    if ((name === "eq" || name === "assign") && left !== undefined && output !== undefined) {
      return { kind: "infix", operator: "=", left, right: output, span };
    }
    const arity = name in operators ? 2 : this.globals.arity(name);
    if (output === undefined || args.length - 1 !== arity) return expr;
    return { kind: "infix", operator: "=", left: output, right: { ...expr, args: args.slice(0, -1) }, span };
  }

  private withs(clauses: readonly Tree.With[], scope: Scope): readonly Tree.With[] {
    return clauses.map((clause) => {
      const [first = "", ...rest] = clause.target;
      const path = this.find(first, scope) === undefined ? this.global(first) : undefined;
      const target = path === undefined ? clause.target : [...path, ...rest];
      const replacement = this.isCallable(target.join(".")) ? this.functionNamed(clause.value, scope) : undefined;
      const renamed =
        replacement === undefined
          ? { ...clause, target, value: this.expr(clause.value, scope) }
          : { ...clause, target, value: { kind: "scalar" as const, value: null, span: clause.span } };
      if (replacement !== undefined) this.replacements.set(renamed, replacement);
      return renamed;
    });
  }

  private expr(expr: Tree.Expr, scope: Scope): Tree.Expr {
    const each = (exprs: readonly Tree.Expr[]): readonly Tree.Expr[] => exprs.map((item) => this.expr(item, scope));
    switch (expr.kind) {
      case "scalar":
        return expr;
      case "var":
        return this.variable(expr, scope);
      case "ref":
        return { ...expr, base: this.expr(expr.base, scope), path: each(expr.path) };
      case "call": {
        const name = this.callee(
          expr.callee.map(({ text }) => text),
          scope,
        );
        // What is undefined, `print` shows.
        const shown = (arg: Tree.Expr): Tree.Expr => ({
          kind: "template",
          parts: [{ expr: arg, with: [] }],
          span: arg.span,
        });
        const args = each(name === "print" ? expr.args.map(shown) : expr.args);
        const [first, second, third] = args;
        const operator = operators[name];
        if (name === "internal.member_3" && first !== undefined && second !== undefined && third !== undefined) {
          return { kind: "member", key: first, value: second, domain: third, span: expr.span };
        }
        if (operator !== undefined && first !== undefined && second !== undefined) {
          return { kind: "infix", operator, left: first, right: second, span: expr.span };
        }
        return { ...expr, callee: [{ text: name, span: expr.span }], args };
      }
      case "array":
      case "set":
        return { ...expr, items: each(expr.items) };
      case "object":
        return {
          ...expr,
          entries: expr.entries.map(([key, value]) => [this.expr(key, scope), this.expr(value, scope)] as const),
        };
      case "comprehension": {
        const free = new Set<string>();
        const inner = inside(scope, free);
        this.adopt(expr.body, expr.key === undefined ? [expr.value] : [expr.key, expr.value], inner);
        const body = this.body(expr.body, inner);
        const key = expr.key && this.expr(expr.key, inner);
        const renamed = { ...expr, body, key, value: this.expr(expr.value, inner) };
        this.free.set(renamed, free);
        return renamed;
      }
      case "template":
        return {
          ...expr,
          parts: expr.parts.map((part) => {
            if (typeof part === "string") return part;
            const free = new Set<string>();
            const inner = inside(scope, free);
            const renamed = { with: this.withs(part.with, inner), expr: this.expr(part.expr, inner) };
            this.free.set(renamed, free);
            return renamed;
          }),
        };
      case "infix":
        return { ...expr, left: this.expr(expr.left, scope), right: this.expr(expr.right, scope) };
      case "member":
        return {
          ...expr,
          key: this.expr(expr.key, scope),
          value: this.expr(expr.value, scope),
          domain: this.expr(expr.domain, scope),
        };
    }
  }

  private variable(expr: Extract<Tree.Expr, { kind: "var" }>, scope: Scope): Tree.Expr {
    const { name, span } = expr;
    if (name === "_") {
      this.next += 1;
      return { ...expr, name: `_#${this.next}` };
    }
    const local = this.find(name, scope);
    if (local !== undefined) return { ...expr, name: local };
    const [root, ...path] = this.global(name) ?? [this.add(name, scope)];
    const base = { ...expr, name: root ?? name };
    if (path.length === 0) return base;
    return { kind: "ref", base, path: path.map((value) => ({ kind: "scalar" as const, value, span })), span };
  }
}

function inside(outer: Scope | undefined, free?: Set<string>): Scope {
  return { names: new Map(), outer, free };
}

function declaredBy(literal: Tree.Literal): readonly string[] {
  switch (literal.kind) {
    case "declare":
      return literal.names.map(({ text }) => text);
    case "some":
      return [...(literal.key === undefined ? [] : namesIn(literal.key)), ...namesIn(literal.value)];
    case "expr":
      return literal.expr.kind === "infix" && literal.expr.operator === ":=" ? namesIn(literal.expr.left) : [];
    case "every":
      return [];
  }
}

/** Names that stand as variables, closures left out. */
function namesIn(expr: Tree.Expr): readonly string[] {
  switch (expr.kind) {
    case "scalar":
    case "comprehension":
    case "template":
      return [];
    case "var":
      return [expr.name];
    default:
      return partsOf(expr).flatMap(namesIn);
  }
}

/** The expressions of which an expression consists, closures left out. */
export function partsOf(expr: Tree.Expr): readonly Tree.Expr[] {
  switch (expr.kind) {
    case "scalar":
    case "var":
    case "comprehension":
    case "template":
      return [];
    case "ref":
      return [expr.base, ...expr.path];
    case "call":
      return expr.args;
    case "array":
    case "set":
      return expr.items;
    case "object":
      return expr.entries.flat();
    case "infix":
      return [expr.left, expr.right];
    case "member":
      return [expr.key, expr.value, expr.domain];
  }
}

/** `a.b.c` as names. */
function dotted(expr: Tree.Expr): readonly string[] | undefined {
  if (expr.kind === "var") return [expr.name];
  if (expr.kind !== "ref" || expr.base.kind !== "var") return undefined;
  const steps = expr.path.map((step) => (step.kind === "scalar" && typeof step.value === "string" ? step.value : ""));
  return steps.includes("") ? undefined : [expr.base.name, ...steps];
}
