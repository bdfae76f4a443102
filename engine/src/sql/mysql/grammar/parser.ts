import type { Dialect } from "../dialect.ts";
import type { SqlToken } from "../lexer/tokens.ts";
import type { Statement } from "../tree/statements.ts";
import { StatementsGrammar } from "./statements.ts";

/** The whole grammar. */
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

let parser: MysqlParser | undefined;

/** The one parser. Made when it is first asked for: analysing a grammar of this size takes a good part of a second, which who has no MySQL need not wait for. */
export function mysqlParser(): {
  run: (tokens: readonly SqlToken[], dialect: Dialect, nestingMax: number, chainMax: number) => Statement[];
  readonly errors: MysqlParser["errors"];
  getSerializedGastProductions: MysqlParser["getSerializedGastProductions"];
} {
  parser ??= new MysqlParser();
  return parser;
}
