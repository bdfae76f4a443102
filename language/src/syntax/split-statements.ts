/**
 * Cuts a file with mistakes into its statements, so that a mistake in one says nothing about the others.
 *
 * A statement begins a line. Where a bracket is open, because it was never closed or because the author does not indent, the line must also
 * look like a statement: not indented where the lines before it are, or with a word that no condition has.
 */
import type { IToken } from "chevrotain";
import * as t from "./tokens.ts";

export function statementsOf(tokens: readonly IToken[]): readonly (readonly IToken[])[] {
  const statements: IToken[][] = [];
  let depth = 0;
  let isIndented = false;
  for (const [index, token] of tokens.entries()) {
    const previous = tokens[index - 1];
    const beginsLine = previous === undefined || lineOf(token) > (previous.endLine ?? 0);
    const current = statements.at(-1);
    if (current === undefined || (beginsLine && beginsStatement(tokens, index, depth, isIndented))) {
      statements.push([token]);
      depth = 0;
      isIndented = false;
    } else {
      current.push(token);
      if (beginsLine && (token.startColumn ?? 1) > 1) isIndented = true;
    }
    if (isOpening(token)) depth += 1;
    else if (isClosing(token)) depth = Math.max(0, depth - 1);
  }
  return statements;
}

function beginsStatement(tokens: readonly IToken[], index: number, depth: number, isIndented: boolean): boolean {
  const token = tokens[index];
  if (token === undefined || !firstWords.has(token.tokenType)) return false;
  if (depth === 0) return isIndented ? token.startColumn === 1 || hasStatementWord(tokens, index) : true;
  return token.startColumn === 1 && (isIndented || hasStatementWord(tokens, index));
}

/** In its line there is what only the head of a statement has. */
function hasStatementWord(tokens: readonly IToken[], index: number): boolean {
  const line = lineOf(tokens[index]);
  for (let at = index; tokens[at] !== undefined && lineOf(tokens[at]) === line; at += 1) {
    const type = tokens[at]?.tokenType;
    if (type === t.If || type === t.Contains || type === t.Default || type === t.Import) return true;
  }
  return false;
}

const firstWords: ReadonlySet<unknown> = new Set([t.Identifier, t.Default, t.Import, t.Package]);

export function lineOf(token: IToken | undefined): number {
  return token?.startLine ?? 0;
}

export function isOpening(token: IToken): boolean {
  return token.image.length === 1 && "([{".includes(token.image);
}

export function isClosing(token: IToken): boolean {
  return token.image.length === 1 && ")]}".includes(token.image);
}
