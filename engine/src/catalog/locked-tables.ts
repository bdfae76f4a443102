/**
 * Tables that nobody may look at while a snapshot of MariaDB's is read: after an ALTER that failed under LOCK TABLES, while CREATE TABLE … SELECT
 * runs. The server lists them without engine, columns, keys and triggers, and views over them without columns. What was known of them before still
 * holds: none but who has the lock can change them, and nobody can read them.
 */
import { type Catalog, type FunctionInfo, objectPath, type Relation } from "./catalog.ts";

type Found = Omit<Relation, "oid">;

interface Completed {
  readonly relations: readonly Found[];
  /** Bodies of triggers of the tables. */
  readonly functions: readonly FunctionInfo[];
  /** Something is as it was before: to be read again soon. */
  readonly isIncomplete: boolean;
}

/**
 * A table of which nothing was known before is left out, so that no statement can read it.
 * @param previous of the same server
 * @param isRemembered the relation had names before which must not be lost
 * @throws where such a relation cannot be looked at and is not in `previous`
 */
export function withLockedTables(
  relations: readonly Found[],
  previous: Catalog | undefined,
  isRemembered: (relation: Found) => boolean,
): Completed {
  const isBare = ({ isSystem, columns, kind }: Found) => !isSystem && columns.length === 0 && kind !== "sequence";
  if (!relations.some((relation) => isBare(relation) && relation.kind !== "view"))
    return { relations, functions: [], isIncomplete: false };
  const kept: Relation[] = [];
  const completed = relations.flatMap((relation): Found[] => {
    if (!isBare(relation)) return [relation];
    const before = previous?.relations.get(relation.path);
    if (before !== undefined && before.columns.length > 0 && before.kind === relation.kind) {
      kept.push(before);
      const { oid: _, former: _former, ...known } = before;
      return [known];
    }
    if (isRemembered(relation)) throw new Error(`${relation.path} is locked, and nothing is known of it yet`);
    return [];
  });
  const bodies = kept.flatMap(({ triggers }) =>
    triggers.flatMap(({ function: { schema, name } }) => previous?.functions.get(objectPath(schema, name)) ?? []),
  );
  return { relations: completed, functions: bodies, isIncomplete: kept.length > 0 };
}
