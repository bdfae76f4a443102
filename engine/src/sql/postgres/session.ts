import type { FuncCall, Node } from "@pgsql/types";
import { type StatementContext } from "./context.ts";

/** `set_config(name, value, is_local)` is SET: what it sets is read off its constants. */
export function noteSetConfig(context: StatementContext, call: FuncCall): void {
  const [name, value, local] = call.args ?? [];
  const variable = constantText(name);
  if (variable === undefined) {
    context.addOpaque("set_config of a setting that is not a constant", call.location);
    return;
  }
  const text = constantText(value);
  const lower = variable.toLowerCase();
  context.sessionEffects.push({
    kind: "set",
    variable: lower,
    values: text === undefined ? undefined : lower === "search_path" ? splitIdentifierList(text) : [text],
    local: constantBoolean(local) ?? true,
  });
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
    names.push(quoted === undefined ? (bare ?? "").toLowerCase() : quoted.replaceAll('""', '"'));
    if (separator === "") return names;
  }
}
