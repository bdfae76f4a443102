/**
 * The closed, typed vocabulary: fields that exist, values that can occur, types that can be compared. Walks resolved rules; reports
 * each mistake once, where it is made, and goes on with `any`.
 */
import type { Code } from "../codes/codes.ts";
import { type Advice, type Diagnostic, diagnostic, type Span } from "../diagnostics.ts";
import { order } from "../compile/order.ts";
import {
  type Body,
  type DecisionPlan,
  headTerms,
  type Literal,
  type Local,
  type Override,
  type Term,
} from "../compile/plan.ts";
import type { Group } from "../compile/rule-tree.ts";
import { suggest } from "../suggest.ts";
import { Comparisons } from "./comparisons.ts";
import { checkFormat } from "./format-verbs.ts";
import type { Observer } from "./observer.ts";
import { Patterns } from "./patterns.ts";
import { parameterType, type RuleTypes } from "./rule-types.ts";
import * as types from "./types.ts";
import type { Type } from "./types.ts";
import { entriesOf, isText, membersOf } from "./written-out.ts";
import { type RecordName, rootRecords, roots } from "./vocabulary.ts";

/** Fields of a column that are not known where its labels are computed. */
export const unknownInLabels: readonly string[] = ["label", "labels", "uses"];

export class Checker {
  readonly diagnostics: Diagnostic[] = [];
  private readonly locals = new Map<Local, Type>();
  private readonly observer: Observer | undefined;
  private readonly ruleTypes: RuleTypes | undefined;
  private readonly hasVocabulary: boolean;
  private readonly comparisons: Comparisons;
  private readonly patterns = new Patterns();
  private readonly given = new Map<Group, Type[]>();
  /** A negated reference is being looked at. */
  private asksForPresence = false;
  /** Labels are being computed: columns have none yet. */
  private inLabel = false;

  /**
   * @param ruleTypes without it rules and functions are of unknown types
   * @param hasVocabulary `input` has the roots and nothing else
   */
  constructor(observer?: Observer, ruleTypes?: RuleTypes, hasVocabulary = true) {
    this.observer = observer;
    this.ruleTypes = ruleTypes;
    this.hasVocabulary = hasVocabulary;
    this.comparisons = new Comparisons((...mistake) => this.report(...mistake), observer);
  }

  /** What is known of a variable. */
  typeOf(local: Local): Type {
    return this.locals.get(local) ?? types.any;
  }

  /** What is known of a rule's value; of a set's members, of a function's results. */
  valueOf(group: Group): Type {
    const type = this.ruleTypes?.of(group) ?? types.any;
    return type.kind === "set" && group.kind === "set" ? type.of : type;
  }

  /** What the rules so far have called a function with, in the order of its parameters. */
  argumentsOf(group: Group): readonly Type[] {
    return this.given.get(group) ?? [];
  }

  /**
   * @param given what a function is called with
   * @returns the types of what its definitions give
   */
  group(group: Group, given: readonly Type[] = []): readonly Type[] {
    const values: Type[] = [];
    for (const definition of group.definitions) {
      for (const branch of definition.branches) {
        const bound = new Set<Local>();
        definition.params.forEach((param, index) => this.bind(param, parameterType(param, given[index]), bound));
        this.body(branch.body, bound);
        for (const step of definition.path) this.term(step);
        const { value } = branch;
        const type = this.term(value);
        values.push(isText(value) ? { kind: "string", enum: [value.value] } : type);
      }
    }
    return values;
  }

  decision(plan: DecisionPlan): void {
    const bound = new Set<Local>();
    if (plan.subject !== undefined) {
      bound.add(plan.subject);
      this.locals.set(plan.subject, { kind: "record", record: "column" });
    }
    this.inLabel = plan.kind === "label";
    this.body(plan.body, bound);
    for (const value of headTerms(plan)) this.term(value);
    if (plan.rows !== undefined) {
      bound.add(plan.rows.row);
      this.locals.set(plan.rows.row, types.any);
      this.body(plan.rows.body, bound);
    }
    this.inLabel = false;
  }

