/** Bodies whose conditions exclude each other: the rule is there and never does anything. */
import { statementKinds } from "../check/vocabulary.ts";
import type { Analysis } from "../compile/analyse.ts";
import type { ComparisonOperator } from "../comparison.ts";
import type { Body, Literal, Local, Term } from "../compile/plan.ts";
import { type Group, groupsMatching, type RuleTree } from "../compile/rule-tree.ts";
import { type Diagnostic, diagnostic, type Span } from "../diagnostics.ts";
import type { Value } from "../values.ts";
import { type Bound, flipped, has, intersection, isOpen, membersOf, satisfies } from "./known-values.ts";
import { allBodies } from "./statements.ts";
import { shownText, termText } from "./term-text.ts";

export function neverFires({ rules, ...analysis }: Analysis): Diagnostic[] {
  return allBodies({ rules, ...analysis }).flatMap(({ body }) => {
    const found = new Conditions(rules).contradiction(body);
    return found === undefined ? [] : [diagnostic("P407", `this never holds: ${found.why}`, found.span)];
  });
}

interface Contradiction {
  readonly span: Span;
  readonly why: string;
}

/** What the conditions so far say of one term. */
interface Known {
  /** The values that are left, where they can be listed. */
  readonly allowed: readonly Value[] | undefined;
  readonly bounds: readonly Bound[];
  readonly excluded: readonly Value[];
  /** Where the first of it was said. */
  readonly span: Span;
}

class Conditions {
  private readonly rules: RuleTree;
  private readonly known = new Map<string, Known>();
  /** Variables that are another name of something. */
  private readonly aliases = new Map<Local, Term>();
  /** Rules whose conditions are being looked at in place of their names. */
  private readonly within: Group[] = [];
  private found: Contradiction | undefined;

  constructor(rules: RuleTree) {
    this.rules = rules;
  }

  contradiction(body: Body): Contradiction | undefined {
    const [only, another] = body;
    // Written by itself it is meant: no rows at all, a rule that is switched off.
    if (only?.kind === "test" && only.term.kind === "const" && another === undefined) return undefined;
    for (const literal of body) {
      this.literal(literal, literal.span);
      if (this.found !== undefined) return this.found;
    }
    return undefined;
  }

  private literal(literal: Literal, span: Span): void {
    switch (literal.kind) {
      case "test":
        return this.holds(literal.term, span);
      case "not": {
        const [only, second] = literal.body;
        if (only?.kind === "test" && second === undefined) this.fails(only.term, span);
        return;
      }
      case "unify":
        if (literal.left.kind === "local" && literal.right.kind === "ref" && !this.aliases.has(literal.left.local)) {
          this.aliases.set(literal.left.local, literal.right);
        } else this.compared("==", literal.left, literal.right, span);
        return;
      case "some": {
        const members = membersOf(literal.domain);
        if (members?.length === 0) this.report(literal.domain.span, "the collection is empty");
        else if (members !== undefined) this.oneOf(literal.value, members, span);
        return;
      }
      // What `every` asks holds of nothing where there is nothing; what `with` replaces is something else outside.
      case "every":
      case "with":
        return;
    }
  }

  private holds(term: Term, span: Span): void {
    switch (term.kind) {
      case "const":
        if (term.value === false) this.report(span, "the condition is `false`");
        return;
      case "compare":
        return this.compared(term.operator, term.left, term.right, span);
      case "member": {
        const members = membersOf(term.domain);
        if (members === undefined || term.key !== undefined) return this.exclude(term, [false], span);
        if (members.length === 0) return this.report(term.domain.span, "the collection is empty");
        return this.oneOf(term.value, members, span);
      }
      default: {
        const group = this.conditionOf(term);
        this.exclude(term, [false], span);
        if (group === undefined) return;
        this.within.push(group);
        for (const literal of group.definitions[0]?.branches[0]?.body ?? []) this.literal(literal, span);
        this.within.pop();
      }
    }
  }

  /** `not term`: it is false, or has no value. */
  private fails(term: Term, span: Span): void {
    if (term.kind === "const" && term.value !== false) return this.report(span, "the condition is never false");
    if (term.kind === "compare" && term.operator === "==") {
      if (term.right.kind === "const") return this.exclude(term.left, [term.right.value], span);
      if (term.left.kind === "const") return this.exclude(term.right, [term.left.value], span);
    }
    const members = term.kind === "member" && term.key === undefined ? membersOf(term.domain) : undefined;
    if (term.kind === "member" && members !== undefined) return this.exclude(term.value, members, span);
    this.oneOf(term, [false], span);
    const group = this.conditionOf(term);
    const [only, second] = group?.definitions[0]?.branches[0]?.body ?? [];
    if (group === undefined || only?.kind !== "test" || second !== undefined) return;
    this.within.push(group);
    this.fails(only.term, span);
    this.within.pop();
  }

