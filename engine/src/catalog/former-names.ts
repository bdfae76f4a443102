/**
 * Names that relations and columns had before. A relation stays the same object whatever it is called, while policies know it by name: so a
 * snapshot remembers the names of the one before, and rules are asked about those too. In PostgreSQL it is the same by its oid, and a column by
 * its attribute number; how it is known again in MySQL, `mysql-former-names.ts` has.
 */
import { type Catalog, type Column, objectPath, type Naming, type Relation } from "./catalog.ts";
import type { ColumnOf } from "./labels.ts";

/** Names under which the relations of one database were seen, those of before among them. */
export interface SeenNames {
  /** `Catalog.databaseId`: oids of another database say nothing. */
  readonly databaseId: string;
  readonly relations: readonly SeenRelation[];
}

/** Names that are known from before, and which database is read now. */
export interface SeenByServer {
  /** See `Catalog.databaseId`. */
  readonly databaseId: string | undefined;
  readonly names: SeenNames;
}

export interface SeenRelation extends Naming {
  readonly oid: number;
  /** Of MySQL. */
  readonly shape?: SeenShape;
  /** Oids of inheritance or partition parents. */
  readonly parents: readonly number[];
  /** Oldest first. */
  readonly former: readonly Naming[];
}

/** By what a relation of MySQL's is known again. */
export interface SeenShape {
  readonly isView: boolean;
  /** `Relation.tableIds` */
  readonly ids: readonly string[];
  /** Types by attribute number. */
  readonly types: ReadonlyMap<number, string>;
}

/**
 * Names of one relation that are remembered. With more of them it is refused to whom anything is hidden: none can be left out, for policies
 * may know it by just that one.
 */
export const formerNamesMax = 1_000;

const seenNames = new WeakMap<Catalog, SeenNames>();

export function seenNamesOf(catalog: Catalog): SeenNames {
  let seen = seenNames.get(catalog);
  if (seen === undefined) {
    const relations = [...catalog.relations.values()].filter(isNamed);
    seen = {
      databaseId: catalog.databaseId ?? "",
      relations: relations.map((relation) => seenRelation(catalog, relation)),
    };
    seenNames.set(catalog, seen);
  }
  return seen;
}

function seenRelation(catalog: Catalog, relation: Relation): SeenRelation {
  return {
    ...namingOf(relation),
    oid: relation.oid,
    ...(catalog.engine === "postgres" ? {} : { shape: shapeOf(relation) }),
    parents: relation.parents.flatMap((path) => catalog.relations.get(path)?.oid ?? []),
    former: relation.former ?? [],
  };
}

export function shapeOf({ columns, kind, tableIds = [] }: Relation): SeenShape {
  return {
    isView: kind === "view",
    ids: tableIds,
    types: new Map(columns.map(({ attnum, typeSql }) => [attnum, typeSql])),
  };
}

/** The relations of a new snapshot, each with the names that it had when it was seen before. */
export function withFormerNames(relations: readonly Relation[], databaseId: string, seen: SeenNames): Relation[] {
  const isSame = seen.databaseId === databaseId;
  const before = new Map(seen.relations.map((each) => [isSame ? each.oid : objectPath(each.schema, each.name), each]));
  const oids = new Map(relations.map(({ path, oid }) => [path, oid]));
  return relations.map((relation) => {
    if (!isNamed(relation)) return relation;
    const known = before.get(isSame ? relation.oid : relation.path);
    if (known === undefined) return relation;
    return withNamings(
      relation,
      isSame
        ? [...known.former, naming(known), ...namesOfLostParents(known, relation, before, oids)]
        : inAnotherDatabase(known, relation),
    );
  });
}

/** @param namings that the relation had, by its own attribute numbers, oldest first */
export function withNamings(relation: Relation, namings: readonly Naming[]): Relation {
  const former = different(namings, relation);
  return former.length === 0 ? relation : { ...relation, former };
}