  query(body: Body): void {
    this.body(body, new Set());
  }

  /** In the order in which the body runs: a variable's type is known when it is used. */
  private body(body: Body, bound: Set<Local>): void {
    const ordered = order(body, bound).body;
    for (const literal of ordered) this.literal(literal, bound);
    // What has no order is reported as unsafe; its names are checked all the same.
    const known = new Set(ordered);
    for (const literal of body) if (!known.has(literal)) this.literal(literal, bound);
  }

  private literal(literal: Literal, bound: Set<Local>): void {
    switch (literal.kind) {
      case "test":
        this.term(literal.term);
        return;
      case "unify": {
        const left = this.knownBefore(literal.left) ? this.term(literal.left) : undefined;
        const right = this.knownBefore(literal.right) ? this.term(literal.right) : undefined;
        if (left === undefined) this.bind(literal.left, right ?? types.any, bound);
        if (right === undefined) this.bind(literal.right, left ?? types.any, bound);
        if (left !== undefined && right !== undefined)
          this.comparisons.compare(literal.left, left, literal.right, right, literal.span);
        return;
      }
      case "some": {
        const domain = this.term(literal.domain);
        if (literal.key !== undefined) this.bind(literal.key, types.keyOfElement(domain), bound);
        this.bind(literal.value, this.element(domain, literal.domain.span), bound);
        return;
      }
      case "every": {
        const domain = this.term(literal.domain);
        const inner = new Set(bound);
        if (literal.key !== undefined) this.locals.set(literal.key, types.keyOfElement(domain));
        this.locals.set(literal.value, this.element(domain, literal.domain.span));
        for (const local of [literal.key, literal.value]) if (local !== undefined) inner.add(local);
        return this.body(literal.body, inner);
      }
      case "not": {
        const [only] = literal.body;
        this.asksForPresence = only?.kind === "test" && only.term.kind === "ref";
        this.body(literal.body, new Set(bound));
        this.asksForPresence = false;
        return;
      }
      case "with":
        for (const override of literal.overrides) this.override(override);
        return this.literal(literal.literal, bound);
    }
  }

  private override(override: Override): void {
    const value = override.value === undefined ? types.any : this.term(override.value);
    // It may be called with anything now.
    if (override.kind === "function" && override.replacement?.kind === "function") {
      const { group } = override.replacement;
      this.given.set(group, Array<Type>(group.arity).fill(types.any));
    }
    if (override.kind !== "root" || override.value === undefined) return;
    let type: Type = { kind: "record", record: rootRecords[override.root] };
    for (const step of override.path) type = this.field(type, step, override.span);
    if (override.path.length > 0) this.comparisons.assignable(override.value, value, type);
    this.fieldsOf(override.value, type);
  }

  /** What an object that stands for one of the vocabulary's records says of its fields. */
  private fieldsOf(term: Term, type: Type): void {
    if (type.kind !== "record") return;
    for (const [key, value] of entriesOf(term)) {
      if (!isText(key)) continue;
      const field = this.field(type, key.value, key.span);
      this.comparisons.constant(value, field);
      this.fieldsOf(value, field);
    }
  }

  /** A local that has no type yet stands where a value is bound to it. */
  private knownBefore(term: Term): boolean {
    switch (term.kind) {
      case "local":
        return this.locals.has(term.local);
      case "array":
        return term.items.every((item) => this.knownBefore(item));
      case "object":
        return term.entries.every(([, value]) => this.knownBefore(value));
      default:
        return true;
    }
  }

  private bind(pattern: Term, type: Type, bound: Set<Local>): void {
    switch (pattern.kind) {
      case "local": {
        const known = this.locals.get(pattern.local);
        if (known === undefined) this.locals.set(pattern.local, type);
        bound.add(pattern.local);
        return;
      }
      case "array": {
        const element = type.kind === "array" ? type.of : types.any;
        for (const item of pattern.items) this.bind(item, element, bound);
        return;
      }
      case "object":
        for (const [key, value] of pattern.entries) {
          this.term(key);
          this.bind(value, types.any, bound);
        }
        return;
      default:
        this.comparisons.compare(pattern, this.term(pattern), pattern, type, pattern.span);
    }
  }

