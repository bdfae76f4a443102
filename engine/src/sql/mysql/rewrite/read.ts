import { Denial } from "../../denial.ts";
import { because, type Protection } from "../../protection.ts";
import type { RelationRead } from "../facts/context.ts";
import { quoteMysqlName } from "../quote.ts";
import type { Expression } from "../tree/expressions.ts";
import type { Join, QueryExpression } from "../tree/queries.ts";
import { avoidedOrder } from "./avoided-order.ts";
import { impliedBy, selectAround } from "./conditions.ts";
import { protectedSource, wholeRelation } from "./protected-source.ts";
import { type Rewriting, replaceTable } from "./edits.ts";
import { columnName, columnsIn, withColumns } from "./fragments.ts";
import { nodesOf, type TableSite } from "./tree.ts";

/** Puts a derived table in the place of a relation. */
export function rewriteRead(
  rewriting: Rewriting,
  read: RelationRead,
  site: TableSite,
  protection: Protection,
  isSafe: boolean,
): void {
  const { text, statement } = rewriting;
  const { relation, table } = read;
  if (table.systemTime !== undefined) {
    throw new Denial(`${because(protection)}, which does not go together with FOR SYSTEM_TIME`, "leave it out");
  }
  const select = selectAround(site.path);
  const name = table.alias?.text ?? table.name.parts.at(-1)?.text ?? relation.name;
  // MariaDB forgets the NULLs of totals where a derived table is merged.
  const isMergeable = select?.hasTotals !== true && (protection.filter === undefined || isSafe);
  const implied = select === undefined ? [] : impliedBy(select, name, protection);
  const source = protectedSource(protection, name, {
    ...wholeRelation,
    partitions: table.partitions.map((each) => each.text),
    indexHints: [
      ...table.indexHints.map(({ start, end }) => text.slice(start, end)),
      ...avoidedOrder(protection, statement),
    ],
    leavesInvisible: nodesOf(statement.node, stars).length > 0,
    isOptional: (nodesOf(statement.node, joins) as unknown as readonly Join[]).some(({ type }) =>
      /left|right/.test(type),
    ),
    barrier: isMergeable ? undefined : { implied: implied.map((condition) => `(${qualified(text, condition, name)})`) },
    locking: lockingOf(text, site, protection),
  });
  replaceTable(rewriting, read, site, source);
}

/** A condition with its columns as those of a relation of that alias. */
function qualified(text: string, condition: Expression, alias: string): string {
  return withColumns(
    text,
    condition,
    columnsIn(condition),
    (column) => `${quoteMysqlName(alias)}.${quoteMysqlName(columnName(column))}`,
  );
}

const joins: ReadonlySet<string> = new Set(["join"]);
const stars: ReadonlySet<string> = new Set(["star"]);

/** Rows of a derived table are locked by what stands in it. */
function lockingOf(text: string, { path }: TableSite, protection: Protection): string {
  const query = path.findLast((each) => each["kind"] === "query") as unknown as QueryExpression | undefined;
  const [lock] = query?.locking ?? [];
  if (lock === undefined) return "";
  if (lock.tables.length > 0) {
    throw new Denial(`${because(protection)}, which does not go together with OF after FOR UPDATE`, "leave OF out");
  }
  return ` ${text.slice(lock.start, lock.end)}`;
}
