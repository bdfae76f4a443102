/** What stands between tokens and is kept: comments and empty lines. */
import type { IToken } from "chevrotain";

interface Trivia {
  /** Comments in lines of their own before the token. */
  readonly leading: readonly LeadingComment[];
  /** The comment after the token in its line. */
  readonly trailing: string | undefined;
  /** There is an empty line before the token or, where it has any, before its first comment. */
  readonly blankBefore: boolean;
  /** The token, or its first comment, begins a line. */
  readonly beginsLine: boolean;
}

export interface LeadingComment {
  readonly text: string;
  /** There is an empty line between it and what follows it. */
  readonly blankAfter: boolean;
}

export interface FileTrivia {
  of(token: IToken): Trivia;
  /** Comments after the last token's line. */
  readonly end: readonly LeadingComment[];
  readonly blankBeforeEnd: boolean;
}

export function triviaOf(tokens: readonly IToken[], comments: readonly IToken[]): FileTrivia {
  const known = new Map<IToken, Trivia>();
  let next = 0;
  /** Comments up to an offset. */
  const take = (offset: number): IToken[] => {
    const start = next;
    while ((comments[next]?.startOffset ?? Infinity) < offset) next += 1;
    return comments.slice(start, next);
  };
  let previousEnd = 0;
  const leading = (before: readonly IToken[], lineAfter: number) =>
    before.map((comment, index) => ({
      text: comment.image.trimEnd(),
      blankAfter: (before[index + 1]?.startLine ?? lineAfter) - startLine(comment) > 1,
    }));
  let before = take(tokens[0]?.startOffset ?? Infinity);
  for (const [index, token] of tokens.entries()) {
    const first = startLine(before[0] ?? token);
    const tokenEnd = token.endLine ?? startLine(token);
    const after = take(tokens[index + 1]?.startOffset ?? Infinity);
    const trailing = after[0] !== undefined && startLine(after[0]) === tokenEnd ? after.shift() : undefined;
    known.set(token, {
      leading: leading(before, startLine(token)),
      trailing: trailing?.image.trimEnd(),
      blankBefore: previousEnd > 0 && first - previousEnd > 1,
      beginsLine: first > previousEnd,
    });
    previousEnd = tokenEnd;
    before = after;
  }
  const firstAtEnd = before[0];
  return {
    of: (token) => known.get(token) ?? { leading: [], trailing: undefined, blankBefore: false, beginsLine: false },
    end: leading(before, 0),
    blankBeforeEnd: firstAtEnd !== undefined && startLine(firstAtEnd) - previousEnd > 1,
  };
}

function startLine(token: IToken): number {
  return token.startLine ?? 1;
}