  private element(domain: Type, span: Span): Type {
    const element = types.elementOf(domain);
    if (element === undefined) this.report("P320", `${types.describe(domain)} has no members`, span);
    return element ?? types.any;
  }

  private term(term: Term): Type {
    switch (term.kind) {
      case "const":
        return types.ofValue(term.value);
      case "local":
        return this.locals.get(term.local) ?? types.any;
      case "ref":
        return this.ref(term);
      case "call":
        return this.call(term);
      case "array":
      case "set":
        return { kind: term.kind, of: types.unionOf(term.items.map((item) => this.term(item))) };
      case "object":
        return types.objectOf(
          term.entries.map(([key, value]) => {
            this.term(key);
            return [key.kind === "const" ? key.value : undefined, this.term(value)] as const;
          }),
        );
      case "comprehension": {
        // Variables of the closure are its own; outer ones have their types already.
        this.body(term.body, new Set(term.free));
        if (term.key !== undefined) this.term(term.key);
        return { kind: term.of, of: this.term(term.value) };
      }
      case "template":
        for (const part of term.parts) if (typeof part !== "string") this.term(part);
        return types.string;
      case "compare":
        this.comparisons.compare(
          term.left,
          this.term(term.left),
          term.right,
          this.term(term.right),
          term.span,
          term.operator,
        );
        return types.boolean;
      case "arithmetic": {
        const left = this.term(term.left);
        const right = this.term(term.right);
        const wanted: Type = { kind: "union", of: [types.number, { kind: "set", of: types.any }] };
        const [operand, type] = types.overlap(left, wanted) ? [term.right, right] : [term.left, left];
        if (!types.overlap(type, wanted)) {
          const help = type.kind === "string" ? 'join texts with `concat` or as in `$"{a} {b}"`' : undefined;
          this.report("P321", `\`${term.operator}\` does not take ${types.describe(type)}`, operand.span, help);
        }
        return left.kind === "number" && right.kind === "number" ? types.number : types.any;
      }
      case "member":
        return this.member(term);
    }
  }

  private call(term: Extract<Term, { kind: "call" }>): Type {
    const given = term.args.map((arg) => this.term(arg));
    const { callee } = term;
    switch (callee.kind) {
      case "host":
        return callee.name === "decide" ? { kind: "record", record: "decision" } : types.any;
      case "function": {
        const { group } = callee;
        const before = this.given.get(group);
        this.given.set(
          group,
          before === undefined ? given : given.map((type, index) => types.unionOf([type, before[index] ?? type])),
        );
        this.takes(group.path.at(-1) ?? "", this.ruleTypes?.parameters(group) ?? [], term.args, given);
        return this.ruleTypes?.of(group) ?? types.any;
      }
      case "builtin": {
        const { builtin } = callee;
        this.observeConstants(term.args, given);
        this.takes(builtin.name, builtin.types?.args?.map(types.ofBuiltin) ?? [], term.args, given);
        this.diagnostics.push(...this.patterns.check(term));
        if (builtin.name === "sprintf") this.diagnostics.push(...checkFormat(term, given));
        if (builtin.types === undefined || builtin.relation === true) return types.any;
        return types.ofBuiltin(builtin.types.result);
      }
    }
  }

  private takes(name: string, wanted: readonly Type[], args: readonly Term[], given: readonly Type[]): void {
    args.forEach((arg, index) => {
      const type = given[index] ?? types.any;
      const expected = wanted[index] ?? types.any;
      if (types.overlap(type, expected)) return;
      this.report("P322", `\`${name}\` takes ${types.describe(expected)} here, not ${types.describe(type)}`, arg.span);
    });
  }

  /** `startswith(column.label, "pii.")`: the constant is about what the other argument is. */
  private observeConstants(args: readonly Term[], given: readonly Type[]): void {
    const subject = given.find((type) => type.kind === "string" && type.field !== undefined);
    if (this.observer === undefined || subject?.kind !== "string") return;
    for (const arg of args) if (isText(arg)) this.observer.constant(arg.span, subject);
  }

