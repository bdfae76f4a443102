/**
 * Writes code around each condition of a body that notes how often it was tried, how often it held, and what it saw. Only for programs
 * that explain themselves (`explain.ts`): what decides has none of this.
 */
import type { RootName } from "../check/vocabulary.ts";
import type { Context, Emitter, Watch } from "./emit.ts";
import { evaluable } from "./order.ts";
import { partsOf } from "./parts.ts";
import type { Value } from "../values.ts";
import type { Definition, Literal, Local, Term } from "./plan.ts";
import { type Group, groupsMatching, type RuleTree } from "./rule-tree.ts";

/** Whose body it is. */
export type BodyOwner =
  | { readonly kind: "rule"; readonly group: Group; readonly definition: Definition }
  /** A decision statement; `subject` is its `column`. */
  | { readonly kind: "decision"; readonly subject: Local | undefined };

/** Something that a condition looks at: a variable, or a reference such as `query.kind` or `column.label`. */
interface Observed {
  readonly term: Term;
  /**
   * The attribute of the vocabulary, such as `query.kind` or `query.columns.*.label`; undefined for what is none, such as `data` and rules,
   * and for variables of which the body does not tell where they come from.
   */
  readonly attribute: string | undefined;
  /** Constants that the condition looks for in it: `"dba" in principal.groups`. */
  readonly members: readonly Value[];
}

export interface ObservedLiteral {
  readonly literal: Literal;
  readonly observed: readonly Observed[];
  /** Rules that the condition evaluates by name. */
  readonly groups: readonly Group[];
}

export interface ObservedBody {
  readonly owner: BodyOwner;
  /** In the order in which they run. */
  readonly literals: ObservedLiteral[];
}

export class Watcher {
  readonly bodies: ObservedBody[] = [];
  private readonly rules: RuleTree;

  constructor(rules: RuleTree) {
    this.rules = rules;
  }

  watch(emitter: Emitter, owner: BodyOwner): Watch {
    const { writer } = emitter;
    const id = this.bodies.length;
    const body: ObservedBody = { owner, literals: [] };
    this.bodies.push(body);
    const elements = new Map<Local, string>();
    if (owner.kind === "decision" && owner.subject !== undefined) elements.set(owner.subject, "query.columns.*");
    return {
      before: (literal, index, context) => {
        noteElements(literal, elements);
        const terms = referencesOf(literal).filter((term) => isReady(term, context));
        const observed = terms.map(
          (term): Observed => ({ term, attribute: attributeOf(term, elements), members: membersOf(literal, term) }),
        );
        body.literals.push({ literal, observed, groups: this.groupsOf(literal) });
        const values = writer.name("o");
        writer.line(`const ${values} = R.trying(${context.environment}, ${id}, ${index}, ${observed.length});`);
        observed.forEach(({ term }, at) => {
          // A value that cannot be had is the condition's own failure, which shows when it runs.
          writer.block("try", () =>
            emitter.term(term, inner(context), (value) => writer.line(`R.saw(${values}, ${at}, ${value});`)),
          );
          writer.line("catch (error) { R.unseen(error); }");
        });
      },
      after: (index) => writer.line(`R.held(E, ${id}, ${index});`),
    };
  }

  private groupsOf(literal: Literal): Group[] {
    const groups = new Set<Group>();
    for (const term of termsOf(literal)) {
      if (term.kind === "call" && term.callee.kind === "function") groups.add(term.callee.group);
      // Where steps iterate over rules, which of them matters shows in the value alone.
      if (term.kind === "ref" && term.base.kind === "data") {
        const found = groupsMatching(this.rules, term.path);
        if (found.length === 1) for (const group of found) groups.add(group);
      }
    }
    return [...groups];
  }
}

function inner(context: Context): Context {
  return { ...context, bound: new Set(context.bound) };
}

/** Whether a term has a value before the condition runs. A step that iterates has several. */
function isReady(term: Term, { bound }: Context): boolean {
  return term.kind === "local" ? bound.has(term.local) : evaluable(term, bound);
}

/** What a condition looks at, each once, as far as it is worth showing: constants, calls and collections made on the spot are not. */
function referencesOf(literal: Literal): Term[] {
  const found: Term[] = [];
  for (const term of termsOf(literal)) {
    const isReference = term.kind === "local" ? term.local.name !== "_" : term.kind === "ref";
    if (isReference && !found.some((other) => sameText(other, term))) found.push(term);
  }
  return found;
}

function membersOf(literal: Literal, collection: Term): readonly Value[] {
  return termsOf(literal).flatMap((term) =>
    term.kind === "member" && term.key === undefined && term.value.kind === "const" && sameText(term.domain, collection)
      ? [term.value.value]
      : [],
  );
}

function sameText(a: Term, b: Term): boolean {
  if (a.kind === "local" && b.kind === "local") return a.local === b.local;
  if (a.kind !== "ref" || b.kind !== "ref" || a.path.length !== b.path.length) return false;
  const sameBase =
    a.base.kind === "term"
      ? b.base.kind === "term" && sameText(a.base.term, b.base.term)
      : a.base.kind === b.base.kind &&
        (a.base.kind !== "root" || (b.base.kind === "root" && a.base.root === b.base.root));
  return (
    sameBase &&
    a.path.every((step, index) => {
      const other = b.path[index];
      if (step.kind === "const") return other?.kind === "const" && step.value === other.value;
      return other !== undefined && sameText(step, other);
    })
  );
}

/** Terms of a literal that are evaluated in its own environment. Closures have variables and solutions of their own. */
function termsOf(literal: Literal): Term[] {
  switch (literal.kind) {
    case "test":
      return within(literal.term);
    case "unify":
      return [literal.left, literal.right].flatMap(within);
    case "some":
    case "every":
      return within(literal.domain);
    case "not":
      return literal.body.flatMap(termsOf);
    case "with":
      return literal.overrides.flatMap(({ value }) => (value === undefined ? [] : within(value)));
  }
}

/** A term and its parts; of a reference, those of its steps. */
function within(term: Term): Term[] {
  const parts = term.kind === "ref" ? term.path.filter((step) => step.kind !== "local") : partsOf(term);
  return [term, ...parts.flatMap(within)];
}

/** Variables that hold an element of the vocabulary: `some table in query.tables`. */
function noteElements(literal: Literal, elements: Map<Local, string>): void {
  if (literal.kind === "some" && literal.value.kind === "local") {
    const domain = attributeOf(literal.domain, elements);
    if (domain !== undefined) elements.set(literal.value.local, `${domain}.*`);
  } else if (literal.kind === "unify") {
    for (const [variable, value] of [
      [literal.left, literal.right],
      [literal.right, literal.left],
    ] as const) {
      const attribute = attributeOf(value, elements);
      if (variable.kind === "local" && attribute !== undefined && !elements.has(variable.local))
        elements.set(variable.local, attribute);
    }
  }
}

function attributeOf(term: Term, elements: ReadonlyMap<Local, string>): string | undefined {
  if (term.kind === "local") return elements.get(term.local);
  if (term.kind !== "ref") return undefined;
  const steps = term.path.map((step) => (step.kind === "const" && typeof step.value === "string" ? step.value : "*"));
  switch (term.base.kind) {
    case "root":
      return [term.base.root satisfies RootName, ...steps].join(".");
    case "input":
      return steps.length === 0 ? undefined : steps.join(".");
    case "data":
      return undefined;
    case "term": {
      const base = attributeOf(term.base.term, elements);
      return base === undefined ? undefined : [base, ...steps].join(".");
    }
  }
}
