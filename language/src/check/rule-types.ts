/** What rules and functions give, and what functions take, inferred from what they say. */
import type { Usage } from "../compile/resolve.ts";
import type { Literal, Local, Term } from "../compile/plan.ts";
import { type Group, groupsMatching, type RuleTree } from "../compile/rule-tree.ts";
import * as types from "./types.ts";
import type { Type } from "./types.ts";

/** Types of the values of a rule's definitions. */
type Infer = (group: Group) => readonly Type[];

export class RuleTypes {
  private readonly rules: RuleTree;
  private readonly usage: Usage;
  private readonly infer: Infer;
  private readonly known = new Map<Group, Type>();
  private readonly wanted = new Map<Group, readonly Type[]>();

  constructor(rules: RuleTree, usage: Usage, infer: Infer) {
    this.rules = rules;
    this.usage = usage;
    this.infer = infer;
  }

  /** What a reference below `data` gives, and how many of its steps lead there. */
  reference(path: readonly Term[]): { readonly type: Type; readonly depth: number } | undefined {
    const [group, another] = groupsMatching(this.rules, path);
    if (group === undefined || another !== undefined || group.kind === "function") return undefined;
    const depth = group.path.length;
    const leads = path.slice(0, depth);
    if (leads.length < depth || !leads.every(({ kind }) => kind === "const")) return undefined;
    return { type: this.of(group), depth };
  }

  /** What a rule is, or what a function gives. */
  of(group: Group): Type {
    const known = this.known.get(group);
    if (known !== undefined) return known;
    // Until it is known: a rule that needs itself is an error of its own.
    this.known.set(group, types.any);
    const type = this.isOpen(group) ? types.any : this.wrap(group, unionOfValues(group, this.infer(group)));
    this.known.set(group, type);
    return type;
  }

  /** What the function's arguments must be for any of its definitions to be defined. */
  parameters(group: Group): readonly Type[] {
    let wanted = this.wanted.get(group);
    if (wanted === undefined) {
      wanted = this.isOpen(group)
        ? []
        : Array.from({ length: group.arity }, (_, index) =>
            types.unionOf(group.definitions.map(({ params, branches }) => requiredOf(params[index], branches))),
          );
      this.wanted.set(group, wanted);
    }
    return wanted;
  }

  private wrap(group: Group, value: Type): Type {
    switch (group.kind) {
      case "complete":
      case "function":
        return value;
      case "set":
        return { kind: "set", of: value };
      case "object":
        return { kind: "object", of: types.any };
    }
  }

  /** Not all is known of it: a definition has a mistake, or a test replaces it by something else. */
  private isOpen(group: Group): boolean {
    if (group.definitions.length < group.rules.length) return true;
    if (this.usage.functionTargets.has(["data", ...group.path].join("."))) return true;
    return this.usage.dataTargets.some((target) => target.every((step, index) => step === (group.path[index] ?? step)));
  }
}

/** Constant strings are words of a list, where there is more than one: a single one is a setting that may change. */
function unionOfValues(group: Group, values: readonly Type[]): Type {
  const type = types.unionOf(values);
  const name = group.path.at(-1) ?? "";
  const named = (each: Type): Type => {
    if (each.kind !== "string" || each.enum === undefined || each.field !== undefined) return each;
    return each.enum.length < 2 ? types.string : { ...each, field: name };
  };
  return type.kind === "union" ? { kind: "union", of: type.of.map(named) } : named(type);
}

/** What a parameter must be: a constant, or what a builtin takes to which a condition hands it. */
function requiredOf(param: Term | undefined, branches: Group["definitions"][number]["branches"]): Type {
  if (param?.kind === "const") return types.ofValue(param.value);
  const [branch, otherwise] = branches;
  if (param?.kind !== "local" || branch === undefined || otherwise !== undefined) return types.any;
  const terms = [...branch.body.flatMap(certainTerms), branch.value];
  for (const term of terms) {
    const type = takenBy(term, param.local);
    if (type !== undefined) return type;
  }
  return types.any;
}

function certainTerms(literal: Literal): readonly Term[] {
  if (literal.kind === "test") return [literal.term];
  return literal.kind === "unify" ? [literal.left, literal.right] : [];
}

/** What the builtin takes to which a term hands the variable, as it is. */
function takenBy(term: Term, local: Local): Type | undefined {
  if (term.kind === "compare") return takenBy(term.left, local) ?? takenBy(term.right, local);
  if (term.kind !== "call" || term.callee.kind !== "builtin") return undefined;
  const { types: signature } = term.callee.builtin;
  for (const [index, arg] of term.args.entries()) {
    const wanted = signature?.args?.[index];
    if (wanted !== undefined && arg.kind === "local" && arg.local === local) return types.ofBuiltin(wanted);
    const inner = takenBy(arg, local);
    if (inner !== undefined) return inner;
  }
  return undefined;
}

/**
 * Tables, columns and the like keep their type on the way into a function, so that their fields are checked there too. Everything else may be
 * meant for callers to come.
 */
export function parameterType(param: Term, given: Type | undefined): Type {
  return param.kind === "local" && given !== undefined && isOfRecords(given) ? given : types.any;
}

function isOfRecords(type: Type): boolean {
  if (type.kind === "array" || type.kind === "set") return isOfRecords(type.of);
  return type.kind === "record" || (type.kind === "union" && type.of.every(isOfRecords));
}
