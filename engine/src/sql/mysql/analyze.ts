import type { Catalog } from "../../catalog/catalog.ts";
import type { NameContext } from "../../enforcer.ts";
import { characterCount } from "../../masks/base-type.ts";
import type { RefusedText } from "../sql-dialect.ts";
import { defaultSqlMode, type Dialect } from "./dialect.ts";
import { NameState } from "./facts/names.ts";
import { type ResolvedMysql, resolveMysql } from "./facts/resolve.ts";
import { settings } from "./facts/session-effects.ts";
import { parseMysql } from "./parse.ts";
import type { Statement } from "./tree/statements.ts";

export type AnalyzedMysql =
  | { readonly kind: "statements"; readonly statements: readonly ResolvedMysql[] }
  | RefusedText;

/** Parses a text as the server of the catalog does in the session's mode, and resolves every statement of it. See `SqlDialect.read`. */
export function analyzeMysql(text: string, catalog: Catalog, names: NameContext): AnalyzedMysql {
  const parsed = parseMysql(text, mysqlDialectOf(catalog, names));
  if (parsed.kind === "refused") return parsed;
  if (parsed.kind === "syntax_error") {
    const position = characterCount(text.slice(0, parsed.position)) + 1;
    return { kind: "syntax_error", message: parsed.message, sqlstate: "42000", position, advice: {} };
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
    return { kind: "statements", statements: resolveMysql(text, parsed, state) };
  } catch {
    return { kind: "refused", limit: "tree_depth", message: "statement is too complex to be analysed" };
  }
}

/** What the server of the catalog takes a text for. */
export function mysqlDialectOf(
  { engine, serverVersionNum }: Catalog,
  { sqlMode = defaultSqlMode }: NameContext,
): Dialect {
  return { product: engine === "mysql" ? "mysql" : "mariadb", version: serverVersionNum, mode: sqlMode };
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
