import type { Dialect } from "../dialect.ts";
import type { SqlToken } from "../lexer/tokens.ts";
import type { Statement } from "../tree/statements.ts";
import { StatementsGrammar } from "./statements.ts";

/** The whole grammar. Making one costs what analysing a grammar of this size does: it is made once. */
class MysqlParser extends StatementsGrammar {
  constructor() {
    super();
    this.performSelfAnalysis();
  }

  /** Throws `Refused` or leaves errors in `errors`. */
  run(tokens: readonly SqlToken[], dialect: Dialect, nestingMax: number, chainMax: number): Statement[] {
    this.begin(tokens, dialect, nestingMax, chainMax);
    return this.statements();
  }
}

export const parser: {
  run: (tokens: readonly SqlToken[], dialect: Dialect, nestingMax: number, chainMax: number) => Statement[];
  readonly errors: MysqlParser["errors"];
  getSerializedGastProductions: MysqlParser["getSerializedGastProductions"];
} = new MysqlParser();
