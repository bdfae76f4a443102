import type { TreeObject } from "../../tree-object.ts";
import type { Literal } from "../tree/expressions.ts";
import type { QueryExpression } from "../tree/queries.ts";
import type { Statement } from "../tree/statements.ts";
import type { Edits } from "./edits.ts";

/**
 * Puts a LIMIT on a query where that is sure to mean what it should. Otherwise nothing happens: whoever passes the rows on counts them in any
 * case, and the LIMIT only saves the server the work.
 */
export function limitRows(node: Statement, rows: number, { splices, expected }: Edits): void {
  if (node.kind !== "query" || !Number.isSafeInteger(rows) || rows < 0 || !mayHaveLimit(node)) return;
  const { limit } = node;
  const count: Literal = {
    kind: "literal",
    type: "integer",
    text: String(rows),
    introducer: undefined,
    start: 0,
    end: 0,
  };
  if (limit === undefined) {
    splices.push({ start: node.end, end: node.end, text: ` limit ${rows}` });
    const clause = { count, offset: undefined, examined: undefined, withTies: false, start: 0, end: 0 };
    expected.set(node as unknown as TreeObject, [{ ...node, limit: clause }]);
    return;
  }
  const given = limit.count;
  if (given?.kind !== "literal" || given.type !== "integer" || limit.withTies || Number(given.text) <= rows) return;
  splices.push({ start: given.start, end: given.end, text: String(rows) });
  expected.set(given as unknown as TreeObject, [count]);
}

/** What stands behind LIMIT would have to be looked for; rows that go into variables are not shown. */
function mayHaveLimit({ body, into, locking, procedure }: QueryExpression): boolean {
  if (into !== undefined || locking.length > 0 || procedure !== undefined) return false;
  return body.kind === "select" ? body.into === undefined && body.from.length > 0 : body.kind === "set_operation";
}
