import { toValue, type Value } from "@penstock/language";
import { objectPath } from "../catalog/catalog.ts";
import type { StatementFacts, TableFact } from "../sql/facts.ts";
import { columnRecord, type World } from "./world.ts";

/** The `query` root for one statement. Independent of the principal, so made once per world and text. */
export function queryValue(
  world: World,
  facts: StatementFacts,
  text: string,
  fingerprint: string,
  parameters: readonly unknown[] | undefined,
): Value {
  const column = (
    fact: StatementFacts["columns"][number]["relation"],
    of: StatementFacts["columns"][number]["column"],
    uses: Iterable<string>,
  ) => {
    const labelled = world.column(fact, of);
    return columnRecord(fact, of, labelled.path, labelled.label, labelled.labels, uses);
  };
  return toValue({
    text,
    fingerprint,
    kind: facts.kind,
    category: facts.category,
    tables: facts.tables.map((table) => tableRecord(world, table)),
    columns: facts.columns.map((used) => column(used.relation, used.column, used.uses)),
    outputs: facts.outputs.map((output) => ({
      position: output.position,
      name: output.name,
      sources: output.sources.map((source) => column(source.relation, source.column, [])),
      direct: output.direct,
    })),
    functions: facts.functions.map(({ schema, name, builtin, category }) => ({ schema, name, builtin, category })),
    has_where: facts.hasWhere,
    where_is_constant: facts.whereIsConstant,
    ...(facts.limit === undefined ? {} : { limit: facts.limit }),
    joins: facts.joins,
    ...(parameters === undefined ? {} : { parameters }),
  });
}

/** The `column` records with their uses, by path, of the columns that the statement mentions. */
export function usedColumns(world: World, facts: StatementFacts): ReadonlyMap<string, Value> {
  const used = new Map<string, Value>();
  for (const { relation, column, uses } of facts.columns) {
    const { path, label, labels } = world.column(relation, column);
    used.set(path, toValue(columnRecord(relation, column, path, label, labels, uses)));
  }
  return used;
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
