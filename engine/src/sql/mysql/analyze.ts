import type { Catalog } from "../../catalog/catalog.ts";
import type { NameContext } from "../../enforcer.ts";
import { characterCount } from "../../masks/base-type.ts";
import type { RefusedText } from "../sql-dialect.ts";
import { defaultSqlMode, type Dialect, parseSqlMode } from "./dialect.ts";
import { NameState } from "./facts/names.ts";
import { givenText, type InnerStatement } from "./facts/given-text.ts";
import { type ResolvedMysql, resolveMysql } from "./facts/resolve.ts";
import { settings } from "./facts/session-effects.ts";
import { type ParsedMysql, parseMysql } from "./parse.ts";
import type { Statement } from "./tree/statements.ts";

export type AnalyzedMysql =
  | { readonly kind: "statements"; readonly statements: readonly ResolvedMysql[] }
  | RefusedText;

type ParsedStatements = Extract<ParsedMysql, { kind: "statements" }>;

/** Parses a text as the server of the catalog does in the session's mode, and resolves every statement of it. See `SqlDialect.read`. */
export function analyzeMysql(text: string, catalog: Catalog, names: NameContext): AnalyzedMysql {
  const dialect = mysqlDialectOf(catalog, names);
  const parsed = parseMysql(text, dialect);
  if (parsed.kind === "refused") return parsed;
  if (parsed.kind === "syntax_error") return syntaxError(text, parsed.message, parsed.position);
  const given = new Map<Statement, ParsedStatements>();
  for (const statement of parsed.statements) {
    const literal = givenText(statement);
    if (literal === undefined) continue;
    const inner = parseMysql(literal.text, dialect);
    if (inner.kind === "refused") return inner;
    if (inner.kind === "syntax_error") {
      return syntaxError(text, `in the text of ${statement.kind.toUpperCase()}: ${inner.message}`, literal.start);
    }
    if (inner.statements.length !== 1) {
      const found = inner.statements.length === 0 ? "none" : "several";
      const message = `the text of ${statement.kind.toUpperCase()} must be one statement, and holds ${found}`;
      return syntaxError(text, message, literal.start);
    }
    given.set(statement, inner);
  }
  const mode = parsed.statements.flatMap(otherGrammar)[0];
  if (mode !== undefined) {
    return {
      kind: "refused",
      limit: "changed_reading",
      message: `under sql_mode ${mode} statements follow another grammar than they are checked by`,
    };
  }
  const changed = parsed.statements.slice(0, -1).flatMap(variablesOfReading)[0];
  if (changed !== undefined) {
    return {
      kind: "refused",
      limit: "changed_reading",
      message: `${changed} changes how the statements after it in the same text are read: send them in a text of their own`,
    };
  }
  try {
    const state = new NameState(catalog, names.searchPath[0]);
    const readInner = (statement: Statement, now: NameState) => innerOf(statement, given.get(statement), now);
    return { kind: "statements", statements: resolveMysql(text, parsed, state, readInner) };
  } catch {
    return { kind: "refused", limit: "tree_depth", message: "statement is too complex to be analysed" };
  }
}

function syntaxError(text: string, message: string, offset: number): AnalyzedMysql {
  const position = characterCount(text.slice(0, offset)) + 1;
  return { kind: "syntax_error", message, sqlstate: "42000", position, advice: {} };
}

/** The statement whose text another one gives: as the session stands there, and without effect on the statements behind it. */
function innerOf(
  statement: Statement,
  parsed: ParsedStatements | undefined,
  names: NameState,
): InnerStatement | undefined {
  const text = givenText(statement)?.text;
  if (text === undefined || parsed === undefined) return undefined;
  const [inner] = resolveMysql(text, parsed, names.copy());
  return inner && { text, database: names.database, statement: inner };
}

/** What the server of the catalog takes a text for. */
export function mysqlDialectOf(
  { engine, serverVersionNum }: Catalog,
  { sqlMode = defaultSqlMode }: NameContext,
): Dialect {
  return { product: engine === "mysql" ? "mysql" : "mariadb", version: serverVersionNum, mode: sqlMode };
}

/** Modes that the session could not go on under. Those of expressions show when they are set. */
function otherGrammar(statement: Statement): string[] {
  if (statement.kind !== "set" || statement.statement !== undefined) return [];
  return settings(statement.items)
    .filter(({ variable }) => variable === "sql_mode")
    .flatMap(({ values = [] }) => values)
    .filter((value) => parseSqlMode(value) === undefined);
}

/** The server reads each statement of a text when its turn comes, the parser all of them before the first. */
function variablesOfReading(statement: Statement): string[] {
  if (statement.kind !== "set") return [];
  return settings(statement.items)
    .map(({ variable }) => variable)
    .filter((variable) => changesReading.has(variable));
}

const changesReading: ReadonlySet<string> = new Set([
  "sql_mode",
  "names",
  "character_set",
  "character_set_client",
  "collation_connection",
]);
