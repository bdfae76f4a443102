import { Denial } from "../../denial.ts";
import { unclear } from "../../rewriting.ts";
import type { SourceText } from "./source-text.ts";
import type { Splice } from "../../splices.ts";
import type { TreeObject } from "../../tree-object.ts";

/** What is to be done to a text, and what its tree must be afterwards. */
export interface Edits {
  readonly splices: Splice[];
  readonly expected: Map<TreeObject, readonly unknown[]>;
  /** Of an INSERT of rows: indexes of the items of a row on which its check depends. */
  readonly decisive: Set<number>;
}

export function noEdits(): Edits {
  return { splices: [], expected: new Map(), decisive: new Set() };
}

/** Replaces the tokens from one index up to another. */
export function replaceTokens(edits: Edits, source: SourceText, from: number, to: number, text: string): void {
  edits.splices.push({ start: startOf(source, from), end: endOf(source, to - 1), text });
}

export function insertBefore(edits: Edits, source: SourceText, index: number, text: string): void {
  const at = startOf(source, index);
  edits.splices.push({ start: at, end: at, text });
}

export function insertAfter(edits: Edits, source: SourceText, index: number, text: string): void {
  const at = endOf(source, index);
  edits.splices.push({ start: at, end: at, text });
}

/** Index of the token that a position of the tree points to. */
export function tokenAt(source: SourceText, position: number): number {
  const index = source.indexAt.get(position);
  if (index === undefined) throw new Denial(unclear);
  return index;
}

function startOf(source: SourceText, index: number): number {
  const token = source.tokens[index];
  if (token === undefined) throw new Denial(unclear);
  return token.start;
}

export function endOf(source: SourceText, index: number): number {
  const token = source.tokens[index];
  if (token === undefined) throw new Denial(unclear);
  return token.end;
}
