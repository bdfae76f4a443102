import { parsePlpgsql, parsePostgres } from "./parse.ts";
import { isToken, type SourceText, sourceText } from "./rewrite/source-text.ts";

/** A function in PL/pgSQL, taken apart. */
export interface PlpgsqlFunction {
  /** Between the quotes of AS. */
  readonly body: string;
  readonly variables: ReadonlySet<string>;
  /** Queries and expressions as they stand in the body. */
  readonly texts: readonly string[];
  /** The same as statements; variables in them look like columns. */
  readonly statements: readonly string[];
  /** A statement of PL/pgSQL's that is not taken apart, in SQL's own words. */
  readonly other: string | undefined;
}

/** @param definition CREATE FUNCTION, as `pg_get_functiondef` prints it. `undefined`: it cannot be read. */
export function readPlpgsql(definition: string): PlpgsqlFunction | undefined {
  const body = bodyOf(definition);
  const tree = body === undefined ? undefined : parsePlpgsql(definition);
  if (body === undefined || tree === undefined) return undefined;
  const found: Found = { variables: new Set(), expressions: [], others: [] };
  collect(tree, found);
  const statements = found.expressions.map(asStatement);
  if (!statements.every((statement) => statement !== undefined)) return undefined;
  return {
    body,
    variables: found.variables,
    texts: found.expressions.map(({ query }) => query),
    statements,
    other: found.others[0],
  };
}

function bodyOf(definition: string): string | undefined {
  const parsed = parsePostgres(definition);
  const node = parsed.kind === "statements" ? parsed.statements[0]?.node : undefined;
  if (node === undefined || !("CreateFunctionStmt" in node)) return undefined;
  for (const option of node.CreateFunctionStmt.options ?? []) {
    if (!("DefElem" in option) || option.DefElem.defname !== "as") continue;
    const { arg } = option.DefElem;
    const [text] = arg !== undefined && "List" in arg ? (arg.List.items ?? []) : [];
    return text !== undefined && "String" in text ? (text.String.sval ?? "") : undefined;
  }
  return undefined;
}

interface Expression {
  readonly query: string;
  /** RawParseMode of PostgreSQL's src/include/parser/parser.h. */
  readonly parseMode: number;
}

interface Found {
  readonly variables: Set<string>;
  readonly expressions: Expression[];
  readonly others: string[];
}

/** Nodes that run nothing but the expressions in them. Others, those that nobody has thought about too, are not taken apart. */
const known: ReadonlySet<string> = new Set(
  `function var rec recfield row type expr stmt_block exception_block exception condition stmt_if if_elsif stmt_case case_when stmt_loop
   stmt_while stmt_fori stmt_fors stmt_foreach_a stmt_exit stmt_assign stmt_perform stmt_execsql stmt_getdiag diag_item stmt_return
   stmt_return_next stmt_return_query stmt_raise raise_option stmt_assert`
    .split(/\s+/)
    .map((name) => `PLpgSQL_${name}`),
);

const words: Readonly<Record<string, string>> = {
  PLpgSQL_stmt_dynexecute: "EXECUTE",
  PLpgSQL_stmt_dynfors: "FOR … IN EXECUTE",
  PLpgSQL_stmt_forc: "FOR over a cursor",
  PLpgSQL_stmt_open: "OPEN",
  PLpgSQL_stmt_fetch: "FETCH",
  PLpgSQL_stmt_close: "CLOSE",
  PLpgSQL_stmt_call: "CALL",
  PLpgSQL_stmt_commit: "COMMIT",
  PLpgSQL_stmt_rollback: "ROLLBACK",
};

function collect(value: unknown, found: Found): void {
  if (Array.isArray(value)) {
    for (const each of value) collect(each, found);
    return;
  }
  if (typeof value !== "object" || value === null) return;
  for (const [name, field] of Object.entries(value as Record<string, unknown>)) {
    if (name === "dynquery") found.others.push("RETURN QUERY EXECUTE");
    else if (name === "refname") found.variables.add(String(field));
    else if (name === "PLpgSQL_expr") found.expressions.push(field as Expression);
    else if (name.startsWith("PLpgSQL_") && !known.has(name)) found.others.push(words[name] ?? name);
    collect(field, found);
  }
}

function asStatement({ query, parseMode }: Expression): string | undefined {
  if (parseMode === 0) return query;
  if (parseMode === 2) return `select ${query}`;
  return parseMode >= 3 && parseMode <= 5 ? assignmentAsSelect(sourceText(query)) : undefined;
}

/** `x[i] := value` as `select x[i], value`: indexes of what is assigned to are expressions too. */
function assignmentAsSelect(source: SourceText): string | undefined {
  const { tokens, bytes } = source;
  let depth = 0;
  for (const [index, token] of tokens.entries()) {
    if (isToken(source, index, "(") || isToken(source, index, "[")) depth++;
    else if (isToken(source, index, ")") || isToken(source, index, "]")) depth--;
    if (depth > 0) continue;
    const isSplit = isToken(source, index, ":") && isToken(source, index + 1, "=");
    if (!isSplit && !isToken(source, index, ":=") && !isToken(source, index, "=")) continue;
    const end = (isSplit ? tokens[index + 1] : token)?.end ?? token.end;
    return `select ${bytes.toString("utf8", 0, token.start)}, ${bytes.toString("utf8", end)}`;
  }
  return undefined;
}
