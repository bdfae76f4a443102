/**
 * What one text may be. Measured on Node's default stack: the parser withstands more than twice as many levels. Whatever is over a limit
 * is refused before or while it is parsed, never by an overflow of the stack.
 */
export interface MysqlParseLimits {
  /** UTF-8 bytes of the text. */
  readonly statementBytesMax: number;
  /** Expressions, queries, joins and statements inside each other. */
  readonly nestingMax: number;
  /** Operators of one chain, `a + b + c`: as deep as it is long. Terms of AND, OR and XOR lie side by side and do not count. */
  readonly chainMax: number;
  /** Statements in one text. */
  readonly statementsMax: number;
}

export const defaultMysqlLimits: MysqlParseLimits = {
  statementBytesMax: 2 * 1024 * 1024,
  nestingMax: 200,
  chainMax: 1_000,
  statementsMax: 10_000,
};
