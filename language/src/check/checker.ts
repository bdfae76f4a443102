/**
 * The closed, typed vocabulary: fields that exist, values that can occur, types that can be compared. Walks resolved rules; reports
 * each mistake once, where it is made, and goes on with `any`.
 */
import type { Diagnostic, Span } from "../diagnostics.ts";
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
import type { Observer } from "./observer.ts";
import * as types from "./types.ts";
import type { Type } from "./types.ts";
import { records, type RecordName, rootRecords, roots } from "./vocabulary.ts";

/** Fields of a column that are not known where its labels are computed. */
export const unknownInLabels: readonly string[] = ["label", "labels", "uses"];

type Fields = Readonly<Record<string, (typeof records)["query"][string]>>;

export class Checker {
  readonly diagnostics: Diagnostic[] = [];
  private readonly locals = new Map<Local, Type>();
  private readonly observer: Observer | undefined;
  /** Of the values of rules; what is not in it is of unknown type. */
  private readonly groups = new Map<Group, Type>();
  /** Labels are being computed: columns have none yet. */
  private inLabel = false;

  constructor(observer?: Observer) {
    this.observer = observer;
  }

  /** What is known of a variable. */
  typeOf(local: Local): Type {
    return this.locals.get(local) ?? types.any;
  }

  /** What is known of a rule's value; of a set's members, of a function's results. */
  valueOf(group: Group): Type {
    return this.groups.get(group) ?? types.any;
  }

  group(group: Group): void {
    const values: Type[] = [];
    for (const definition of group.definitions) {
      for (const branch of definition.branches) {
        const bound = new Set<Local>();
        for (const param of definition.params) this.bind(param, types.any, bound);
        this.body(branch.body, bound);
        for (const step of definition.path) this.term(step);
        values.push(this.term(branch.value));
      }
    }
    this.groups.set(group, types.common(values));
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

  /** In the order in which the body runs: a variable's type is known when it is used. */
  private body(body: Body, bound: Set<Local>): void {
    const ordered = order(body, bound).body;
    for (const literal of ordered) this.literal(literal, bound);
    // What has no order is reported as unsafe; its names are checked all the same.
    for (const literal of body) if (!ordered.includes(literal)) this.literal(literal, bound);
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
          this.compare(literal.left, left, literal.right, right, literal.span);
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
      case "not":
        return this.body(literal.body, new Set(bound));
      case "with":
        for (const override of literal.overrides) this.override(override);
        return this.literal(literal.literal, bound);
    }
  }

