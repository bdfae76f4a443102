/**
 * The tree of a policy file, as written: names unresolved, nothing desugared but operators.
 *
 * Made once from the concrete syntax tree (lower.ts); everything after reads only this.
 */
import type { Span } from "../diagnostics.ts";

export interface Module {
  readonly file: string;
  /** Parts of the package name. */
  readonly package: readonly string[];
  readonly imports: readonly Import[];
  readonly rules: readonly Rule[];
  readonly decisions: readonly Decision[];
  /** In order of the file; `# METADATA` blocks among them. */
  readonly comments: readonly Comment[];
  readonly span: Span;
}

interface Comment {
  /** Without `#`. */
  readonly text: string;
  readonly span: Span;
}

export interface Import {
  /** `["data", "directory"]` for `import data.directory`. */
  readonly path: readonly string[];
  readonly alias: string | undefined;
  readonly span: Span;
}

export interface Rule {
  readonly name: Name;
  /** What follows the name: `.b[c]` of `a.b[c].d := …`. */
  readonly path: readonly Expr[];
  /** Parameters of a function, else absent. */
  readonly args: readonly Expr[] | undefined;
  /** The member of `p contains x`. */
  readonly member: Expr | undefined;
  /** The value after `:=`, `true` where there is none written. */
  readonly value: Expr | undefined;
  readonly isDefault: boolean;
  /** Empty for a rule without condition. */
  readonly body: Body;
  readonly else: Else | undefined;
  readonly span: Span;
}

export interface Else {
  readonly value: Expr | undefined;
  readonly body: Body;
  readonly else: Else | undefined;
  readonly span: Span;
}

export interface Name {
  readonly text: string;
  readonly span: Span;
}

export type Body = readonly Literal[];

export type Literal =
  | {
      readonly kind: "expr";
      readonly negated: boolean;
      readonly expr: Expr;
      readonly with: readonly With[];
      readonly span: Span;
    }
  | { readonly kind: "declare"; readonly names: readonly Name[]; readonly span: Span }
  | {
      readonly kind: "some";
      readonly key: Expr | undefined;
      readonly value: Expr;
      readonly domain: Expr;
      readonly with: readonly With[];
      readonly span: Span;
    }
  | {
      readonly kind: "every";
      readonly key: Name | undefined;
      readonly value: Name;
      readonly domain: Expr;
      readonly body: Body;
      readonly with: readonly With[];
      readonly span: Span;
    };

export interface With {
  /** `["input", "a"]`; a function's name for a mock. */
  readonly target: readonly string[];
  readonly value: Expr;
  readonly span: Span;
}

type Scalar = null | boolean | number | bigint | string;

export type Operator =
  | ":="
  | "="
  | "=="
  | "!="
  | "<"
  | "<="
  | ">"
  | ">="
  | "+"
  | "-"
  | "*"
  | "/"
  | "%"
  | "&"
  | "|"
  | "in";

export type Expr =
  | { readonly kind: "scalar"; readonly value: Scalar; readonly span: Span }
  | { readonly kind: "var"; readonly name: string; readonly span: Span }
  | { readonly kind: "ref"; readonly base: Expr; readonly path: readonly Expr[]; readonly span: Span }
  | { readonly kind: "call"; readonly callee: readonly Name[]; readonly args: readonly Expr[]; readonly span: Span }
  | { readonly kind: "array"; readonly items: readonly Expr[]; readonly span: Span }
  | { readonly kind: "set"; readonly items: readonly Expr[]; readonly span: Span }
  | { readonly kind: "object"; readonly entries: readonly (readonly [Expr, Expr])[]; readonly span: Span }
  | {
      readonly kind: "comprehension";
      readonly of: "array" | "set" | "object";
      readonly key: Expr | undefined;
      readonly value: Expr;
      readonly body: Body;
      readonly span: Span;
    }
  /** Texts and expressions in turn; an expression may have `with`. */
  | { readonly kind: "template"; readonly parts: readonly (string | TemplateExpr)[]; readonly span: Span }
  | {
      readonly kind: "infix";
      readonly operator: Operator;
      readonly left: Expr;
      readonly right: Expr;
      readonly span: Span;
    }
  /** `key, value in domain`. */
  | { readonly kind: "member"; readonly key: Expr; readonly value: Expr; readonly domain: Expr; readonly span: Span };

export interface TemplateExpr {
  readonly expr: Expr;
  readonly with: readonly With[];
}

/** What a `mask` or `label` is about: every column, or one by its path `schema.table.column`. */
export type Subject =
  | { readonly kind: "each"; readonly name: Name }
  | { readonly kind: "path"; readonly parts: readonly string[]; readonly span: Span };

interface DecisionBase {
  readonly body: Body;
  readonly span: Span;
}

export type Decision =
  | (DecisionBase & { readonly kind: "allow" })
  | (DecisionBase & { readonly kind: "deny"; readonly message: Expr; readonly code: Expr | undefined })
  | (DecisionBase & {
      readonly kind: "mask";
      readonly subject: Subject;
      readonly mask: Name;
      readonly args: readonly Expr[];
    })
  | (DecisionBase & { readonly kind: "limit"; readonly what: Name; readonly value: Expr })
  | (DecisionBase & { readonly kind: "label"; readonly subject: Subject; readonly value: Expr })
  | (DecisionBase & {
      readonly kind: "approve";
      /** Somebody of any of them. */
      readonly groups: readonly Expr[];
      readonly duration: Expr | undefined;
      readonly because: Expr | undefined;
    })
  | (DecisionBase & { readonly kind: "notify"; readonly channel: Expr; readonly because: Expr | undefined })
  | (DecisionBase & {
      readonly kind: "filter";
      /** `schema.table`, as parts. */
      readonly table: { readonly parts: readonly string[]; readonly span: Span };
      /** What `rows` calls the row. */
      readonly row: Name;
      /** Which rows there are; not empty. */
      readonly rows: Body;
    });

export type DecisionKind = Decision["kind"];
