import type { Span } from "../diagnostics.ts";

/** Compiled policies as texts and data, from which one file can be made that needs no compiler. */
export interface StandaloneParts {
  /** As `Program.revision`. */
  readonly revision: string;
  /** The body of a function of `R` and `C` (`programText`), free of anything that a policy says. */
  readonly text: string;
  /** For each line of `text`, the place in a policy for which it was written. */
  readonly places: readonly (Span | undefined)[];
  /** What `text` calls `C`: JSON of `writeConstant`, each on one line. */
  readonly constants: readonly string[];
  /** `StandaloneOutline` as JSON of `writeConstant`. */
  readonly outline: string;
  /** `data.*` as JSON. */
  readonly data: string;
}

/** What is known of the program besides its functions. */
export interface StandaloneOutline<Traits> {
  readonly decisions: readonly Traits[];
  /** The node above all rules. */
  readonly root: OutlineNode;
  /** Attributes that a decision reads, as in `Facts`. */
  readonly attributes: readonly string[];
}

/** A node of the rule tree. */
export interface OutlineNode {
  readonly name: string;
  readonly children: readonly OutlineNode[];
  /** Where rules define it. */
  readonly group:
    | { readonly id: number; readonly isFunction: boolean; readonly attributes: readonly string[] }
    | undefined;
}
