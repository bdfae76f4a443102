import { EOF } from "chevrotain";
import type { Dialect } from "./dialect.ts";
import { Refused } from "./grammar/base.ts";
import { mysqlParser } from "./grammar/parser.ts";
import { tokenize } from "./lexer/lexer.ts";
import { defaultMysqlLimits, type MysqlParseLimits } from "./limits.ts";
import type { Statement } from "./tree/statements.ts";

export type ParsedMysql =
  | {
      readonly kind: "statements";
      readonly statements: readonly Statement[];
      /** Optimizer hints, which the tree does not have. */
      readonly hints: readonly { readonly start: number; readonly end: number }[];
    }
  | MysqlSyntaxError
  | MysqlRefusal;

interface MysqlSyntaxError {
  readonly kind: "syntax_error";
  /** What was expected and what stands there; nothing of a literal. */
  readonly message: string;
  /** UTF-16 offset. */
  readonly position: number;
}

interface MysqlRefusal {
  readonly kind: "refused";
  readonly limit: "nul" | "invalid_text" | "statement_bytes" | "tree_depth" | "statements" | "parser_fault";
  readonly message: string;
}

/** Parses a text as a server of that dialect does. Never throws; what the grammar does not know is a syntax error with its place. */
export function parseMysql(text: string, dialect: Dialect, limits: MysqlParseLimits = defaultMysqlLimits): ParsedMysql {
  const { statementBytesMax, statementsMax } = limits;
  if (text.length * 3 > statementBytesMax && Buffer.byteLength(text, "utf8") > statementBytesMax) {
    return refuse(
      "statement_bytes",
      `statement of ${Buffer.byteLength(text, "utf8")} bytes is over the limit of ${statementBytesMax}`,
    );
  }
  if (text.includes("\0")) return refuse("nul", "statement contains a NUL character");
  if (!text.isWellFormed()) return refuse("invalid_text", "statement is not valid Unicode text");
  try {
    const { tokens, hints } = tokenize(text, dialect);
    const parser = mysqlParser();
    const statements = parser.run(tokens, dialect, limits.nestingMax, limits.chainMax);
    const [error] = parser.errors;
    if (error !== undefined) {
      const { token, message } = error;
      const position = token.tokenType === EOF || Number.isNaN(token.startOffset) ? text.length : token.startOffset;
      return { kind: "syntax_error", message, position };
    }
    if (statements.length > statementsMax) {
      return refuse("statements", `text of ${statements.length} statements is over the limit of ${statementsMax}`);
    }
    return { kind: "statements", statements, hints };
  } catch (error) {
    if (!(error instanceof Refused)) return refuse("parser_fault", "the statement is too complex to be parsed");
    if (error.kind === "depth") return refuse("tree_depth", error.message);
    return { kind: "syntax_error", message: error.message, position: error.offset };
  }
}

function refuse(limit: MysqlRefusal["limit"], message: string): MysqlRefusal {
  return { kind: "refused", limit, message };
}