  private override(override: Override): void {
    const value = override.value === undefined ? types.any : this.term(override.value);
    if (override.kind !== "root" || override.value === undefined) return;
    let type: Type = { kind: "record", record: rootRecords[override.root] };
    for (const step of override.path) type = this.field(type, step, override.value.span);
    if (override.path.length > 0) this.assignable(override.value, value, type);
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
        this.compare(pattern, this.term(pattern), pattern, type, pattern.span);
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
        return { kind: term.kind, of: types.common(term.items.map((item) => this.term(item))) };
      case "object":
        return {
          kind: "object",
          of: types.common(term.entries.map(([key, value]) => (this.term(key), this.term(value)))),
        };
      case "comprehension": {
        // Variables of the closure are its own; outer ones have their types already.
        this.body(term.body, new Set(this.locals.keys()));
        if (term.key !== undefined) this.term(term.key);
        return { kind: term.of, of: this.term(term.value) };
      }
      case "template":
        for (const part of term.parts) if (typeof part !== "string") this.term(part);
        return types.string;
      case "compare":
        this.compare(term.left, this.term(term.left), term.right, this.term(term.right), term.span);
        return types.boolean;
      case "arithmetic": {
        const left = this.term(term.left);
        const right = this.term(term.right);
        const wanted: Type = { kind: "union", of: [types.number, { kind: "set", of: types.any }] };
        for (const [operand, type] of [
          [term.left, left],
          [term.right, right],
        ] as const) {
          if (!types.overlap(type, wanted)) {
            this.report("P321", `\`${term.operator}\` does not take ${types.describe(type)}`, operand.span);
          }
        }
        return left.kind === "number" && right.kind === "number" ? types.number : types.any;
      }
      case "member":
        return this.member(term);
    }
  }

  private call(term: Extract<Term, { kind: "call" }>): Type {
    const given = term.args.map((arg) => this.term(arg));
    if (term.callee.kind !== "builtin") return types.any;
    const { builtin } = term.callee;
    this.observeConstants(term.args, given);
    builtin.types?.args?.forEach((wanted, index) => {
      const type = given[index];
      const arg = term.args[index];
      if (type === undefined || arg === undefined || types.overlap(type, types.ofBuiltin(wanted))) return;
      const expected = types.describe(types.ofBuiltin(wanted));
      this.report("P322", `\`${builtin.name}\` takes ${expected} here, not ${types.describe(type)}`, arg.span);
    });
    return builtin.types === undefined || builtin.relation === true ? types.any : types.ofBuiltin(builtin.types.result);
  }

  /** `startswith(column.label, "pii.")`: the constant is about what the other argument is. */
  private observeConstants(args: readonly Term[], given: readonly Type[]): void {
    const subject = given.find((type) => type.kind === "string" && type.field !== undefined);
    if (this.observer === undefined || subject?.kind !== "string") return;
    for (const arg of args) if (isText(arg)) this.observer.constant(arg.span, subject);
  }

  private ref(term: Extract<Term, { kind: "ref" }>): Type {
    let type: Type;
    switch (term.base.kind) {
      case "data":
        type = types.any;
        break;
      case "input": {
        const [first] = term.path;
        const name = first?.kind === "const" ? first.value : undefined;
        if (typeof name === "string" && first !== undefined) {
          const help = suggest(name, roots) ?? `\`input\` has ${roots.join(", ")}`;
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
    for (const step of term.path) type = this.step(type, step);
    return type;
  }

  private step(type: Type, step: Term): Type {
    if (step.kind === "const" && typeof step.value === "string") {
      if (type.kind === "set") {
        this.compare(step, types.string, step, type.of, step.span);
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
    switch (type.kind) {
      case "any":
      case "union":
        return types.any;
      case "object":
        return type.of;
      case "record": {
        const fields: Fields = records[type.record];
        const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
        if (field === undefined) {
          const help = suggest(name, Object.keys(fields)) ?? `\`${type.record}\` has ${Object.keys(fields).join(", ")}`;
          this.report("P310", `\`${type.record}\` has no field \`${name}\``, span, help);
          return types.any;
        }
        this.checkLabelField(type.record, name, span);
        return types.ofField(field.type, `${type.record}.${name}`);
      }
      default: {
        const help = type.kind === "array" ? "write `some x in …` to look at its members" : undefined;
        this.report("P320", `${types.describe(type)} has no field \`${name}\``, span, help);
        return types.any;
      }
    }
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
    const domain = this.term(term.domain);
    const element = this.element(domain, term.domain.span);
    const parts =
      term.domain.kind === "const"
        ? term.domain.parts
        : term.domain.kind === "set" || term.domain.kind === "array"
          ? term.domain.items
          : undefined;
    if (parts === undefined) this.compare(term.value, value, term.domain, element, term.value.span);
    else for (const part of parts) this.compare(term.value, value, part, this.term(part), part.span);
    return types.boolean;
  }

  /** Two values that are compared: their types overlap, and a constant is one of those that can occur. */
  private compare(left: Term, leftType: Type, right: Term, rightType: Type, span: Span): void {
    if (!types.overlap(leftType, rightType)) {
      const message = `${types.describe(leftType)} is never ${types.describe(rightType)}`;
      this.report("P323", message, span);
      return;
    }
    this.constant(right, leftType);
    this.constant(left, rightType);
  }

  private assignable(term: Term, given: Type, wanted: Type): void {
    if (types.overlap(given, wanted)) this.constant(term, wanted);
    else this.report("P323", `${types.describe(given)} is never ${types.describe(wanted)}`, term.span);
  }

  private constant(term: Term, type: Type): void {
    if (!isText(term) || type.kind !== "string") return;
    this.observer?.constant(term.span, type);
    if (type.enum === undefined || type.enum.includes(term.value)) return;
    const listed = type.enum.length <= 12 ? `it is one of ${type.enum.join(", ")}` : undefined;
    const help = suggest(term.value, type.enum) ?? listed;
    this.report("P312", `\`${type.field ?? "this"}\` is never \`"${term.value}"\``, term.span, help);
  }

  private report(code: string, message: string, span: Span, help?: string): void {
    this.diagnostics.push({ code, severity: "error", message, span, ...(help === undefined ? {} : { help }) });
  }
}

function isText(term: Term): term is Extract<Term, { kind: "const" }> & { readonly value: string } {
  return term.kind === "const" && typeof term.value === "string";
}
