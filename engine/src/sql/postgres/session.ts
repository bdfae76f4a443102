import type { FuncCall, Node, SelectStmt } from "@pgsql/types";
import type { SessionEffect } from "../facts.ts";
import { strings } from "./context.ts";

/** `set_config(name, value, is_local)` is SET: what it sets is read off its constants. */
export function setConfigEffect(
  call: FuncCall,
  query: SelectStmt | undefined,
): Extract<SessionEffect, { kind: "set" }> | undefined {
  const [name, value, local] = call.args ?? [];
  const variable = (constantText(name) ?? settingOfQuery(name, query))?.toLowerCase();
  if (variable === undefined) return undefined;
  const text = constantText(value);
  return {
    kind: "set",
    variable,
    values: text === undefined ? undefined : variable === "search_path" ? splitIdentifierList(text) : [text],
    // SET lasts longer than SET LOCAL: where it cannot be told, it lasts.
    local: constantBoolean(local) ?? false,
  };
}

/** `select set_config(name, …) from pg_settings where name = 'constant'`, as pg_dump sets what an older server may not have. */
function settingOfQuery(name: Node | undefined, query: SelectStmt | undefined): string | undefined {
  if (name === undefined || !("ColumnRef" in name) || query?.fromClause?.length !== 1) return undefined;
  const [from] = query.fromClause;
  const where = query.whereClause;
  if (from === undefined || !("RangeVar" in from) || from.RangeVar.relname !== "pg_settings") return undefined;
  if (where === undefined || !("A_Expr" in where) || where.A_Expr.kind !== "AEXPR_OP") return undefined;
  const { lexpr, rexpr, name: operator } = where.A_Expr;
  if (strings(operator).at(-1) !== "=" || lexpr === undefined || !("ColumnRef" in lexpr)) return undefined;
  const columns = [strings(name.ColumnRef.fields).at(-1), strings(lexpr.ColumnRef.fields).at(-1)];
  return columns.every((column) => column === "name") ? constantText(rexpr) : undefined;
}

/** The text of a string constant, a cast of one included. */
export function constantText(node: Node | undefined): string | undefined {
  if (node === undefined) return undefined;
  if ("TypeCast" in node) return constantText(node.TypeCast.arg);
  if (!("A_Const" in node)) return undefined;
  const { sval, ival, fval, boolval, isnull } = node.A_Const;
  if (isnull === true) return undefined;
  if (sval !== undefined) return sval.sval ?? "";
  if (ival !== undefined) return String(ival.ival ?? 0);
  if (fval !== undefined) return fval.fval ?? "0";
  if (boolval !== undefined) return boolval.boolval === true ? "true" : "false";
  return undefined;
}

function constantBoolean(node: Node | undefined): boolean | undefined {
  const text = constantText(node);
  if (text === undefined) return undefined;
  return ["t", "true", "yes", "on", "1", "y"].includes(text.trim().toLowerCase());
}

/**
 * The names in a search_path given as one string, as PostgreSQL's SplitIdentifierString reads it: parts between commas, quoted ones as they
 * are, others in lower case. `undefined` when it is not such a list.
 */
export function splitIdentifierList(text: string): readonly string[] | undefined {
  const names: string[] = [];
  const pattern = /\s*(?:"((?:[^"]|"")*)"|([^\s,"]+))\s*(,|$)/y;
  if (/^\s*$/.test(text)) return names;
  for (;;) {
    const match = pattern.exec(text);
    if (match === null) return undefined;
    const [, quoted, bare, separator] = match;
    names.push(truncated(quoted === undefined ? (bare ?? "").toLowerCase() : quoted.replaceAll('""', '"')));
    if (separator === "") return names;
  }
}

/** Names are cut at 63 bytes, not within a character. */
function truncated(name: string): string {
  let bytes = 0;
  let result = "";
  for (const character of name) {
    bytes += Buffer.byteLength(character);
    if (bytes > 63) return result;
    result += character;
  }
  return result;
}
