/**
 * The resolved form of rules: every name is a local variable, a path below `data` or `input`, a vocabulary root, or a function. Made by
 * resolve.ts, read by order.ts and the emitter.
 */
import type { Builtin } from "../builtin.ts";
import type { RootName } from "../check/vocabulary.ts";
import type { ComparisonOperator } from "../comparison.ts";
import type { Span } from "../diagnostics.ts";
import type { Body as TreeBody, DecisionKind } from "../syntax/tree.ts";
import type { Value } from "../values.ts";
import type { Group } from "./rule-tree.ts";

/** A variable of one body; its identity is its name. */
export interface Local {
  readonly name: string;
  readonly id: number;
  readonly span: Span;
  /** `:=`, `some x`, `every` and parameters; a variable that appears only once is then a mistake. */
  readonly declared: boolean;
}

type Base =
  | { readonly kind: "input" }
  | { readonly kind: "data" }
  | { readonly kind: "root"; readonly root: RootName }
  | { readonly kind: "term"; readonly term: Term };

export type ArithmeticOperator = "+" | "-" | "*" | "/" | "%" | "&" | "|";

export type Callee =
  | { readonly kind: "builtin"; readonly builtin: Builtin }
  | { readonly kind: "function"; readonly group: Group }
  /** Answered by the test host. */
  | { readonly kind: "host"; readonly name: "decide" | "rows" };

export type Term =
  /** `parts` are the items of a constant collection, each with its place. */
  | { readonly kind: "const"; readonly value: Value; readonly parts?: readonly Term[]; readonly span: Span }
  | { readonly kind: "local"; readonly local: Local; readonly span: Span }
  | { readonly kind: "ref"; readonly base: Base; readonly path: readonly Term[]; readonly span: Span }
  | { readonly kind: "call"; readonly callee: Callee; readonly args: readonly Term[]; readonly span: Span }
  | { readonly kind: "array"; readonly items: readonly Term[]; readonly span: Span }
  | { readonly kind: "set"; readonly items: readonly Term[]; readonly span: Span }
  | { readonly kind: "object"; readonly entries: readonly (readonly [Term, Term])[]; readonly span: Span }
  | {
      readonly kind: "comprehension";
      readonly of: "array" | "set" | "object";
      readonly key: Term | undefined;
      readonly value: Term;
      readonly body: Body;
      readonly free: ReadonlySet<Local>;
      readonly span: Span;
    }
  /** Each part is a set comprehension: empty where the expression is undefined. */
  | { readonly kind: "template"; readonly parts: readonly (string | Term)[]; readonly span: Span }
  | {
      readonly kind: "compare";
      readonly operator: ComparisonOperator;
      readonly left: Term;
      readonly right: Term;
      readonly span: Span;
    }
  | {
      readonly kind: "arithmetic";
      readonly operator: ArithmeticOperator;
      readonly left: Term;
      readonly right: Term;
      readonly span: Span;
    }
  | {
      readonly kind: "member";
      readonly key: Term | undefined;
      readonly value: Term;
      readonly domain: Term;
      readonly span: Span;
    };

export type Body = readonly Literal[];

export type Literal =
  | { readonly kind: "test"; readonly term: Term; readonly span: Span }
  | { readonly kind: "unify"; readonly left: Term; readonly right: Term; readonly span: Span }
  | {
      readonly kind: "some";
      readonly key: Term | undefined;
      readonly value: Term;
      readonly domain: Term;
      readonly span: Span;
    }
  | {
      readonly kind: "every";
      readonly key: Local | undefined;
      readonly value: Local;
      readonly domain: Term;
      readonly body: Body;
      readonly free: ReadonlySet<Local>;
      readonly span: Span;
    }
  | { readonly kind: "not"; readonly body: Body; readonly span: Span }
  | { readonly kind: "with"; readonly overrides: readonly Override[]; readonly literal: Literal; readonly span: Span };

export type Override =
  | { readonly kind: "input"; readonly path: readonly string[]; readonly value: Term }
  /** `span` is of the whole path. */
  | {
      readonly kind: "root";
      readonly root: RootName;
      readonly path: readonly string[];
      readonly value: Term;
      readonly span: Span;
    }
  | { readonly kind: "data"; readonly path: readonly string[]; readonly value: Term }
  /** `value` or, where another function is named, `replacement`. */
  | {
      readonly kind: "function";
      readonly name: string;
      readonly replacement: Callee | undefined;
      readonly value: Term | undefined;
    };

/** One alternative of a rule: what `else` chains. */
export interface Branch {
  readonly value: Term;
  readonly body: Body;
}

/** One definition of a rule, resolved. */
export interface Definition {
  readonly span: Span;
  readonly package: readonly string[];
  readonly params: readonly Term[];
  /** Steps below the group's path, for objects with variable keys. */
  readonly path: readonly Term[];
  /** `contains`: values of branches are members of a set. */
  readonly isMember: boolean;
  readonly isDefault: boolean;
  /** More than one with `else`. */
  readonly branches: readonly Branch[];
}

export interface DecisionPlan {
  readonly kind: DecisionKind;
  readonly span: Span;
  readonly package: readonly string[];
  readonly body: Body;
  /** The iteration variable, for `mask column` and `label column`. */
  readonly subject: Local | undefined;
  /** The path that `mask T.C`, `label T.C` and `filter T` name. */
  readonly path: string | undefined;
  /** For `filter`. */
  readonly rows: RowsPlan | undefined;
  /** Message, mask arguments, limit, label, groups or channel. */
  readonly values: readonly Term[];
  /** What a statement says besides, where it says it: `code`, `for` and `because`. */
  readonly options: DecisionOptions;
  /** Mask or limit. */
  readonly name: string;
  readonly source: TreeBody;
  /** Groups that it may evaluate itself. */
  readonly uses: ReadonlySet<Group>;
}

/** Which rows a filter leaves: conditions over the row and over everything that is known before it, which `body` binds too. */
export interface RowsPlan {
  readonly row: Local;
  readonly body: Body;
}

export interface DecisionOptions {
  readonly code?: Term;
  readonly duration?: Term;
  readonly because?: Term;
}

/** All terms of a statement's head. */
export function headTerms({ values, options }: DecisionPlan): readonly Term[] {
  const { code, duration, because } = options;
  return [...values, ...[code, duration, because].filter((term) => term !== undefined)];
}
