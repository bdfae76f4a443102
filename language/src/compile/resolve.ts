/**
 * Names to what they mean: tree to plan. Reports unknown names and functions, wrong arity, and what cannot stand where it stands.
 *
 * Rego's scoping: a body's variables are those that it declares (`:=`, `some`, `every`) and any other name that is no rule, import or
 * root; the latter belong to the outermost body in which they occur outside a closure.
 */
import type { RootName } from "../check/vocabulary.ts";
import type { Code } from "../codes/codes.ts";
import { type Advice, type Diagnostic, diagnostic, type Span } from "../diagnostics.ts";
import { quotePart } from "../paths.ts";
import { suggest } from "../suggest.ts";
import type * as tree from "../syntax/tree.ts";
import { folded } from "./fold.ts";
import { describeBuiltin } from "../builtins/docs.ts";
import { arityRange, Names, type Occurrence, type ResolveOptions, type Target } from "./names.ts";
import type * as plan from "./plan.ts";
import type { Group, RuleTree, SourceRule } from "./rule-tree.ts";
import { Scope } from "./scope.ts";
import { nameOf, variables } from "./tree-names.ts";

/** What the resolver learns besides the plan. */
export interface Usage {
  /** Paths of `with` on data, functions and builtins: only these pay for being replaceable. */
  readonly dataTargets: string[][];
  readonly functionTargets: Set<string>;
}

/** Operators under their names as functions. Maps: a policy may write any name, those of every JavaScript object too. */
const comparisonFunctions: ReadonlyMap<string, plan.ComparisonOperator> = new Map([
  ["equal", "=="],
  ["neq", "!="],
  ["lt", "<"],
  ["lte", "<="],
  ["gt", ">"],
  ["gte", ">="],
]);
const arithmeticFunctions: ReadonlyMap<string, plan.ArithmeticOperator> = new Map([
  ["plus", "+"],
  ["minus", "-"],
  ["mul", "*"],
  ["div", "/"],
  ["rem", "%"],
  ["and", "&"],
  ["or", "|"],
]);

