import { EOF } from "chevrotain";
import type { Dialect } from "./dialect.ts";
import { Refused } from "./grammar/base.ts";
import { mysqlParser } from "./grammar/parser.ts";
import { tokenize } from "./lexer/lexer.ts";
import { type SqlToken, StringLiteral } from "./lexer/tokens.ts";
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
  if (!text.isWellFormed() && otherHalves.test(text)) {
    return refuse("invalid_text", "statement is not valid Unicode text");
  }
  try {
    const { tokens, hints } = tokenize(text, dialect);
    if (text.includes("\0") && nulsOf(text) > nulsInStrings(tokens)) {
      return refuse("nul", "statement contains a NUL character outside of its strings");
    }
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

/** In a string the server takes a NUL as it is, as drivers send it in blobs. A comment it ends. */
function nulsInStrings(tokens: readonly SqlToken[]): number {
  const strings = tokens.filter(({ tokenType }) => tokenType === StringLiteral);
  return strings.reduce((sum, { image }) => sum + nulsOf(image), 0);
}

function nulsOf(text: string): number {
  return text.split("\0").length - 1;
}

/** Halves of surrogate pairs that stand for no byte: `tokenize` takes U+DC80 to U+DCFF for bytes that are no UTF-8. */
const otherHalves = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udc7f\udd00-\udfff]/;

function refuse(limit: MysqlRefusal["limit"], message: string): MysqlRefusal {
  return { kind: "refused", limit, message };
}
