import { parsePlpgsql, parsePostgres } from "./parse.ts";
import { isToken, type SourceText, sourceText } from "./rewrite/source-text.ts";

/** Where the value of an expression goes, as far as it makes a difference. */
type Place = "notice" | "error" | "performed" | "returned" | "elsewhere";

export interface PlacedStatement {
  readonly text: string;
  readonly place: Place;
  /** Of an assignment to a variable as a whole: the variable, and a SELECT of what it is given. */
  readonly assigned?: { readonly variable: string; readonly value: string };
}

/** A function in PL/pgSQL, taken apart. */
export interface PlpgsqlFunction {
  /** Without its schema; qualifies its arguments. */
  readonly name: string;
  /** Between the quotes of AS. */
  readonly body: string;
  readonly variables: ReadonlySet<string>;
  /** Queries and expressions as they stand in the body. */
  readonly texts: readonly string[];
  /** The same as statements; variables in them look like columns. */
  readonly statements: readonly PlacedStatement[];
  /** It has RAISE or ASSERT. */
  readonly says: boolean;
  /** It reads PG_EXCEPTION_DETAIL. */
  readonly seesDetails: boolean;
  /** It may read what an error says. */
  readonly seesErrors: boolean;
  /** For what it has other names by ALIAS: for NEW or OLD, or only for variables. */
  readonly aliases: "rows" | "variables" | undefined;
  /** A statement of PL/pgSQL's that is not taken apart, in SQL's own words. */
  readonly other: string | undefined;
}

/** @param definition CREATE FUNCTION, as `pg_get_functiondef` prints it. `undefined`: it cannot be read. */
export function readPlpgsql(definition: string): PlpgsqlFunction | undefined {
  const written = writtenIn(definition);
  const tree = written === undefined ? undefined : parsePlpgsql(definition);
  if (written === undefined || tree === undefined) return undefined;
  const { name, body } = written;
  const found: Found = { variables: new Set(), expressions: [], others: [], nodes: new Set() };
  collect(tree, found);
  const statements: PlacedStatement[] = [];
  for (const each of found.expressions) {
    const text = asStatement(each);
    if (text === undefined) return undefined;
    const assigned = assignedBy(each);
    statements.push({ text, place: each.place, ...(assigned === undefined ? {} : { assigned }) });
  }
  return {
    name,
    body,
    variables: found.variables,
    texts: found.expressions.map(({ query }) => query),
    statements,
    says: found.nodes.has("PLpgSQL_stmt_raise") || found.nodes.has("PLpgSQL_stmt_assert"),
    // The tree names the items that it reads; a body that only has the word may have it for anything else.
    seesDetails: found.nodes.has("PLpgSQL_stmt_getdiag") && /\bpg_exception_detail\b/i.test(body),
    seesErrors: /\b(?:sqlerrm|stacked)\b/i.test(body),
    aliases: aliasesIn(sourceText(body)),
    other: found.others[0],
  };
}

/** The tree does not have them. A word of that spelling may also be something else. */
function aliasesIn(source: SourceText): PlpgsqlFunction["aliases"] {
  const at = source.tokens.flatMap((_, index) => (isToken(source, index, "alias") ? [index + 2] : []));
  if (at.length === 0) return undefined;
  const isOfRow = (index: number) => /^(?:"?(?:new|old)"?$|u&)/i.test(textOf(source, index));
  return at.some(isOfRow) ? "rows" : "variables";
}

function textOf({ tokens, bytes }: SourceText, index: number): string {
  const token = tokens[index];
  return token === undefined ? "" : bytes.toString("utf8", token.start, token.end);
}

function writtenIn(definition: string): Pick<PlpgsqlFunction, "name" | "body"> | undefined {
  const parsed = parsePostgres(definition);
  const node = parsed.kind === "statements" ? parsed.statements[0]?.node : undefined;
  if (node === undefined || !("CreateFunctionStmt" in node)) return undefined;
  for (const option of node.CreateFunctionStmt.options ?? []) {
    if (!("DefElem" in option) || option.DefElem.defname !== "as") continue;
    const { arg } = option.DefElem;
    const [text] = arg !== undefined && "List" in arg ? (arg.List.items ?? []) : [];
    const last = node.CreateFunctionStmt.funcname?.at(-1);
    if (text === undefined || !("String" in text) || last === undefined || !("String" in last)) return undefined;
    return { name: last.String.sval ?? "", body: text.String.sval ?? "" };
  }
  return undefined;
}

