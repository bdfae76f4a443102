import type { AccessKind } from "@penstock/language";
import { catalogIndex } from "../sql/postgres/catalog-index.ts";
import type { Catalog, Relation, RelationCode, TriggerEvent, TriggerInfo } from "./catalog.ts";
import { viewTables } from "./labels.ts";

/** A use of a relation, by a statement or by what that sets off. */
export interface RelationUse {
  readonly relation: Relation;
  readonly access: ReadonlySet<AccessKind>;
  /** Attribute numbers of the columns that are touched. Absent: it is not known which. */
  readonly touched?: ReadonlySet<number>;
  /** Of those that are given values; absent together with `touched`. */
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
    if (before !== undefined && access.isSubsetOf(before.access)) continue;
    found.set(relation, before === undefined ? use : { relation, access: access.union(before.access) });
    // A row whose key changes goes from one partition into another.
    const moves = relation.kind === "partitioned" && access.has("update");
    const below = moves ? access.union(new Set<AccessKind>(["insert", "delete"])) : access;
    for (const child of index.descendants(relation)) waiting.push({ relation: child, access: below });
    for (const table of viewTables(catalog, relation)) waiting.push({ relation: table, access });
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
