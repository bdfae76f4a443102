import type { AccessKind } from "@penstock/language";
import { catalogIndex } from "../sql/postgres/catalog-index.ts";
import type { Catalog, ForeignKey, Relation, RelationCode, TriggerEvent, TriggerInfo } from "./catalog.ts";
import { viewLineage, viewTables } from "./labels.ts";

/** A use of a relation, by a statement or by what that sets off. */
export interface RelationUse {
  readonly relation: Relation;
  readonly access: ReadonlySet<AccessKind>;
  /** Attribute numbers of the columns that are touched. Absent: it is not known which. */
  readonly touched?: ReadonlySet<number>;
  /** Of those that are given values. Absent: it is not known which. */
  readonly written?: ReadonlySet<number>;
}

/**
 * A use with those that it brings: of children and partitions, of rows that refer to rows which are changed, and of the tables of views. Each
 * relation once, as far as something is set off there.
 */
export function usesBrought(catalog: Catalog, first: RelationUse): readonly RelationUse[] {
  const index = catalogIndex(catalog);
  const found = new Map<Relation, RelationUse>();
  const waiting: RelationUse[] = [first];
  for (let use = waiting.pop(); use !== undefined; use = waiting.pop()) {
    const { relation, access } = use;
    if (relation.isSystem) continue;
    const before = found.get(relation);
    if (before !== undefined && isWithin(use, before)) continue;
    found.set(relation, before === undefined ? use : { relation, access: access.union(before.access) });
    // A row whose key changes goes from one partition into another.
    const moves = relation.kind === "partitioned" && access.has("update");
    const below = moves ? access.union(new Set<AccessKind>(["insert", "delete"])) : access;
    for (const child of index.descendants(relation)) {
      const written = use.written && sameColumns(relation, use.written, child);
      waiting.push({ relation: child, access: below, ...(written === undefined ? {} : { written }) });
    }
    waiting.push(...usesByView(catalog, use));
    for (const { relation: follower, key } of index.followers(relation)) {
      const follows = new Set<AccessKind>();
      if (access.has("delete") && key.onDelete !== "none")
        follows.add(key.onDelete === "cascade" ? "delete" : "update");
      if (access.has("update") && key.onUpdate !== "none") follows.add("update");
      if (follows.size > 0) waiting.push({ relation: follower, access: follows });
    }
  }
  return [...found.values()];
}

function isWithin({ access, written }: RelationUse, other: RelationUse): boolean {
  const isWritten = other.written === undefined || written?.isSubsetOf(other.written) === true;
  return isWritten && access.isSubsetOf(other.access);
}

/** What a use of a view is of the tables that its definition names. */
export function usesByView(catalog: Catalog, { relation, access, written }: RelationUse): readonly RelationUse[] {
  const tables = viewTables(catalog, relation);
  // Rules of PostgreSQL's may give values to columns that no column of the view shows.
  if (written === undefined || catalog.engine === "postgres") {
    return tables.map((table) => ({ relation: table, access }));
  }
  const { columns } = viewLineage(catalog, relation);
  const sources = relation.columns.flatMap(({ attnum }, index) =>
    written.has(attnum) ? (columns[index]?.sources ?? []) : [],
  );
  return tables.map((table) => {
    const own = sources.filter((source) => source.relation === table);
    return { relation: table, access, written: new Set(own.map(({ column }) => column.attnum)) };
  });
}

/** A foreign key by which rows go or get other values with those that they refer to, and the table that it is of. */
interface FollowedKey {
  readonly relation: Relation;
  readonly key: ForeignKey;
}

/**
 * What foreign keys do for a use: each way from the relation to one whose rows follow, key by key. A relation that comes back to itself ends
 * its way.
 */
export function waysOfKeys(catalog: Catalog, first: RelationUse): readonly (readonly FollowedKey[])[] {
  const index = catalogIndex(catalog);
  const ways: (readonly FollowedKey[])[] = [];
  const follow = ({ relation, access, written }: RelationUse, before: readonly FollowedKey[]): void => {
    for (const followed of index.followers(relation)) {
      const { key, relation: follower } = followed;
      const isDeleted = access.has("delete") && key.onDelete !== "none";
      const isRewritten = written === undefined || key.referencedColumns.some((column) => written.has(column));
      const isUpdated = access.has("update") && key.onUpdate !== "none" && isRewritten;
      if (!isDeleted && !isUpdated) continue;
      const way = [...before, followed];
      ways.push(way);
      if (follower === first.relation || before.some((each) => each.relation === follower)) continue;
      const goes = isDeleted && key.onDelete === "cascade";
      const stays = isUpdated || (isDeleted && !goes);
      const next = new Set<AccessKind>([...(goes ? ["delete" as const] : []), ...(stays ? ["update" as const] : [])]);
      follow({ relation: follower, access: next, written: new Set(key.columns) }, way);
    }
  };
  follow(first, []);
  return ways;
}

/** A child has its parent's columns under the same names, in an order of its own. */
function sameColumns(parent: Relation, written: ReadonlySet<number>, child: Relation): ReadonlySet<number> {
  const names = new Set(parent.columns.filter(({ attnum }) => written.has(attnum)).map(({ name }) => name));
  return new Set(child.columns.filter(({ name }) => names.has(name)).map(({ attnum }) => attnum));
}

/**
 * Of the columns that code of the relation is computed from, those whose values tell whether an update fails. Triggers that come before it may
 * give further columns another value.
 */
export function columnsThatFail(
  { relation, access, written }: RelationUse,
  { failsFor }: RelationCode,
  columns: readonly number[],
): readonly number[] {
  if (failsFor === undefined || !access.has("update")) return [];
  if (failsFor === "all" || written === undefined) return columns;
  const changed = new Set(written);
  for (const { timing, events, forEach, assigns } of relation.triggers) {
    if (timing !== "before" || forEach !== "row" || !events.has("update")) continue;
    if (assigns === undefined) return columns;
    for (const { attnum, name } of relation.columns) if (assigns.includes(name)) changed.add(attnum);
  }
  const decides = (attnum: number) => attnum === 0 || changed.has(attnum);
  if (columns.some(decides)) return columns;
  return failsFor === "move" && relation.dividedBy?.some(decides) === true ? columns : [];
}

/** Triggers that a use fires: one of UPDATE OF only where its columns are set. */
export function triggersFired({ relation, access, written }: RelationUse): readonly TriggerInfo[] {
  return relation.triggers.filter(({ events, columns }) =>
    [...events].some(
      (event: TriggerEvent) =>
        access.has(event) &&
        (event !== "update" ||
          columns.length === 0 ||
          written === undefined ||
          columns.some((column) => written.has(column))),
    ),
  );
}

export function codeSetOff({ relation, access, touched }: RelationUse): readonly RelationCode[] {
  return (relation.code ?? []).filter(
    ({ on, ofColumn }) =>
      [...access].some((each) => on.has(each)) &&
      (ofColumn === undefined || touched === undefined || touched.has(ofColumn) || !access.isSubsetOf(reading)),
  );
}

const reading: ReadonlySet<AccessKind> = new Set(["read", "lock"]);
