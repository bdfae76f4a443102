import { readDefinition, type ReadDefinition } from "../sql/definitions.ts";
import type { FunctionFact, StatementFacts } from "../sql/facts.ts";
import { type Catalog, type Column, type Relation } from "./catalog.ts";
import { withoutTemporaryTables } from "./temporary-tables.ts";

export interface ColumnOf {
  readonly relation: Relation;
  readonly column: Column;
}

/** Which columns a view's columns come from. */
interface ViewLineage {
  /** Index-aligned with the view's columns; sources are columns of the relations that its definition names, views among them. */
  readonly columns: readonly { readonly sources: readonly ColumnOf[]; readonly direct: boolean }[];
  /**
   * Columns that the view uses beside showing them: to filter, join, group, order. Those that views below it use are among them. Arguments
   * and conditions of what it shows are not: they are sources of that.
   */
  readonly otherUses: readonly ColumnOf[];
  /** Relations that its definition names. */
  readonly tables: readonly Relation[];
  /** Functions that its definition calls. */
  readonly functions: readonly FunctionFact[];
  /** The definition, or that of a view below, could not be analysed. What functions of users' own in it do is asked where it is read. */
  readonly unknown: boolean;
}

const lineages = new WeakMap<Catalog, Map<string, ViewLineage>>();

/** The lineage of a view or materialised view by its definition, computed once a catalog. A relation that is no view has none. */
export function viewLineage(session: Catalog, relation: Relation): ViewLineage {
  const catalog = withoutTemporaryTables(session);
  let known = lineages.get(catalog);
  if (known === undefined) lineages.set(catalog, (known = new Map()));
  const lineage = known.get(relation.path);
  if (lineage !== undefined) return lineage;
  // While it is computed, a view that would read itself is unknown.
  known.set(relation.path, unknownLineage);
  const computed = computeLineage(catalog, relation);
  known.set(relation.path, computed);
  if (!readBelow(catalog, relation).tables.has(relation)) return computed;
  // CREATE OR REPLACE makes views that read each other in a circle. Nobody can read those, and whoever walks along views must get to an end.
  known.set(relation.path, unknownLineage);
  return unknownLineage;
}

/** The relations that a view's definition names; none for what is no view, or the system's. */
export function viewTables(catalog: Catalog, relation: Relation): readonly Relation[] {
  return relation.definition === undefined || relation.isSystem ? [] : viewLineage(catalog, relation).tables;
}

/** All relations that a view reads and all functions that it calls, through other views too; none for what is no view of users'. */
export function readBelow(
  catalog: Catalog,
  relation: Relation,
): { readonly tables: ReadonlySet<Relation>; readonly functions: readonly FunctionFact[] } {
  const tables = new Set<Relation>();
  const functions: FunctionFact[] = [];
  const visit = (view: Relation): void => {
    if (view.isSystem || view.definition === undefined) return;
    const lineage = viewLineage(catalog, view);
    functions.push(...lineage.functions);
    for (const table of lineage.tables) {
      if (tables.has(table)) continue;
      tables.add(table);
      visit(table);
    }
  };
  visit(relation);
  return { tables, functions };
}

const unknownLineage: ViewLineage = { columns: [], otherUses: [], tables: [], functions: [], unknown: true };

/** CASE conditions in WHERE and the like are filters as well. */
const partsOfOutputs: ReadonlySet<string> = new Set(["output", "argument", "condition"]);

function computeLineage(catalog: Catalog, relation: Relation): ViewLineage {
  if (relation.definition === undefined) return unknownLineage;
  const facts = onlyFacts(readDefinition(catalog, relation.definition, relation.schema));
  if (facts === undefined) return unknownLineage;
  const columns = relation.columns.map((_, index) => {
    const output = facts.outputs[index];
    return { sources: output?.sources ?? [], direct: output?.direct ?? false };
  });
  const otherUses = new Map<Column, ColumnOf>();
  for (const { relation: of, column, uses } of facts.columns) {
    if ([...uses].some((use) => !partsOfOutputs.has(use))) otherUses.set(column, { relation: of, column });
  }
  let unknown =
    relation.columns.length > facts.outputs.length ||
    facts.outputs.some((output) => output.name === "*") ||
    facts.functions.some(({ category }) => category === "dynamic_sql");
  for (const { relation: below } of facts.tables) {
    if (below.definition === undefined) continue;
    const lineage = viewLineage(catalog, below);
    unknown ||= lineage.unknown;
    for (const use of lineage.otherUses) otherUses.set(use.column, use);
  }
  return {
    columns,
    otherUses: [...otherUses.values()],
    tables: facts.tables.map((table) => table.relation),
    functions: facts.functions,
    unknown,
  };
}

/** Facts of a single statement that is read with certainty; `undefined` where anything in it is not. */
export function onlyFacts(read: ReadDefinition): StatementFacts | undefined {
  if (read.kind !== "statements" || read.statements.length !== 1) return undefined;
  const facts = read.statements[0]?.facts;
  if (facts === undefined || facts.opaque.length > 0 || facts.unknown.length > 0) return undefined;
  return facts;
}
