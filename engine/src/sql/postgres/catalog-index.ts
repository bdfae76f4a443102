import type { Catalog, Column, ForeignKey, Relation, TriggerInfo } from "../../catalog/catalog.ts";
import { builtinAggregateNames } from "./builtin-names.ts";

/** Look-ups over one catalog that every statement needs, computed once. */
export interface CatalogIndex {
  relation(schema: string, name: string): Relation | undefined;
  /** The session's own temporary relations by name. */
  readonly temporary: ReadonlyMap<string, Relation>;
  /** Schemas that hold a function of that name and are not the system's. */
  readonly userFunctions: ReadonlyMap<string, readonly string[]>;
  /** Names of aggregates, users' and built-in: their arguments are exempt from GROUP BY's rules. */
  isAggregate(name: string): boolean;
  readonly userOperators: ReadonlyMap<string, readonly UserOperator[]>;
  readonly typesWithFunctions: ReadonlyMap<string, readonly TypeWithFunctions[]>;
  /** Triggers that may give a row other values before it is stored, of a relation and of those that hold its rows. */
  changingTriggers(relation: Relation): readonly TriggerInfo[];
  /** Relations whose rows are among those of a relation. */
  descendants(relation: Relation): readonly Relation[];
  /** Relations whose rows change with the rows that they refer to, as their foreign keys say. */
  followers(relation: Relation): readonly { readonly relation: Relation; readonly key: ForeignKey }[];
  /** The relations that TRUNCATE … CASCADE of one empties besides: those that refer to it, or to one of these. */
  referring(relation: Relation): readonly Relation[];
  /** Relations of a schema. */
  relationsIn(schema: string): readonly Relation[];
  /** A relation whose columns the catalog does not list, as the system's in a fixture. */
  isOpen(relation: Relation): boolean;
}

interface UserOperator {
  readonly schema: string;
  readonly functionSchema: string;
  readonly functionName: string;
}

interface TypeWithFunctions {
  readonly schema: string;
  readonly functions: readonly { readonly schema: string; readonly name: string }[];
}

const indexes = new WeakMap<Catalog, CatalogIndex>();

export function catalogIndex(catalog: Catalog): CatalogIndex {
  let index = indexes.get(catalog);
  if (index === undefined) {
    index = buildIndex(catalog);
    indexes.set(catalog, index);
  }
  return index;
}

function buildIndex(catalog: Catalog): CatalogIndex {
  const schemas = new Map<string, Map<string, Relation>>();
  const temporary = new Map<string, Relation>();
  for (const relation of catalog.relations.values()) {
    let names = schemas.get(relation.schema);
    if (names === undefined) schemas.set(relation.schema, (names = new Map()));
    names.set(relation.name, relation);
    if (relation.isTemporary) temporary.set(relation.name, relation);
  }
  const children = new Map<string, Relation[]>();
  // Who has rows that go when those of a relation are truncated: its children, and what refers to it.
  const holders = new Map<string, Relation[]>();
  const followers = new Map<string, { readonly relation: Relation; readonly key: ForeignKey }[]>();
  for (const relation of catalog.relations.values()) {
    for (const parent of relation.parents) {
      push(children, parent, relation);
      push(holders, parent, relation);
    }
    for (const key of relation.foreignKeys ?? []) {
      push(holders, key.referenced, relation);
      if (key.onDelete !== "none" || key.onUpdate !== "none") push(followers, key.referenced, { relation, key });
    }
  }
  const userFunctions = new Map<string, string[]>();
  const aggregates = new Set<string>();
  for (const overloads of catalog.functions.values()) {
    const [first] = overloads;
    if (first === undefined || first.isSystem) continue;
    push(userFunctions, first.name, first.schema);
    if (overloads.some((each) => each.kind === "aggregate")) aggregates.add(first.name);
  }
  const userOperators = new Map<string, UserOperator[]>();
  for (const operator of catalog.operators) push(userOperators, operator.name, operator);
  const typesWithFunctions = new Map<string, TypeWithFunctions[]>();
  for (const type of catalog.types.values()) {
    if (type.functions.length > 0) push(typesWithFunctions, type.name, type);
  }
  return {
    relation: (schema, name) => schemas.get(schema)?.get(name),
    temporary,
    userFunctions,
    isAggregate: (name) => builtinAggregateNames.has(name) || aggregates.has(name),
    userOperators,
    typesWithFunctions,
    changingTriggers: (relation) =>
      [relation, ...reachable(relation, children)]
        .flatMap(({ triggers }) => triggers)
        .filter(({ timing, forEach }) => timing !== "after" && forEach === "row"),
    descendants: (relation) => reachable(relation, children),
    followers: (relation) => followers.get(relation.path) ?? [],
    referring: (relation) => reachable(relation, holders),
    relationsIn: (schema) => [...(schemas.get(schema)?.values() ?? [])],
    isOpen: (relation) => relation.isSystem && relation.columns.length === 0,
  };
}

/** All that is reached from a relation, without itself. */
function reachable(from: Relation, next: ReadonlyMap<string, readonly Relation[]>): readonly Relation[] {
  const found = new Set<Relation>();
  const visit = ({ path }: Relation): void => {
    for (const relation of next.get(path) ?? []) {
      if (relation === from || found.has(relation)) continue;
      found.add(relation);
      visit(relation);
    }
  };
  visit(from);
  return [...found];
}

function push<Value>(map: Map<string, Value[]>, key: string, value: Value): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}

const columnMaps = new WeakMap<Relation, ReadonlyMap<string, Column>>();

export function columnsByName(relation: Relation): ReadonlyMap<string, Column> {
  let map = columnMaps.get(relation);
  if (map === undefined) {
    map = new Map(relation.columns.map((column) => [column.name, column]));
    columnMaps.set(relation, map);
  }
  return map;
}