interface Expression {
  readonly query: string;
  /** RawParseMode of PostgreSQL's src/include/parser/parser.h. */
  readonly parseMode: number;
  readonly place: Place;
  /** It is the default of this variable. */
  readonly defaultOf?: string;
}

interface Found {
  readonly variables: Set<string>;
  readonly expressions: Expression[];
  readonly others: string[];
  readonly nodes: Set<string>;
}

/** Nodes that run nothing but the expressions in them. Others, those that nobody has thought about too, are not taken apart. */
const known: ReadonlySet<string> = new Set(
  `function var rec recfield row type expr stmt_block exception_block exception condition stmt_if if_elsif stmt_case case_when stmt_loop
   stmt_while stmt_fori stmt_fors stmt_foreach_a stmt_exit stmt_assign stmt_perform stmt_execsql stmt_getdiag diag_item stmt_return
   stmt_return_next stmt_return_query stmt_raise raise_option stmt_assert stmt_open stmt_fetch stmt_close stmt_forc stmt_call
   stmt_commit stmt_rollback`
    .split(/\s+/)
    .map((name) => `PLpgSQL_${name}`),
);

const words: Readonly<Record<string, string>> = {
  PLpgSQL_stmt_dynexecute: "EXECUTE",
  PLpgSQL_stmt_dynfors: "FOR … IN EXECUTE",
};

/** Statements that are known as long as their query is not given as text. */
const dynamic: Readonly<Record<string, string>> = {
  PLpgSQL_stmt_return_query: "RETURN QUERY EXECUTE",
  PLpgSQL_stmt_open: "OPEN … FOR EXECUTE",
};

/** @param parent the node that `value` is a field of. */
function collect(value: unknown, found: Found, parent = ""): void {
  if (Array.isArray(value)) {
    for (const each of value) collect(each, found, parent);
    return;
  }
  if (typeof value !== "object" || value === null) return;
  for (const [name, field] of Object.entries(value as Record<string, unknown>)) {
    if (name === "dynquery") found.others.push(dynamic[parent] ?? "EXECUTE");
    else if (name === "refname") found.variables.add(String(field));
    else if (name === "default_val") {
      const { PLpgSQL_expr: expression } = field as { readonly PLpgSQL_expr: Expression };
      found.expressions.push({ ...expression, place: "elsewhere", defaultOf: nameOf(value) });
      continue;
    } else if (name === "PLpgSQL_expr")
      found.expressions.push({ ...(field as Expression), place: places[parent] ?? "elsewhere" });
    else if (name.startsWith("PLpgSQL_")) {
      found.nodes.add(name);
      if (!known.has(name)) found.others.push(words[name] ?? name);
    }
    collect(
      field,
      found,
      name.startsWith("PLpgSQL_") && name !== "PLpgSQL_raise_option" ? labelOf(name, field) : parent,
    );
  }
}

function nameOf(variable: object): string {
  return "refname" in variable ? String(variable.refname) : "";
}

/** ERROR of PostgreSQL's src/include/utils/elog.h; what is below does not end the statement. */
const errorLevel = 21;

function labelOf(name: string, field: unknown): string {
  if (name !== "PLpgSQL_stmt_raise") return name;
  const { elog_level: level } = field as { readonly elog_level?: number };
  return level !== undefined && level < errorLevel ? "notice" : "error";
}

const places: Readonly<Record<string, Place>> = {
  notice: "notice",
  error: "error",
  PLpgSQL_stmt_perform: "performed",
  PLpgSQL_stmt_return: "returned",
};

function asStatement({ query, parseMode }: Expression): string | undefined {
  if (parseMode === 0) return query;
  if (parseMode === 2) return `select ${query}`;
  return parseMode >= 3 && parseMode <= 5 ? assignmentAsSelect(sourceText(query)) : undefined;
}

function assignedBy({ query, parseMode, defaultOf }: Expression): PlacedStatement["assigned"] {
  if (defaultOf !== undefined) return { variable: defaultOf, value: `select ${query}` };
  if (parseMode < 3 || parseMode > 5) return undefined;
  const source = sourceText(query);
  const [first, second] = source.tokens;
  const isSplit = isToken(source, 1, ":") && isToken(source, 2, "=");
  if (first?.kind !== "word" || !(isSplit || isToken(source, 1, ":=") || isToken(source, 1, "="))) return undefined;
  const variable = source.bytes.toString("utf8", first.start, first.end).toLowerCase();
  const end = (isSplit ? source.tokens[2] : second)?.end;
  // NEW and OLD are no variables of the function's own.
  if (variable === "new" || variable === "old") return undefined;
  return { variable, value: `select ${source.bytes.toString("utf8", end)}` };
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
