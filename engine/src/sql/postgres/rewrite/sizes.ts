import { Denial } from "../../denial.ts";
import { type Edits, insertAfter, insertBefore, tokenAt } from "./edits.ts";
import { unclear } from "../../rewriting.ts";
import { expressionAround, hole } from "./fragments.ts";
import { endOfName, endOfParentheses, isToken, type SourceText } from "./source-text.ts";
import { everyNode, listOf, locationOf, stringOf } from "./tree.ts";

/**
 * Functions that tell how large a relation or the database is, with the type of what they are asked about; undefined where it may be a name or
 * an id. All are strict.
 */
const sizes: ReadonlyMap<string, string | undefined> = new Map([
  ["pg_relation_size", "pg_catalog.regclass"],
  ["pg_table_size", "pg_catalog.regclass"],
  ["pg_indexes_size", "pg_catalog.regclass"],
  ["pg_total_relation_size", "pg_catalog.regclass"],
  ["pg_database_size", undefined],
  ["pg_tablespace_size", undefined],
]);

export function tellsSize(functionName: string): boolean {
  return sizes.has(functionName);
}

/**
 * Asks for the size of nothing instead, which is NULL: psql and others ask for sizes on the way to something else. What the argument is
 * computed from stays where it is, so that aggregates in it go on grouping the query.
 */
export function hideSizes(source: SourceText, statement: unknown, edits: Edits): void {
  for (const call of everyNode(statement, "FuncCall")) {
    const name = listOf(call["funcname"]).map(stringOf).at(-1) ?? "";
    const [argument] = listOf(call["args"]);
    if (!sizes.has(name) || argument === undefined) continue;
    if (argument["NamedArgExpr"] !== undefined) throw new Denial(unclear);
    const type = sizes.get(name);
    const [before, after] = ["case when true then null else (", type === undefined ? ") end" : `)::${type} end`];
    const open = endOfName(source, tokenAt(source, locationOf(call)));
    if (open === undefined) throw new Denial(unclear);
    insertAfter(edits, source, open, before);
    insertBefore(edits, source, endOfArgument(source, open), after);
    edits.expected.set(argument, [expressionAround(before + hole + after, { ...argument })]);
  }
}

/** Index of the comma or parenthesis after the first of the arguments that begin at a parenthesis. */
function endOfArgument(source: SourceText, open: number): number {
  const end = endOfParentheses(source, open);
  if (end === undefined) throw new Denial(unclear);
  let at = open + 1;
  while (at < end - 1 && !isToken(source, at, ",")) {
    at = endOfParentheses(source, at) ?? endOfBrackets(source, at) ?? at + 1;
  }
  return at;
}

/** Index after the bracket that closes the one at `index`. */
function endOfBrackets(source: SourceText, index: number): number | undefined {
  if (!isToken(source, index, "[")) return undefined;
  let depth = 0;
  for (let at = index; at < source.tokens.length; at++) {
    if (isToken(source, at, "[")) depth++;
    else if (isToken(source, at, "]") && --depth === 0) return at + 1;
  }
  return undefined;
}
