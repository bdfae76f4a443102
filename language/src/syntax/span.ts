import type { IToken } from "chevrotain";
import type { SourceFile, Span } from "../diagnostics.ts";

/** From the start of one token to the end of another. */
export function spanOf(source: SourceFile, first: IToken, last: IToken): Span {
  return {
    file: source.path,
    start: first.startOffset,
    end: (last.endOffset ?? last.startOffset) + 1,
    line: first.startLine ?? 1,
    column: first.startColumn ?? 1,
  };
}
