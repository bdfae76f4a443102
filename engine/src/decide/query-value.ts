import { toValue, type Value } from "@penstock/language";
import { objectPath, type Relation } from "../catalog/catalog.ts";
import type { StatementFacts, TableFact } from "../sql/facts.ts";
import { columnRecord, type LabelledColumn, type World } from "./world.ts";

/**
 * The `query` root for one statement. Independent of the principal, so made once per world and text. A table or column that policies know by a
 * former name is there under that too, so that what they refuse stays refused.
 */
export function queryValue(
  world: World,
  facts: StatementFacts,
  text: string,
  fingerprint: string,
  parameters: readonly unknown[] | undefined,
): Value {
  return toValue({
    text,
    fingerprint,
    kind: facts.kind,
    category: facts.category,
    tables: facts.tables.flatMap((table) => [
      tableRecord(world, table),
      ...formerlyNamed(world, table.relation).map((was) => ({ ...tableRecord(world, table), ...was })),
    ]),
    columns: facts.columns.flatMap(({ relation, column, uses }) => {
      const mentioned = world.column(relation, column);
      return [mentioned, ...mentioned.former.filter((was) => isNamed(world, mentioned, was))].map((named) =>
        recordOf(named, uses),
      );
    }),
    outputs: facts.outputs.map((output) => ({
      position: output.position,
      name: output.name,
      sources: output.sources.map((source) => recordOf(world.column(source.relation, source.column), [])),
      direct: output.direct,
    })),
    functions: facts.functions.map(({ schema, name, builtin, category }) => ({ schema, name, builtin, category })),
    has_where: facts.hasWhere,
    where_is_constant: facts.whereIsConstant,
    ...(facts.limit === undefined ? {} : { limit: facts.limit }),
    joins: facts.joins,
    ...(facts.serverCopy === undefined ? {} : { server_copy: facts.serverCopy }),
    ...(parameters === undefined ? {} : { parameters }),
  });
}

/** The `column` records with their uses, of the columns that the statement mentions, under each of their names. */
export function usedColumns(world: World, facts: StatementFacts): ReadonlyMap<LabelledColumn, Value> {
  const used = new Map<LabelledColumn, Value>();
  for (const { relation, column, uses } of facts.columns) {
    const mentioned = world.column(relation, column);
    for (const named of [mentioned, ...mentioned.former]) used.set(named, toValue(recordOf(named, uses)));
  }
  return used;
}

function recordOf({ relation, column, path, label, labels }: LabelledColumn, uses: Iterable<string>) {
  return columnRecord(relation, column, path, label, labels, uses);
}

function tableRecord(world: World, { relation, kind, access }: TableFact): Record<string, unknown> {
  const labels = new Set<string>();
  for (const column of world.columnsOf(relation)) for (const label of column.labels) labels.add(label);
  return {
    schema: relation.schema,
    name: relation.name,
    path: objectPath(relation.schema, relation.name),
    kind,
    access: new Set(access),
    labels,
  };
}

/** Former names of a table that policies name: rules that go by its schema or the shape of its name mean what it is called now. */
function formerlyNamed({ program }: World, relation: Relation): { schema: string; name: string; path: string }[] {
  return (relation.former ?? [])
    .map(({ schema, name }) => ({ schema, name, path: objectPath(schema, name) }))
    .filter(({ name, path }, index, all) => {
      if (path === relation.path || all.findIndex((other) => other.path === path) < index) return false;
      return program.named().has(path) || (name !== relation.name && program.named().has(name));
    });
}

/** As `formerlyNamed`, of a column or its table. */
function isNamed({ program }: World, now: LabelledColumn, was: LabelledColumn): boolean {
  const named = program.named();
  return (
    named.has(was.path) ||
    (was.relation.path !== now.relation.path && named.has(was.relation.path)) ||
    (was.relation.name !== now.relation.name && named.has(was.relation.name)) ||
    (was.column.name !== now.column.name && named.has(was.column.name))
  );
}
