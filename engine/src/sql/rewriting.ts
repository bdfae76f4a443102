/** What is asked of a rewriter, and what it answers, in every dialect. */
import type { Column, Relation } from "../catalog/catalog.ts";
import type { Protection } from "./protection.ts";
import type { Splice, SplicedText } from "./splices.ts";

/** Of one statement, what inlining has to know. */
export interface InliningPlan {
  /** Of every relation that the statement reads or changes, through the definitions of views too. */
  readonly protections: ReadonlyMap<string, Protection>;
  /** Views to read through their definitions, by path. */
  readonly inlined: ReadonlyMap<string, { readonly view: Relation; readonly why: string }>;
}

export interface StatementPlan extends InliningPlan {
  /** A LIMIT is put on a query where that is sure to be right; rows must be counted all the same. */
  readonly rowLimit: number | undefined;
  /**
   * Names that an unprotected relation in this statement shares with a protected one anywhere in the database, or with one that the
   * search_path would find too.
   */
  readonly namesakes: ReadonlySet<string>;
  /** Whether functions that tell sizes are to tell nothing. */
  readonly hidesSizes: boolean;
}

export type RewriteResult =
  | { readonly kind: "unchanged" }
  | ({
      readonly kind: "rewritten";
      /** By index of the statement: where its result has tokens. */
      readonly tokens: ReadonlyMap<number, TokenOutputs>;
      /** What was done to the text, and on which items of an INSERT's rows it depends. `undefined` where views were put in first. */
      readonly edits: { readonly splices: readonly Splice[]; readonly decisive: ReadonlySet<number> } | undefined;
    } & SplicedText)
  | {
      readonly kind: "denied";
      /** Index of the statement that cannot be rewritten. */
      readonly statement: number;
      readonly reason: string;
      readonly hint: string | undefined;
    };

export interface TokenOutputs {
  readonly outputs: readonly TokenOutput[];
  /** How many columns the result has. */
  readonly width: number;
  /** The server does not say of an output of a set operation which column it is. */
  readonly hasUnion: boolean;
}

/** An output of a result that is a token of a column. */
interface TokenOutput {
  /** From 1. */
  readonly position: number;
  readonly relation: Relation;
  readonly column: Column;
}

export function isEmpty({ protections, inlined, rowLimit, namesakes, hidesSizes }: StatementPlan): boolean {
  return protections.size + inlined.size === 0 && rowLimit === undefined && namesakes.size === 0 && !hidesSizes;
}

export const unclear =
  "the statement cannot be rewritten with certainty, and what it reads is masked or filtered for you";
