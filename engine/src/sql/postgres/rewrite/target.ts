import type { ResolvedStatement } from "../resolution.ts";
import type { Edits } from "./edits.ts";
import type { Conditions } from "./conditions.ts";
import type { Protection } from "../../protection.ts";
import type { SourceText } from "./source-text.ts";
import type { Container, TreeIndex } from "./tree.ts";

/** All that is known while one statement is rewritten. */
export interface Rewriting {
  readonly source: SourceText;
  readonly tree: TreeIndex;
  readonly statement: ResolvedStatement;
  readonly conditions: Conditions;
  readonly edits: Edits;
}

/** What a statement changes, and where it says so. */
export interface Target {
  readonly protection: Protection;
  readonly container: Container;
  /** Index after the target's name and alias. */
  readonly after: number;
  /** The name of the target in the statement's expressions. */
  readonly name: string;
}
