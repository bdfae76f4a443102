import type { ResolvedStatement } from "../resolution.ts";
import { type Edits, insertAfter, replaceTokens } from "./edits.ts";
import { endOfParentheses, isToken, type SourceText } from "./source-text.ts";
import { isObject, type TreeObject } from "../../tree-object.ts";
import { locationOf } from "./tree.ts";

/** PostgreSQL's parser makes another constant of larger numbers. */
const rowsMax = 2_147_483_647;

/**
 * Puts a LIMIT on a query where that is sure to mean what it should. Otherwise nothing happens: whoever passes the rows on counts
 * them in any case, and the LIMIT only saves the server the work.
 */
export function limitRows(
  source: SourceText,
  { facts }: ResolvedStatement,
  select: TreeObject,
  rows: number,
  edits: Edits,
): void {
  if (!Number.isSafeInteger(rows) || rows < 0 || rows > rowsMax) return;
  const count = select["limitCount"];
  if (count === undefined) {
    if (select["limitOffset"] === undefined) appendLimit(source, facts, select, rows, edits);
    return;
  }
  const constant = integerOf(count);
  if (constant === undefined || constant.value <= rows || select["limitOption"] !== "LIMIT_OPTION_COUNT") return;
  const index = source.indexAt.get(constant.position);
  if (index === undefined || source.tokens[index]?.kind !== "number" || !isObject(count)) return;
  replaceTokens(edits, source, index, index + 1, String(rows));
  edits.expected.set(count, [integer(rows)]);
}

/** Without LIMIT and OFFSET a LIMIT may stand at the very end of a query, even after FOR UPDATE. */
function appendLimit(
  source: SourceText,
  range: { readonly start: number; readonly end: number },
  select: TreeObject,
  rows: number,
  edits: Edits,
): void {
  const last = lastTokenOfQuery(source, range);
  if (last === undefined) return;
  insertAfter(edits, source, last, ` limit ${rows}`);
  edits.expected.set(select, [{ ...select, limitOption: "LIMIT_OPTION_COUNT", limitCount: integer(rows) }]);
}

/** The last of the statement, except in COPY (query) TO. */
function lastTokenOfQuery(source: SourceText, { start, end }: { start: number; end: number }): number | undefined {
  const first = source.tokens.findIndex((token) => token.start >= start);
  if (isToken(source, first, "copy")) {
    const after = endOfParentheses(source, first + 1);
    return after === undefined ? undefined : after - 2;
  }
  let last = source.tokens.findLastIndex((token) => token.start < end);
  while (last > first && isToken(source, last, ";")) last--;
  return last < first ? undefined : last;
}

function integer(value: number): TreeObject {
  return { A_Const: { ival: value === 0 ? {} : { ival: value } } };
}

function integerOf(node: unknown): { value: number; position: number } | undefined {
  const constant = isObject(node) ? node["A_Const"] : undefined;
  const wrapped = isObject(constant) ? constant["ival"] : undefined;
  if (!isObject(constant) || !isObject(wrapped)) return undefined;
  const value = wrapped["ival"] ?? 0;
  return typeof value === "number" ? { value, position: locationOf(constant) } : undefined;
}
