import type { CommonTableExpr, Node, WithClause } from "@pgsql/types";
import type { UnknownName } from "../facts.ts";
import { distinct, type QueryOutput, type StatementContext, strings } from "./context.ts";
import type { CteEntry, CteScope, RangeColumn, Scope, Source } from "./scope.ts";

/** Walks a query, reporting the columns of its first branch as soon as they are known, for a recursive query's own reference. */
export type QueryWalker = (
  context: StatementContext,
  node: Node,
  parent: Scope | undefined,
  ctes: CteScope | undefined,
  onFirstBranch?: (output: QueryOutput) => void,
) => QueryOutput;

/**
 * The scope that WITH opens. Without RECURSIVE a query sees those before it; with it, all of the list and itself. Every query is
 * walked, referenced or not.
 */
export function withClause(
  context: StatementContext,
  clause: WithClause | undefined,
  parent: Scope | undefined,
  outer: CteScope | undefined,
  walk: QueryWalker,
): CteScope | undefined {
  if (clause === undefined) return outer;
  const scope: CteScope = { parent: outer, ctes: new Map(), later: new Set() };
  const queries = (clause.ctes ?? []).flatMap((node) => ("CommonTableExpr" in node ? [node.CommonTableExpr] : []));
  if (clause.recursive === true) {
    const entries = queries.map((query) => {
      const entry: CteEntry = { columns: [], open: undefined, evaluate: undefined };
      entry.evaluate = () => recursiveQuery(context, query, entry, parent, scope, walk);
      scope.ctes.set(query.ctename ?? "", entry);
      return entry;
    });
    for (const entry of entries) entry.evaluate?.();
    return scope;
  }
  for (const { ctename = "" } of queries) scope.later.add(ctename);
  for (const query of queries) {
    context.visited.add(query);
    cycleMarks(context, query, walk);
    const output = query.ctequery === undefined ? noOutput : walk(context, query.ctequery, parent, scope);
    const { columns, open } = named(query, output);
    scope.ctes.set(query.ctename ?? "", { columns, open, evaluate: undefined });
    scope.later.delete(query.ctename ?? "");
  }
  return scope;
}

const noOutput: QueryOutput = { columns: [], open: undefined };

/** The query of that name that can be seen, walked. */
export function findCte(scope: CteScope | undefined, name: string): CteEntry | undefined {
  for (let level = scope; level !== undefined; level = level.parent) {
    const entry = level.ctes.get(name);
    if (entry === undefined) continue;
    entry.evaluate?.();
    return entry;
  }
  return undefined;
}

/** What the server says of a name that is unknown where it stands, and a query's further on in WITH. */
export function adviceOnLaterCte(scope: CteScope | undefined, name: string): UnknownName["advice"] {
  for (let level = scope; level !== undefined; level = level.parent) {
    if (!level.later.has(name)) continue;
    return {
      detail: `There is a WITH item named "${name}", but it cannot be referenced from this part of the query.`,
      hint: "Use WITH RECURSIVE, or re-order the WITH items to remove forward references.",
    };
  }
  return undefined;
}

/**
 * While a recursive query is walked, its own columns come from its first branch, and from a stand-in for "whatever any of its columns
 * comes from". Where the stand-in reaches a column of the result, that column may come from every source of the query.
 */
function recursiveQuery(
  context: StatementContext,
  query: CommonTableExpr,
  entry: CteEntry,
  parent: Scope | undefined,
  scope: CteScope,
  walk: QueryWalker,
): void {
  entry.evaluate = undefined;
  context.visited.add(query);
  cycleMarks(context, query, walk);
  if (query.ctequery === undefined) return;
  const itself = { uses: 0 } as Source;
  entry.open = [itself];
  const output = walk(context, query.ctequery, parent, scope, (first) => {
    const columns = named(query, first);
    entry.columns = columns.columns.map((column) => ({
      ...column,
      sources: [...column.sources, itself],
      direct: false,
    }));
    entry.open = columns.open === undefined ? undefined : [...columns.open, itself];
  });
  const result = named(query, output);
  const all = distinct(
    [...result.columns.flatMap((column) => column.sources), ...(result.open ?? [])].filter((each) => each !== itself),
  );
  for (const source of all) source.uses |= itself.uses;
  const close = (sources: readonly Source[]): readonly Source[] => (sources.includes(itself) ? all : sources);
  entry.columns = result.columns.map((column) => ({ ...column, sources: close(column.sources) }));
  entry.open = result.open === undefined ? undefined : close(result.open);
}

/** What CYCLE … SET … TO … DEFAULT … marks rows with: constants, of any type. */
function cycleMarks(context: StatementContext, { cycle_clause: cycle }: CommonTableExpr, walk: QueryWalker): void {
  const marks = [cycle?.cycle_mark_value, cycle?.cycle_mark_default].filter((mark) => mark !== undefined);
  if (marks.length === 0) return;
  walk(context, { SelectStmt: { targetList: marks.map((val) => ({ ResTarget: { val } })) } }, undefined, undefined);
}

/** The query's columns under the names that WITH gives them, with those that SEARCH and CYCLE add. */
function named(query: CommonTableExpr, output: QueryOutput): QueryOutput {
  const columns = renamed(output.columns, strings(query.aliascolnames), output.open);
  const added: RangeColumn[] = [];
  const add = (name: string | undefined, of: readonly Node[] | undefined): void => {
    if (name === undefined) return;
    const names = strings(of);
    const sources = columns.filter((column) => names.includes(column.name)).flatMap((column) => column.sources);
    added.push({ kind: "column", name, sources: distinct(sources), direct: false, base: undefined });
  };
  add(query.search_clause?.search_seq_column, query.search_clause?.search_col_list);
  add(query.cycle_clause?.cycle_mark_column, query.cycle_clause?.cycle_col_list);
  add(query.cycle_clause?.cycle_path_column, query.cycle_clause?.cycle_col_list);
  return { columns: added.length === 0 ? columns : [...columns, ...added], open: output.open };
}

/** Columns under other names, the rest keeping theirs. Names beyond the known columns are of those that are not known. */
export function renamed(
  columns: readonly RangeColumn[],
  names: readonly string[],
  open: readonly Source[] | undefined,
): readonly RangeColumn[] {
  if (names.length === 0) return columns;
  const result = columns.map((column, index) => {
    const name = names[index];
    return name === undefined ? column : { ...column, name };
  });
  for (const name of names.slice(columns.length)) {
    result.push({ kind: "column", name, sources: open ?? [], direct: false, base: undefined });
  }
  return result;
}
