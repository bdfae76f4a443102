/**
 * What tables of MySQL's were called before. InnoDB numbers tables, which keep their number when they are renamed, and most get another when they
 * are rebuilt; views and tables of other engines have none. What numbers do not tell, names and columns do, and where they leave several
 * answers, all of them hold: better that a new table is protected like one that has gone than that a renamed one is not.
 */
import { type Naming, objectPath, type Relation } from "./catalog.ts";
import { type Origins, originsByName, originsOfColumns, type SeenColumn } from "./column-matching.ts";
import { isNamed, naming, type SeenNames, type SeenRelation, shapeOf, withNamings } from "./former-names.ts";

/** @param databaseId of the server: numbers of another one mean other tables */
export function withMysqlFormerNames(
  relations: readonly Relation[],
  databaseId: string,
  seen: SeenNames,
): readonly Relation[] {
  const before = new Before(seen, relations, seen.databaseId === databaseId);
  return relations.map((relation) => {
    if (!isNamed(relation)) return relation;
    return withNamings(relation, [
      // What takes the place of another under its name is held to what that was held to, column by column.
      ...before
        .inPlaceOf(relation)
        .flatMap((known) =>
          inPresentNumbers(known.former, originsByName(seenColumns(known), presentColumns(relation))),
        ),
      ...before
        .of(relation)
        .flatMap((known) => inPresentNumbers([...known.former, naming(known)], originsOf(known, relation))),
    ]);
  });
}

class Before {
  readonly #byPath: ReadonlyMap<string, SeenRelation>;
  readonly #byId: ReadonlyMap<string, SeenRelation>;
  readonly #hasIds: boolean;
  /** Those that some table now has a number of. */
  readonly #numbered: ReadonlySet<SeenRelation>;
  /** Those that are nowhere now, by their number or as they were under their name. */
  readonly #lost: readonly SeenRelation[];

  /** @param hasIds numbers can be compared */
  constructor({ relations: seen }: SeenNames, relations: readonly Relation[], hasIds: boolean) {
    this.#hasIds = hasIds;
    this.#byPath = new Map(seen.map((known) => [pathOf(known), known]));
    this.#byId = new Map(seen.flatMap((known) => (known.shape?.ids ?? []).map((id) => [id, known] as const)));
    this.#numbered = new Set(relations.flatMap((relation) => this.#byNumber(relation)));
    const byPath = new Map(relations.map((relation) => [relation.path, relation]));
    this.#lost = seen.filter((known) => {
      if (this.#numbered.has(known)) return false;
      const there = byPath.get(pathOf(known));
      return there === undefined || this.#byNumber(there).length > 0 || !hasSameColumns(known, there);
    });
  }

  /** What the relation may have been; more than one where that cannot be told, or partitions of two tables have become one's. */
  of(relation: Relation): readonly SeenRelation[] {
    const byNumber = this.#byNumber(relation);
    if (byNumber.length > 0) return byNumber;
    const known = this.#byPath.get(relation.path);
    const own = known === undefined || this.#numbered.has(known) ? undefined : known;
    if (own !== undefined && hasSameColumns(own, relation)) return [own];
    const others = this.#lost.filter((lost) => lost !== own && couldBe(lost, relation));
    return own === undefined ? others : [own, ...others];
  }

  /** What had its name, where the relation is another one. */
  inPlaceOf(relation: Relation): readonly SeenRelation[] {
    const known = this.#byPath.get(relation.path);
    return known === undefined || this.of(relation).includes(known) ? [] : [known];
  }

  #byNumber({ tableIds = [] }: Relation): readonly SeenRelation[] {
    return this.#hasIds ? [...new Set(tableIds.flatMap((id) => this.#byId.get(id) ?? []))] : [];
  }
}

function pathOf({ schema, name }: SeenRelation): string {
  return objectPath(schema, name);
}

function hasSameColumns(known: SeenRelation, relation: Relation): boolean {
  const { columns } = relation;
  return (
    columns.length === known.columns.size &&
    columns.every(({ attnum, name }) => known.columns.get(attnum) === name) &&
    hasSameTypes(known, relation)
  );
}

function hasSameTypes({ shape }: SeenRelation, { columns }: Relation): boolean {
  return (
    columns.length === shape?.types.size && columns.every(({ attnum, typeSql }) => shape.types.get(attnum) === typeSql)
  );
}

/** Nobody would take the one for the other if they had less in common. */
function couldBe(known: SeenRelation, relation: Relation): boolean {
  if (known.shape?.isView !== shapeOf(relation).isView) return false;
  const names = new Set(relation.columns.map(({ name }) => name.toLowerCase()));
  const shared = [...known.columns.values()].filter((name) => names.has(name.toLowerCase())).length;
  return shared * 2 >= known.columns.size || hasSameTypes(known, relation);
}

/** The columns of a view are what its definition says now, whatever stood there before. */
function originsOf(known: SeenRelation, relation: Relation): Origins {
  const [before, now] = [seenColumns(known), presentColumns(relation)];
  const isByName = known.shape?.isView === true || hasSameColumns(known, relation);
  return isByName ? originsByName(before, now) : originsOfColumns(before, now);
}

function seenColumns({ columns, shape }: SeenRelation): SeenColumn[] {
  return [...columns].map(([attnum, name]) => ({ attnum, name, type: shape?.types.get(attnum) ?? "" }));
}

function presentColumns({ columns }: Relation): SeenColumn[] {
  return columns.map(({ attnum, name, typeSql }) => ({ attnum, name, type: typeSql }));
}

/** The same names by the attribute numbers of now; several of each where a column may have been several. */
function inPresentNumbers(namings: readonly Naming[], origins: Origins): Naming[] {
  const most = Math.max(1, ...[...origins.values()].map(({ size }) => size));
  return namings.flatMap(({ schema, name, columns }) =>
    Array.from({ length: most }, (_, index) => ({
      schema,
      name,
      columns: new Map(
        [...origins].flatMap(([attnum, were]) => {
          const was = columns.get([...were][index] ?? 0);
          return was === undefined ? [] : [[attnum, was] as const];
        }),
      ),
    })),
  );
}
