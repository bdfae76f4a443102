import type { Splice } from "../../splices.ts";
import type { TreeObject } from "../../tree-object.ts";
import type { Select } from "../tree/queries.ts";
import type { Statement } from "../tree/statements.ts";
import type { Dialect } from "../dialect.ts";
import type { Edits } from "./edits.ts";
import { parsedExpression } from "./fragments.ts";
import { nodesOf } from "./tree.ts";

const condition = "true";

interface MissingCondition {
  readonly select: TreeObject;
  /** Of a query with GROUP BY, WHERE would have to stand before that. */
  readonly clause: "where" | "having";
  readonly splice: Splice;
}

/**
 * MariaDB 10.11.18 ends, with all its sessions, on a prepared statement that compares a column of a derived table, as protected tables are, with
 * the rows of a query that has neither FROM nor a condition: `email in (select right(email, 3))`. With a condition it does not.
 */
export function missingConditions(node: Statement): readonly MissingCondition[] {
  const selects = nodesOf(node, comparisons).flatMap(({ query }) => nodesOf(query, selectsOnly));
  return [...new Set(selects)].flatMap((select) => {
    const { from, where, groupBy, having, windows, end } = select as unknown as Select;
    if (from.length + windows.length > 0 || where !== undefined || having !== undefined) return [];
    const clause = groupBy.length === 0 ? "where" : "having";
    return [{ select, clause, splice: { start: end, end, text: ` ${clause} ${condition}` } }];
  });
}

/** Behind all other edits, which may be of what the condition stands behind. */
export function giveConditions(
  missing: readonly MissingCondition[],
  dialect: Dialect,
  { splices, expected }: Edits,
): void {
  for (const { select, clause, splice } of missing) {
    splices.push(splice);
    expected.set(select, [{ ...select, [clause]: parsedExpression(condition, dialect) }]);
  }
}

const comparisons: ReadonlySet<string> = new Set(["in_subquery", "quantified"]);
const selectsOnly: ReadonlySet<string> = new Set(["select"]);