export class Resolver {
  readonly usage: Usage = { dataTargets: [], functionTargets: new Set() };
  private readonly rules: RuleTree;
  private readonly options: ResolveOptions;
  private readonly names: Names;

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
    return this.unlessWrong(() => this.decisionPlan(module, decision, uses));
  }

  private decisionPlan(module: tree.Module, decision: tree.Decision, uses: Set<Group>): plan.DecisionPlan | undefined {
    this.names.enter(module, uses, false);
    const scope = Scope.root();
    let subject: plan.Local | undefined;
    let path: string | undefined;
    if (decision.kind === "mask" || decision.kind === "label") {
      if (decision.subject.kind === "each") {
        const { name } = decision.subject;
        if (name.text !== "column") {
          this.report(
            "P206",
            `unknown subject \`${name.text}\``,
            name.span,
            "write `column` for every column, or one by `schema.table.column`",
          );
        }
        subject = scope.add("column", name.span, false);
      } else {
        const { parts, span } = decision.subject;
        if (parts.length !== 3) {
          this.report("P206", `\`${parts.join(".")}\` is no column`, span, "write it as `schema.table.column`");
        }
        path = parts.map(quotePart).join(".");
      }
    }
    if (decision.kind === "filter") path = this.filteredTable(decision);
    const inner = scope.nested();
    const expressions = this.decisionValues(decision);
    const { kind } = decision;
    const options = Object.entries(decisionOptions(decision)).flatMap(([name, expression]) =>
      expression === undefined ? [] : [[name, expression] as const],
    );
    this.collect(decision.body, [...expressions, ...options.map(([, expression]) => expression)], inner);
    const body = this.body(decision.body, inner);
    const values = expressions.map((expression) => this.term(expression, inner));
    return {
      kind,
      span: decision.span,
      package: module.package,
      body,
      subject,
      path,
      rows: decision.kind === "filter" ? this.rows(decision, inner) : undefined,
      values,
      options: Object.fromEntries(options.map(([name, expression]) => [name, this.term(expression, inner)])),
      name: decision.kind === "mask" ? decision.mask.text : decision.kind === "limit" ? decision.what.text : "",
      source: decision.body,
      uses,
    };
  }

  private filteredTable({ table, row, body }: Extract<tree.Decision, { kind: "filter" }>): string {
    const { parts, span } = table;
    if (parts.length !== 2) {
      this.report("P206", `\`${parts.join(".")}\` is no table`, span, "write it as `schema.table`");
    }
    if (row.text === "input" || row.text === "data" || this.names.rootNamed(row.text) !== undefined) {
      this.report(
        "P330",
        `the row cannot be called \`${row.text}\``,
        row.span,
        "that name means something else; write `as row`",
      );
    }
    for (const literal of body) {
      if (literal.kind !== "expr") continue;
      variables(literal.expr, (name, at) => {
        if (name !== row.text) return;
        this.report(
          "P331",
          `\`${name}\` is not known after \`if\``,
          at,
          "conditions on the row belong into `where { … }`",
        );
      });
    }
    return parts.map(quotePart).join(".");
  }

  /** `scope` has the variables of the statement's conditions, which the row's may use. */
  private rows({ row, rows }: Extract<tree.Decision, { kind: "filter" }>, scope: Scope): plan.RowsPlan {
    const outer = scope.nested();
    const local = outer.add(row.text, row.span, false);
    this.names.at(row.span, { kind: "local", local, scope: outer });
    // Else a condition that reads like one on the row would hold or not for all rows.
    const again = declaredBy(rows).get(row.text);
    if (again !== undefined)
      this.report("P207", `variable \`${row.text}\` is the row already`, again, "give it another name");
    const inner = outer.nested();
    this.collect(rows, [], inner);
    return { row: local, body: this.body(rows, inner) };
  }

  private decisionValues(decision: tree.Decision): readonly tree.Expr[] {
    switch (decision.kind) {
      case "allow":
      case "filter":
        return [];
      case "deny":
        return [decision.message];
      case "approve":
        return decision.groups;
      case "notify":
        return [decision.channel];
      case "mask":
        return decision.args;
      case "limit":
      case "label":
        return [decision.value];
    }
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
  private collect(body: tree.Body, extra: readonly tree.Expr[], scope: Scope): void {
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
        if (this.functionNamed(override.value, scope) === undefined) variables(override.value, add);
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
  private declared({ text, span }: tree.Name, scope: Scope): plan.Local {
    const local = scope.add(text, span, true);
    this.names.at(span, { kind: "local", local, scope });
    return local;
  }

  // Bodies.

  private body(body: tree.Body, scope: Scope): plan.Body {
    return body.flatMap((literal) => this.literal(literal, scope));
  }

  private literal(literal: tree.Literal, scope: Scope): plan.Literal[] {
    switch (literal.kind) {
      case "declare":
        for (const name of literal.names) {
          if (scope.has(name.text)) this.report("P207", `variable \`${name.text}\` is declared twice`, name.span);
          this.declared(name, scope);
        }
        return [];
      case "some": {
        const overrides = this.overrides(literal.with, scope);
        const domain = this.term(literal.domain, scope);
        for (const pattern of [literal.key, literal.value]) {
          if (pattern !== undefined) variables(pattern, (name, span) => name !== "_" && scope.add(name, span, true));
        }
        const key = literal.key === undefined ? undefined : this.term(literal.key, scope);
        const value = this.term(literal.value, scope);
        return [this.override(overrides, { kind: "some", key, value, domain, span: literal.span })];
      }
      case "every": {
        const overrides = this.overrides(literal.with, scope);
        const domain = this.term(literal.domain, scope);
        const free = new Set<plan.Local>();
        const inner = scope.closure(free);
        const key = literal.key === undefined ? undefined : this.declared(literal.key, inner);
        const value = this.declared(literal.value, inner);
        const scopeOfBody = inner.nested();
        this.collect(literal.body, [], scopeOfBody);
        const body = this.body(literal.body, scopeOfBody);
        return [this.override(overrides, { kind: "every", key, value, domain, body, free, span: literal.span })];
      }
      case "expr": {
        const overrides = this.overrides(literal.with, scope);
        const inner = this.expressionLiteral(literal.expr, scope);
        if (!literal.negated) return [this.override(overrides, inner)];
        return [{ kind: "not", body: [this.override(overrides, inner)], span: literal.span }];
      }
    }
  }

  private expressionLiteral(expr: tree.Expr, scope: Scope): plan.Literal {
    const { span } = expr;
    if (expr.kind === "infix" && expr.operator === ":=") {
      const right = this.term(expr.right, scope);
      variables(expr.left, (name, at) => {
        if (name === "_") return;
        if (scope.has(name) && scope.find(name)?.declared === true) {
          this.report("P207", `variable \`${name}\` is assigned twice`, at);
        }
        scope.add(name, at, true);
      });
      return { kind: "unify", left: this.term(expr.left, scope), right, span };
    }
    if (expr.kind === "infix" && expr.operator === "=") {
      return { kind: "unify", left: this.term(expr.left, scope), right: this.term(expr.right, scope), span };
    }
    if (expr.kind === "call") {
      const [first, second] = expr.args;
      const name = expr.callee.map((part) => part.text).join(".");
      if (
        (name === "eq" || name === "assign") &&
        expr.args.length === 2 &&
        first !== undefined &&
        second !== undefined
      ) {
        return { kind: "unify", left: this.term(first, scope), right: this.term(second, scope), span };
      }
      // One argument more than the function has: the result is unified with it.
      const output = expr.args.at(-1);
      const arity = this.arityOf(expr.callee, scope);
      if (output !== undefined && arity !== undefined && expr.args.length === arity + 1) {
        const call = this.call({ ...expr, args: expr.args.slice(0, -1) }, scope);
        return { kind: "unify", left: this.term(output, scope), right: call, span };
      }
    }
    return { kind: "test", term: this.term(expr, scope), span };
  }

  private override(overrides: readonly plan.Override[], literal: plan.Literal): plan.Literal {
    return overrides.length === 0 ? literal : { kind: "with", overrides, literal, span: literal.span };
  }

  private overrides(withs: readonly tree.With[], scope: Scope): plan.Override[] {
    return withs.flatMap((clause) => this.overrideOf(clause, scope) ?? []);
  }

  private overrideOf(clause: tree.With, scope: Scope): plan.Override | undefined {
    const [first = "", ...rest] = this.names.replaced(clause, scope);
    if (first === "input") {
      const [root, ...below] = rest;
      const known = this.names.rootNamed(root);
      if (known !== undefined) return this.rootOverride(known, below, clause, scope);
      return { kind: "input", path: rest, value: this.term(clause.value, scope) };
    }
    if (first === "data") {
      const { node, depth } = this.rules.find(rest);
      if (node.group?.kind === "function" && depth === rest.length)
        return this.functionOverride(first, rest, clause, scope);
      this.usage.dataTargets.push(rest);
      return { kind: "data", path: rest, value: this.term(clause.value, scope) };
    }
    const known = this.names.rootNamed(first);
    if (known !== undefined) return this.rootOverride(known, rest, clause, scope);
    const name = clause.target.join(".");
    if (this.options.builtins.has(name)) return this.functionOverride(undefined, clause.target, clause, scope);
    if (this.names.refused(name, clause.span)) return undefined;
    this.report(
      "P208",
      `\`with\` cannot replace \`${name}\``,
      clause.span,
      "it replaces `input`, `data`, the vocabulary's roots and functions",
    );
    return undefined;
  }

  private rootOverride(
    root: RootName,
    path: readonly string[],
    { value, span }: tree.With,
    scope: Scope,
  ): plan.Override {
    return { kind: "root", root, path, value: this.term(value, scope), span };
  }

  private functionOverride(
    root: "data" | undefined,
    path: readonly string[],
    clause: tree.With,
    scope: Scope,
  ): plan.Override {
    const name = root === undefined ? path.join(".") : ["data", ...path].join(".");
    this.usage.functionTargets.add(name);
    const replacement = this.functionNamed(clause.value, scope);
    const value = replacement === undefined ? this.term(clause.value, scope) : undefined;
    return { kind: "function", name, replacement, value };
  }

  /** The function that an expression names without calling it. */
  private functionNamed(expr: tree.Expr, scope: Scope): plan.Callee | undefined {
    const names = nameOf(expr);
    if (names === undefined || scope.find(names[0]?.text ?? "") !== undefined) return undefined;
    const callee = this.names.callee(names, scope);
    if (callee === undefined) this.names.refused(names.map(({ text }) => text).join("."), expr.span);
    return callee;
  }

  // Terms.

  term(expr: tree.Expr, scope: Scope): plan.Term {
    const { span } = expr;
    switch (expr.kind) {
      case "scalar":
        return { kind: "const", value: expr.value, span };
      case "var":
        return this.variable(expr, span, [], scope);
      case "ref": {
        const path = expr.path.map((step) => this.term(step, scope));
        if (expr.base.kind === "var") return this.variable(expr.base, span, path, scope);
        return { kind: "ref", base: { kind: "term", term: this.term(expr.base, scope) }, path, span };
      }
      case "call":
        return this.call(expr, scope);
      case "array":
        return folded({ kind: "array", items: expr.items.map((item) => this.term(item, scope)), span });
      case "set":
        return folded({ kind: "set", items: expr.items.map((item) => this.term(item, scope)), span });
      case "object":
        return folded({
          kind: "object",
          entries: expr.entries.map(([key, value]) => [this.term(key, scope), this.term(value, scope)] as const),
          span,
        });
      case "comprehension": {
        const free = new Set<plan.Local>();
        const inner = scope.closure(free);
        this.collect(expr.body, expr.key === undefined ? [expr.value] : [expr.key, expr.value], inner);
        const body = this.body(expr.body, inner);
        const key = expr.key === undefined ? undefined : this.term(expr.key, inner);
        return { kind: "comprehension", of: expr.of, key, value: this.term(expr.value, inner), body, free, span };
      }
      case "template":
        return {
          kind: "template",
          parts: expr.parts.map((part) => (typeof part === "string" ? part : this.templatePart(part, scope))),
          span,
        };
      case "infix":
        return this.infix(expr, scope);
      case "member":
        return {
          kind: "member",
          key: this.term(expr.key, scope),
          value: this.term(expr.value, scope),
          domain: this.term(expr.domain, scope),
          span,
        };
    }
  }

  private templatePart(part: tree.TemplateExpr, scope: Scope): plan.Term {
    const { span } = part.expr;
    const free = new Set<plan.Local>();
    const inner = scope.closure(free);
    const value = inner.fresh("value", span, true);
    const overrides = this.overrides(part.with, inner);
    const term = this.term(part.expr, inner);
    const left: plan.Term = { kind: "local", local: value, span };
    const body = [this.override(overrides, { kind: "unify", left, right: term, span })];
    return { kind: "comprehension", of: "set", key: undefined, value: left, body, free, span };
  }

  private infix(expr: Extract<tree.Expr, { kind: "infix" }>, scope: Scope): plan.Term {
    const { operator, span } = expr;
    const left = this.term(expr.left, scope);
    const right = this.term(expr.right, scope);
    switch (operator) {
      case ":=":
      case "=":
        this.report("P209", `\`${operator}\` is a condition of its own`, span, "compare with `==`");
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
  private variable(
    { name, span: at }: Extract<tree.Expr, { kind: "var" }>,
    span: Span,
    path: readonly plan.Term[],
    scope: Scope,
  ): plan.Term {
    if (name === "_") return ref({ kind: "local", local: scope.fresh("_", at, true), span: at }, path, span);
    const local = scope.find(name);
    if (local !== undefined) {
      this.names.at(at, { kind: "local", local, scope });
      return ref({ kind: "local", local, span: at }, path, span);
    }
    const global = this.names.global(name, at);
    if (global !== undefined) {
      const [root, ...rest] = global;
      const steps = [...rest.map((value): plan.Term => ({ kind: "const", value, span: at })), ...path];
      if (root === "data") {
        this.names.reference(steps, at);
        return { kind: "ref", base: { kind: "data" }, path: steps, span };
      }
      return this.input(root ?? "", steps, span, at);
    }
    // Only where a name is used before it is declared: ordering would not find it either.
    this.report("P201", `variable \`${name}\` is used before it is declared`, at);
    return { kind: "local", local: scope.add(name, at, false), span };
  }

  private input(root: string, steps: readonly plan.Term[], span: Span, at: Span): plan.Term {
    const itself = this.names.rootNamed(root);
    if (itself !== undefined) {
      this.names.at(at, { kind: "root", root: itself });
      return { kind: "ref", base: { kind: "root", root: itself }, path: steps, span };
    }
    const [first, ...rest] = steps;
    const known = first?.kind === "const" ? this.names.rootNamed(first.value) : undefined;
    if (known === undefined) return { kind: "ref", base: { kind: "input" }, path: steps, span };
    if (first !== undefined) this.names.at(first.span, { kind: "root", root: known });
    return { kind: "ref", base: { kind: "root", root: known }, path: rest, span };
  }

  // Calls.

  private call(expr: Extract<tree.Expr, { kind: "call" }>, scope: Scope): plan.Term {
    const { span } = expr;
    const name = expr.callee.map((part) => part.text).join(".");
    // `print` shows what is undefined instead of being undefined itself.
    const args =
      name === "print"
        ? expr.args.map((arg) =>
            this.term({ kind: "template", parts: [{ expr: arg, with: [] }], span: arg.span }, scope),
          )
        : expr.args.map((arg) => this.term(arg, scope));
    const [first, second, third] = args;
    const callee = this.names.callee(expr.callee, scope);
    if (callee === undefined) {
      const operator = this.operatorCall(name, args, span);
      if (operator !== undefined) return operator;
      if (name === "internal.member_2" && first !== undefined && second !== undefined) {
        return { kind: "member", key: undefined, value: first, domain: second, span };
      }
      if (name === "internal.member_3" && first !== undefined && second !== undefined && third !== undefined) {
        return { kind: "member", key: first, value: second, domain: third, span };
      }
      if (this.noFunction(expr.callee, scope)) return { kind: "const", value: null, span };
      if (this.names.refused(name, calleeSpan(expr.callee, span))) return { kind: "const", value: null, span };
      const at = calleeSpan(expr.callee, span);
      this.report("P202", `unknown function \`${name}\``, at, suggest(name, this.names.functionNames(), at));
      return { kind: "const", value: null, span };
    }
    const [least, most] = arityRange(callee);
    if (args.length < least || args.length > most) {
      const wanted = least === most ? `${least}` : most === Infinity ? `at least ${least}` : `${least} to ${most}`;
      const message = `\`${name}\` takes ${wanted} argument${wanted === "1" ? "" : "s"}, not ${args.length}`;
      this.report("P203", message, span, callee.kind === "builtin" ? describeBuiltin(callee.builtin) : undefined);
    }
    return { kind: "call", callee, args, span };
  }

  /** Reports a call of a variable, a rule or what lies below one. */
  private noFunction(callee: readonly tree.Name[], scope: Scope): boolean {
    const [first] = callee;
    if (first === undefined) return false;
    const global = scope.find(first.text) === undefined ? this.names.global(first.text) : [];
    // Below `data` it is a misspelt function of another package.
    if (global === undefined || (global[0] === "data" && callee.length > 1)) return false;
    const at = calleeSpan(callee, first.span);
    const text = callee.map((part) => part.text).join(".");
    this.report("P215", `\`${text}\` is no function`, at, "it is used without parentheses");
    return true;
  }

  private operatorCall(name: string, args: readonly plan.Term[], span: Span): plan.Term | undefined {
    const [left, right] = args;
    if (left === undefined || right === undefined || args.length !== 2) return undefined;
    const comparison = comparisonFunctions.get(name);
    if (comparison !== undefined) return { kind: "compare", operator: comparison, left, right, span };
    const arithmetic = arithmeticFunctions.get(name);
    return arithmetic === undefined ? undefined : { kind: "arithmetic", operator: arithmetic, left, right, span };
  }

  private arityOf(names: readonly tree.Name[], scope: Scope): number | undefined {
    const callee = this.names.callee(names, scope);
    if (callee !== undefined) return arityRange(callee)[1];
    const name = names.map((part) => part.text).join(".");
    if (comparisonFunctions.has(name) || arithmeticFunctions.has(name) || name === "internal.member_2") return 2;
    return name === "internal.member_3" ? 3 : undefined;
  }

  private report(code: Code, message: string, span: Span, advice?: string | Advice): void {
    this.names.diagnostics.push(diagnostic(code, message, span, advice));
  }
}

/** Variables that literals of a body declare, and where. */
function declaredBy(body: tree.Body): ReadonlyMap<string, Span> {
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

/** Where the name of what is called stands. */
function calleeSpan(callee: readonly tree.Name[], call: Span): Span {
  return { ...call, end: callee.at(-1)?.span.end ?? call.end };
}

function ref(base: plan.Term, path: readonly plan.Term[], span: Span): plan.Term {
  return path.length === 0 ? base : { kind: "ref", base: { kind: "term", term: base }, path, span };
}

/** What the options of a statement are called in its plan. */
function decisionOptions(
  decision: tree.Decision,
): Readonly<Partial<Record<keyof plan.DecisionOptions, tree.Expr | undefined>>> {
  switch (decision.kind) {
    case "deny":
      return { code: decision.code };
    case "approve":
      return { duration: decision.duration, because: decision.because };
    case "notify":
      return { because: decision.because };
    default:
      return {};
  }
}