  private compared(operator: ComparisonOperator, left: Term, right: Term, span: Span): void {
    if (left.kind === "const" && right.kind === "const") {
      if (!satisfies(left.value, operator, right.value)) this.report(span, "two constants are compared");
      return;
    }
    if (left.kind === "const") return this.compared(flipped[operator], right, left, span);
    if (right.kind !== "const") return;
    if (operator === "==") return this.oneOf(left, [right.value], span);
    if (operator === "!=") return this.exclude(left, [right.value], span);
    this.narrow(left, { bounds: [{ operator, value: right.value }] }, span);
  }

  private oneOf(term: Term, allowed: readonly Value[], span: Span): void {
    this.narrow(term, { allowed }, span);
  }

  private exclude(term: Term, excluded: readonly Value[], span: Span): void {
    this.narrow(term, { excluded }, span);
  }

  private narrow(term: Term, more: Partial<Omit<Known, "span">>, span: Span): void {
    if (this.found !== undefined || term.kind === "const") return;
    const text = termText(this.resolved(term));
    // Variables of another rule mean nothing here.
    if (this.within.length > 0 && text.includes("#")) return;
    const before = this.known.get(text);
    const excluded = [...(before?.excluded ?? []), ...(more.excluded ?? [])];
    const bounds = [...(before?.bounds ?? []), ...(more.bounds ?? [])];
    const listed =
      before?.allowed === undefined
        ? more.allowed
        : more.allowed === undefined
          ? before.allowed
          : intersection(before.allowed, more.allowed);
    const allowed = listed?.filter(
      (value) => !has(excluded, value) && bounds.every((bound) => satisfies(value, bound.operator, bound.value)),
    );
    const known = { allowed, excluded, bounds, span: before?.span ?? span };
    this.known.set(text, known);
    if (allowed?.length === 0 || (allowed === undefined && !isOpen(bounds))) return this.excludes(text, before, span);
    if (text === "query.kind") this.categories(known, this.known.get("query.category"), span);
    if (text === "query.category") this.categories(this.known.get("query.kind"), known, span);
  }

  /** Each kind of statement is of one category. */
  private categories(kind: Known | undefined, category: Known | undefined, span: Span): void {
    if (kind === undefined || category === undefined) return;
    const fits = ({ allowed, excluded }: Known, value: Value): boolean =>
      (allowed === undefined || has(allowed, value)) && !has(excluded, value);
    const isPossible = Object.entries(statementKinds).some(([name, of]) => fits(kind, name) && fits(category, of));
    if (!isPossible) {
      const [other, name] = kind.span.start < category.span.start ? [kind, "query.kind"] : [category, "query.category"];
      this.excludes(name, other, span);
    }
  }

  private excludes(text: string, before: Known | undefined, span: Span): void {
    if (before === undefined) return this.report(span, `nothing is left for \`${shownText(text)}\``);
    const where = before.span.start === span.start ? "the same condition" : `line ${before.span.line}`;
    this.report(span, `${where} asks for another \`${shownText(text)}\``);
  }

  private report(span: Span, why: string): void {
    this.found ??= { span, why };
  }

  /** With what a variable is another name of. */
  private resolved(term: Term): Term {
    if (term.kind === "local") {
      const alias = this.aliases.get(term.local);
      return alias === undefined ? term : this.resolved(alias);
    }
    if (term.kind !== "ref" || term.base.kind !== "term") return term;
    const base = this.resolved(term.base.term);
    return base.kind === "ref"
      ? { ...base, path: [...base.path, ...term.path] }
      : { ...term, base: { kind: "term", term: base } };
  }

  /** The rule whose conditions a term stands for: one of one definition, true or nothing. */
  private conditionOf(term: Term): Group | undefined {
    if (term.kind !== "ref" || term.base.kind !== "data") return undefined;
    const [group, another] = groupsMatching(this.rules, term.path);
    if (group === undefined || another !== undefined || group.kind !== "complete" || this.within.includes(group))
      return undefined;
    const [definition, second] = group.definitions;
    if (definition === undefined || second !== undefined || definition.isDefault || group.rules.length > 1)
      return undefined;
    const [branch, otherwise] = definition.branches;
    const isTrue = branch?.value.kind === "const" && branch.value.value === true && otherwise === undefined;
    return isTrue && term.path.length === group.path.length ? group : undefined;
  }
}
