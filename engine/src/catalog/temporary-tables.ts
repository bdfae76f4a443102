/**
 * Temporary tables of one session of MySQL's. The server lists them nowhere, and shows each to its session when asked for by name. Their
 * `schema` is one that policies can tell from every database: a rule for `shop.customers` is not for a temporary table that hides it.
 */
import { type Catalog, objectPath, type Relation, relationToBe } from "./catalog.ts";

/** A temporary table of which nothing is known but its name. */
export function temporaryToBe(database: string, name: string): Relation {
  return { ...relationToBe(`temporary:${database}`, name, "table", true), database };
}

/**
 * The snapshot as a session sees it that has these tables. INVARIANT: the snapshot has none.
 * @throws where a database of the server is called as policies call the temporary tables of another
 */
export function withTemporaryTables(shared: Catalog, tables: ReadonlyMap<string, Relation>): Catalog {
  if (tables.size === 0) return shared;
  for (const { schema } of tables.values()) {
    if (shared.schemas.has(schema))
      throw new Error(`the server has a database \`${schema}\`, which is what policies call temporary tables by`);
  }
  let oid = shared.relations.size;
  const byName = new Map([...tables].map(([key, relation]) => [key, { ...relation, oid: ++oid }]));
  return { ...shared, version: `${shared.version}-temporary-${++overlays}`, temporary: { byName, shared } };
}

let overlays = 0;

/** For what never means a temporary table: definitions of views. */
export function withoutTemporaryTables(catalog: Catalog): Catalog {
  return catalog.temporary?.shared ?? catalog;
}

/** A table that a temporary one hides from the session, of those that a view reads. */
export function hiddenByTemporary({ temporary }: Catalog, tables: Iterable<Relation>): Relation | undefined {
  if (temporary === undefined) return undefined;
  const hidden = new Set(
    [...temporary.byName.values()].map(({ database = "", name }) => objectPath(database, name).toLowerCase()),
  );
  return [...tables].find(({ path }) => hidden.has(path.toLowerCase()));
}