/** A restored or upgraded database has the same names and other oids. */
function inAnotherDatabase(known: SeenRelation, relation: Relation): Naming[] {
  const attnums = new Map([...known.columns].map(([attnum, name]) => [name, attnum]));
  return known.former.map((former) => ({
    ...former,
    columns: new Map(
      relation.columns.flatMap(({ attnum, name }) => {
        const was = former.columns.get(attnums.get(name) ?? 0);
        return was === undefined ? [] : [[attnum, was] as const];
      }),
    ),
  }));
}

/** What protects a table protects its partitions and children: one that was detached keeps the names of what it was a part of. */
function namesOfLostParents(
  known: SeenRelation,
  relation: Relation,
  before: ReadonlyMap<number | string, SeenRelation>,
  oids: ReadonlyMap<string, number>,
): Naming[] {
  const kept = new Set(relation.parents.map((path) => oids.get(path)));
  return known.parents.filter((oid) => !kept.has(oid)).flatMap((oid) => namesOfAncestor(oid, known, before, new Set()));
}

/** All names of a table above, and of those above it, as names of the columns below that have theirs. */
function namesOfAncestor(
  oid: number,
  below: SeenRelation,
  before: ReadonlyMap<number | string, SeenRelation>,
  visited: Set<number>,
): Naming[] {
  const ancestor = before.get(oid);
  if (ancestor === undefined || visited.has(oid)) return [];
  visited.add(oid);
  const attnums = new Map([...ancestor.columns].map(([attnum, name]) => [name, attnum]));
  const own = [...ancestor.former, naming(ancestor)].map(({ schema, name, columns }) => ({
    schema,
    name,
    columns: new Map(
      [...below.columns].flatMap(([attnum, column]) => {
        const was = columns.get(attnums.get(column) ?? 0);
        return was === undefined ? [] : [[attnum, was] as const];
      }),
    ),
  }));
  return [...own, ...ancestor.parents.flatMap((parent) => namesOfAncestor(parent, below, before, visited))];
}

/** Each once, without those that the relation has now. */
function different(namings: readonly Naming[], relation: Relation): readonly Naming[] {
  const now = keyOf(namingOf(relation), relation);
  const byKey = new Map<string, Naming>();
  for (const each of namings) {
    const key = keyOf(each, relation);
    if (key !== now && !byKey.has(key)) byKey.set(key, each);
  }
  return [...byKey.values()].slice(0, formerNamesMax);
}

/** By the columns that there still are; where one was added since, it had no other name. */
function keyOf({ schema, name, columns }: Naming, relation: Relation): string {
  return JSON.stringify([schema, name, relation.columns.map((column) => columns.get(column.attnum) ?? column.name)]);
}

function namingOf({ schema, name, columns }: Relation): Naming {
  return { schema, name, columns: new Map(columns.map((column) => [column.attnum, column.name])) };
}

export function naming({ schema, name, columns }: SeenRelation): Naming {
  return { schema, name, columns };
}

/** The column under each of its former names, as it was seen then; each path once. */
export function formerNamesOf(relation: Relation, column: Column): readonly ColumnOf[] {
  if (relation.former === undefined) return [];
  const paths = new Set([objectPath(relation.schema, relation.name, column.name)]);
  return relation.former.flatMap(({ schema, name, columns }) => {
    const columnName = columns.get(column.attnum);
    if (columnName === undefined) return [];
    const path = objectPath(schema, name, columnName);
    if (paths.has(path)) return [];
    paths.add(path);
    return [
      {
        relation: { ...relation, schema, name, path: objectPath(schema, name) },
        column: { ...column, name: columnName },
      },
    ];
  });
}

/** Rules know what has columns of users' own by name. */
export function isNamed({ kind, isSystem, isTemporary }: Relation): boolean {
  return !isSystem && !isTemporary && kind !== "index" && kind !== "toast" && kind !== "sequence";
}
