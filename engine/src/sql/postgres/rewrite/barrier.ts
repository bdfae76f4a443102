/**
 * What goes inside the barrier that keeps conditions from hidden rows: whatever lets the planner find the rows that matter without reading all
 * of them, and can be evaluated on hidden ones.
 */
import { quoteName } from "../../../masks/quote.ts";
import type { RelationRead, ResolvedStatement } from "../resolution.ts";
import type { Conditions } from "./conditions.ts";
import { governing, keyOrder, leftOf } from "./implied.ts";
import { type Barrier, base } from "./protected-source.ts";
import type { Protection } from "../../protection.ts";
import { isObject, type TreeObject } from "../../tree-object.ts";
import { listOf, locationOf, type Site, stringOf } from "./tree.ts";

export function insideBarrier(
  statement: ResolvedStatement,
  site: Site,
  read: RelationRead,
  protection: Protection,
  conditions: Conditions,
): Barrier & { readonly isLateral: boolean } {
  const { columns: masked, relation } = protection;
  // How the source calls the columns that the query refers to; masked ones are something else outside.
  const own = new Map(
    read.references
      .filter(({ column }) => !masked.has(column.attnum))
      .map(({ position, column: { attnum, name } }) => [position, { attnum, sql: `${base}.${quoteName(name)}` }]),
  );
  const key = relation.primaryKey?.length === 1 ? relation.primaryKey[0] : undefined;
  const names = new Map([...own].map(([position, { sql }]) => [position, sql]));
  const left = leftOf(site);
  const others = new Map<number, string>();
  for (const { rangeVar, refName, references } of statement.reads) {
    if (!left.relations.has(rangeVar) || (rangeVar.alias?.colnames?.length ?? 0) > 0) continue;
    for (const { position, column } of references)
      others.set(position, `${quoteName(refName)}.${quoteName(column.name)}`);
  }
  // Only by the primary key: by anything else, looking up row after row could cost more than reading all of them once.
  const keys = new Map(
    [...own].filter(([, { attnum }]) => attnum === key).map(([position, { sql }]) => [position, sql]),
  );
  const joined =
    keys.size === 0 || others.size === 0
      ? []
      : left.conditions.filter((condition) => isKeyJoin(condition, keys, others)).slice(0, 1);
  const governed = governing(site);
  const all = [names, ...equals(statement, read, governed, names)].flatMap((each) =>
    conditions.implied(governed, each),
  );
  return {
    implied: [...new Set([...all, ...conditions.implied(joined, new Map([...keys, ...others]))])],
    order: keyOrder(site, key, own),
    isHidden: conditions.mayTry,
    isLateral: joined.length > 0,
  };
}

/**
 * References to columns that have to be equal to one of the relation's: what is known of them, as `a.id = 5` beside `a.id = t.account_id`, is known
 * of it. Each as names by which the relation's own column stands for the other.
 */
function equals(
  { reads }: ResolvedStatement,
  read: RelationRead,
  governed: readonly TreeObject[],
  names: ReadonlyMap<number, string>,
): ReadonlyMap<number, string>[] {
  const typeAt = (position: number) => read.references.find((each) => each.position === position)?.column.type;
  return governed.flatMap((condition) => {
    const [left, right] = equalColumns(condition) ?? [-1, -1];
    const [mine, other] = names.has(left) ? [left, right] : [right, left];
    const name = names.get(mine);
    const peer = reads.find(({ references }) => references.some(({ position }) => position === other));
    const column = peer?.references.find(({ position }) => position === other)?.column;
    if (name === undefined || peer === undefined || peer === read || column?.type !== typeAt(mine)) return [];
    const same = peer.references.filter((each) => each.column === column && each.position !== other);
    return [new Map(same.map(({ position }) => [position, name]))];
  });
}

/** The positions of two columns that a condition demands to be equal. */
function equalColumns(condition: TreeObject): readonly [number, number] | undefined {
  const comparison = condition["A_Expr"];
  if (!isObject(comparison) || comparison["kind"] !== "AEXPR_OP") return undefined;
  if (listOf(comparison["name"]).map(stringOf).at(-1) !== "=") return undefined;
  const [left, right] = [comparison["lexpr"], comparison["rexpr"]].map((side) =>
    isObject(side) && isObject(side["ColumnRef"]) ? locationOf(side["ColumnRef"]) : undefined,
  );
  return left === undefined || right === undefined ? undefined : [left, right];
}

/** `key = column of the left side`, either way round. */
function isKeyJoin(
  condition: TreeObject,
  keys: ReadonlyMap<number, string>,
  others: ReadonlyMap<number, string>,
): boolean {
  const [left, right] = equalColumns(condition) ?? [-1, -1];
  return (keys.has(left) && others.has(right)) || (others.has(left) && keys.has(right));
}
