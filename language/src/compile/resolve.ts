/**
 * Names to what they mean: tree to plan. Reports unknown names and functions, wrong arity, and what cannot stand where it stands.
 *
 * Rego's scoping: a body's variables are those that it declares (`:=`, `some`, `every`) and any other name that is no rule, import or
 * root; the latter belong to the outermost body in which they occur outside a closure.
 *
 * Here: rules, and which variables a body has. Each kind of part is in a file of its own, which comes back here for the parts in it.
 */
import type { Code } from "../codes/codes.ts";
import { type Advice, type Diagnostic, diagnostic, type Span } from "../diagnostics.ts";
import type * as tree from "../syntax/tree.ts";
import { Names, type Occurrence, type ResolveOptions, type Target } from "./names.ts";
import type * as plan from "./plan.ts";
import { resolveDecision } from "./resolve-decisions.ts";
import { resolveLiteral } from "./resolve-literals.ts";
import { resolveTerm } from "./resolve-terms.ts";
import { functionNamed } from "./resolve-with.ts";
import type { Group, RuleTree, SourceRule } from "./rule-tree.ts";
import { Scope } from "./scope.ts";
import { declaredBy, variables } from "./tree-names.ts";

/** What the resolver learns besides the plan. */
export interface Usage {
  /** Paths of `with` on data, functions and builtins: only these pay for being replaceable. */
  readonly dataTargets: string[][];
  readonly functionTargets: Set<string>;
}

export class Resolver {
  readonly usage: Usage = { dataTargets: [], functionTargets: new Set() };
  readonly rules: RuleTree;
  readonly options: ResolveOptions;
  readonly names: Names;

  constructor(rules: RuleTree, options: ResolveOptions) {
    this.rules = rules;
    this.options = options;
    this.names = new Names(rules, options);
  }

  get diagnostics(): readonly Diagnostic[] {
    return this.names.diagnostics;
  }

  /** Names at their places, in no order; a name can be there twice. */
  get occurrences(): readonly Occurrence[] {
    return this.names.occurrences;
  }

  /** What the targets of `with` stand for. */
  get targets(): readonly Target[] {
    return this.names.targets;
  }

  resolveGroup(group: Group): void {
    group.definitions = group.rules.flatMap((source) => this.unlessWrong(() => this.definition(group, source)) ?? []);
  }

  /** What is wrong already is not looked at further: later errors would have the same cause. */
  private unlessWrong<T>(resolve: () => T): T | undefined {
    const before = this.diagnostics.length;
    const resolved = resolve();
    return this.diagnostics.length > before && this.options.tolerant !== true ? undefined : resolved;
  }

  private definition(group: Group, { module, rule }: SourceRule): plan.Definition {
    // Tests share helpers: any rule of a test file may ask for decisions.
    this.names.enter(module, group.uses, rule.name.text.startsWith("test_") || rule.span.file.endsWith("_test.policy"));
    // Of a dotted head, the part that ends the group's path.
    const head = rule.path[group.path.length - module.package.length - 2]?.span ?? rule.name.span;
    this.names.at(head, { kind: "rule", group });
    const outer = Scope.root();
    for (const arg of rule.args ?? []) this.declarePattern(arg, outer);
    const params = (rule.args ?? []).map((arg) => this.term(arg, outer));
    const steps: tree.Expr[] = [...module.package, rule.name.text].map((step) => ({
      kind: "scalar",
      value: step,
      span: rule.name.span,
    }));
    const relative = [...steps, ...rule.path].slice(group.path.length);
    const branches: plan.Branch[] = [];
    let path: readonly plan.Term[] = [];
    let current: tree.Else | undefined = { value: rule.value, body: rule.body, else: rule.else, span: rule.span };
    while (current !== undefined) {
      const scope = outer.nested();
      const value: tree.Expr = rule.member ?? current.value ?? { kind: "scalar", value: true, span: current.span };
      this.collect(current.body, [value, ...(branches.length === 0 ? relative : [])], scope);
      const body = this.body(current.body, scope);
      if (branches.length === 0) path = relative.map((step) => this.term(step, scope));
      branches.push({ value: this.term(value, scope), body });
      current = current.else;
    }
    if (this.names.askedRows) group.asksRows = true;
    return {
      span: rule.span,
      package: module.package,
      params,
      path,
      isMember: rule.member !== undefined,
      isDefault: rule.isDefault,
      branches,
    };
  }

  decision(module: tree.Module, decision: tree.Decision, uses: Set<Group>): plan.DecisionPlan | undefined {
    return this.unlessWrong(() => resolveDecision(this, module, decision, uses));
  }

  /** A query's body; its named variables in order of appearance. */
  query(body: tree.Body, uses: Set<Group>): { readonly body: plan.Body; readonly variables: readonly plan.Local[] } {
    this.names.enter(undefined, uses, false);
    const scope = Scope.root();
    this.collect(body, [], scope);
    const resolved = this.body(body, scope);
    return { body: resolved, variables: scope.named() };
  }

  // Scopes.

  /** Adds the variables that a body uses without declaring them. */
  collect(body: tree.Body, extra: readonly tree.Expr[], scope: Scope): void {
    const declared = declaredBy(body);
    const add = (name: string, span: Span): void => {
      if (name === "_" || declared.has(name) || scope.find(name) !== undefined || this.names.isGlobal(name)) return;
      scope.add(name, span, false);
    };
    for (const literal of body) {
      switch (literal.kind) {
        case "expr":
          variables(literal.expr, add);
          break;
        case "some":
        case "every":
          variables(literal.domain, add);
          break;
        case "declare":
          break;
      }
      if (literal.kind === "declare") continue;
      for (const override of literal.with) {
        if (functionNamed(this, override.value, scope) === undefined) variables(override.value, add);
      }
    }
    for (const expression of extra) variables(expression, add);
  }

  private declarePattern(pattern: tree.Expr, scope: Scope): void {
    variables(pattern, (name, span) => {
      if (name !== "_" && !scope.has(name)) scope.add(name, span, true);
    });
  }

  /** A variable that stands by itself where it is declared. */
  declared({ text, span }: tree.Name, scope: Scope): plan.Local {
    const local = scope.add(text, span, true);
    this.names.at(span, { kind: "local", local, scope });
    return local;
  }

  body(body: tree.Body, scope: Scope): plan.Body {
    return body.flatMap((literal) => resolveLiteral(this, literal, scope));
  }

  term(expr: tree.Expr, scope: Scope): plan.Term {
    return resolveTerm(this, expr, scope);
  }

  report(code: Code, message: string, span: Span, advice?: string | Advice): void {
    this.names.diagnostics.push(diagnostic(code, message, span, advice));
  }
}