  private ref(term: Extract<Term, { kind: "ref" }>): Type {
    let type: Type;
    let path = term.path;
    switch (term.base.kind) {
      case "data": {
        const rule = this.ruleTypes?.reference(term.path);
        type = rule?.type ?? types.any;
        path = term.path.slice(rule?.depth ?? 0);
        break;
      }
      case "input": {
        const [first] = term.path;
        const name = first?.kind === "const" ? first.value : undefined;
        if (this.hasVocabulary && typeof name === "string" && first !== undefined) {
          const help = suggest(name, roots, first.span) ?? `\`input\` has ${roots.join(", ")}`;
          this.report("P310", `\`input\` has no \`${name}\``, first.span, help);
        }
        type = types.any;
        break;
      }
      case "root":
        type = { kind: "record", record: rootRecords[term.base.root] };
        break;
      case "term":
        type = this.term(term.base.term);
    }
    for (const step of path) type = this.step(type, step);
    return type;
  }

  private step(type: Type, step: Term): Type {
    if (step.kind === "const" && typeof step.value === "string") {
      if (type.kind === "set" && types.overlap(type.of, types.string)) {
        this.comparisons.compare(step, types.string, step, type.of, step.span);
        return type.of;
      }
      return this.field(type, step.value, step.span);
    }
    const element = types.elementOf(type);
    if (element === undefined) {
      this.report("P320", `${types.describe(type)} has no members`, step.span);
      return types.any;
    }
    if (this.knownBefore(step)) this.term(step);
    else this.bind(step, types.keyOfElement(type), new Set());
    return element;
  }

  private field(type: Type, name: string, span: Span): Type {
    this.observer?.field(span, type, name);
    const field = types.fieldOf(type, name);
    // `not settings.strict` asks an object for nothing else; the vocabulary's records are closed.
    if (field === undefined && type.kind === "object" && this.asksForPresence) return types.any;
    if (field === undefined) {
      const names = types.fieldNames(type);
      if (names === undefined) {
        const help = type.kind === "array" ? "write `some x in …` to look at its members" : undefined;
        this.report("P320", `${types.describe(type)} has no field \`${name}\``, span, help);
      } else {
        const owner = type.kind === "record" ? `\`${type.record}\`` : types.describe(type);
        const help =
          suggest(name, names, span) ?? (names.length === 0 ? undefined : `${owner} has ${names.join(", ")}`);
        this.report("P310", `${owner} has no field \`${name}\``, span, help);
      }
      return types.any;
    }
    if (type.kind === "record") this.checkLabelField(type.record, name, span);
    return field;
  }

  private checkLabelField(record: RecordName, name: string, span: Span): void {
    if (!this.inLabel || record !== "column" || !unknownInLabels.includes(name)) return;
    this.report(
      "P311",
      `\`column.${name}\` is not known where labels are computed`,
      span,
      "use the column's schema, table, name, type or comment",
    );
  }

  private member(term: Extract<Term, { kind: "member" }>): Type {
    const value = this.term(term.value);
    if (term.key !== undefined) this.term(term.key);
    const parts = membersOf(term.domain);
    if (parts === undefined) {
      const element = this.element(this.term(term.domain), term.domain.span);
      this.comparisons.compare(term.value, value, term.domain, element, term.value.span);
    } else {
      // Each once: whoever looked at the list and then at its parts again would look at nested ones 2^depth times.
      const written = parts.map((part) => ({ part, type: this.term(part) }));
      // Where one member can be it, another of a type that cannot is no mistake in Rego.
      const possible = written.filter(({ type }) => types.overlap(value, type));
      for (const { part, type } of possible.length > 0 ? possible : written)
        this.comparisons.compare(term.value, value, part, type, part.span);
    }
    return types.boolean;
  }

  private report(code: Code, message: string, span: Span, advice?: string | Advice): void {
    this.diagnostics.push(diagnostic(code, message, span, advice));
  }
}
