/**
 * What one text may be before it is parsed. Checked by one linear scan (`prescan.ts`), so that a hostile text costs no more than
 * reading it; each number has a margin of at least two below what PostgreSQL's parser compiled to WebAssembly withstands on
 * Node's default stack (measured: 9,400 chained operators, 1,570 nested subqueries).
 */
export interface ParseLimits {
  /** UTF-8 bytes of the text. Parsing costs about 0.6 µs and 80 bytes of memory a byte. */
  readonly statementBytesMax: number;
  /** Estimated depth of the tree: every open bracket counts `bracketDepth`, every operator of a chain counts 1. */
  readonly treeDepthMax: number;
  /** Statements in one text. */
  readonly statementsMax: number;
}

export const defaultParseLimits: ParseLimits = {
  statementBytesMax: 2 * 1024 * 1024,
  treeDepthMax: 2_000,
  statementsMax: 10_000,
};

/** A bracket puts several nodes on the path from the root (subquery, select list, target, call). */
export const bracketDepth = 5;

/** A parser whose memory has grown beyond this is replaced: WebAssembly memory never shrinks. */
export const parserMemoryBytesMax = 512 * 1024 * 1024;
