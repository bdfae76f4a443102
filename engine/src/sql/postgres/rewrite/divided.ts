/** Tables that are divided by a masked column: in which partition a row lies tells roughly what its value is. */
import { quoteName } from "../../../masks/quote.ts";
import type { ResolvedStatement } from "../resolution.ts";
import { Denial } from "../../denial.ts";
import type { Protection } from "../../protection.ts";
import { fieldNames, type TreeIndex } from "./tree.ts";

/** @throws Denial where the statement would tell rows of partitions apart */
export function refuseDivided(statement: ResolvedStatement, tree: TreeIndex, protection: Protection): void {
  const { relation, columns } = protection;
  const key = relation.dividedBy ?? [];
  const masked = [...columns.values()].find(({ column }) => key.includes(column.attnum) || key.includes(expressionKey));
  if (masked === undefined) return;
  const refuse = (what: string, hint: string) =>
    new Denial(
      `${relation.path} is divided by ${quoteName(masked.column.name)}, which is masked for you, and ${what}`,
      hint,
    );
  if (relation.isPartition) throw refuse("its partitions would tell of the values", "use the partitioned table itself");
  if ("ExplainStmt" in statement.node)
    throw refuse("EXPLAIN would tell its partitions apart", "run the statement itself");
  const place = tree.columnRefs.map(({ node }) => fieldNames(node).at(-1)).find((name) => places.has(name ?? ""));
  if (place !== undefined)
    throw refuse(`${quoteName(place)} would tell its partitions apart`, "identify rows by their key");
}

/** In pg_partitioned_table.partattrs. */
const expressionKey = 0;

const places: ReadonlySet<string> = new Set(["tableoid", "ctid"]);
