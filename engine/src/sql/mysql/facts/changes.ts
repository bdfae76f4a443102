/** What INSERT, UPDATE, DELETE and LOAD DATA read and write. */
import type { AccessKind } from "@penstock/language";
import type { ColumnAssignment, Delete, Insert, LoadData, Update } from "../tree/dml.ts";
import { namedIn, type Relation } from "../../../catalog/catalog.ts";
import type { ColumnName, Expression } from "../tree/expressions.ts";
import { type FactContext, mark, touch } from "./context.ts";
import type { ExpressionWalker } from "./expressions.ts";
import {
  noWhere,
  openOf,
  type QueryResult,
  walkerOf,
  walkItems,
  walkQuery,
  walkTable,
  walkWhere,
  walkWith,
} from "./queries.ts";
import { newItem, newScope, type RangeItem, type Scope, type Source } from "./scope.ts";

export function walkInsert(context: FactContext, insert: Insert): QueryResult {
  const accesses: AccessKind[] = ["insert"];
  if (insert.kind === "replace") accesses.push("delete");
  if (insert.onDuplicateKey.length > 0) accesses.push("update");
  const walker = walkerOf(context);
  const item = target(context, insert.table.name, accesses);
  const scope = newScope(undefined, undefined);
  scope.items.push(item);
  const { source } = insert;
  const given = source.kind === "set" ? source.assignments.map(({ column }) => column) : insert.columns;
  if (given.length > 0) for (const column of given) write(walker, column, scope);
  else for (const column of item.columns) writeSources(column.sources);
  switch (source.kind) {
    case "values":
      for (const row of source.rows) for (const value of row) store(context, item.relation, walker, value, scope);
      break;
    case "set":
      for (const { value } of source.assignments) store(context, item.relation, walker, value, scope);
      break;
    case "query": {
      const { columns, open = [] } = walkQuery(context, source, undefined, undefined);
      if (item.relation !== undefined) {
        for (const { sources } of [...columns, { sources: open }])
          context.stored.push({ into: item.relation, sources });
      }
      // ON DUPLICATE KEY UPDATE sees the tables of the query as well: their columns, under any name.
      const sources = columns.flatMap((column) => column.sources);
      scope.items.push(newItem(undefined, { columns, open: sources }));
      break;
    }
  }
  if (insert.rowAlias !== undefined) {
    scope.items.push(
      newItem(insert.rowAlias.text, { columns: item.columns, open: insert.rowColumns.length > 0 ? [] : item.open }),
    );
  }
  assign(context, walker, insert.onDuplicateKey, scope);
  const output = walkItems(context, walker, insert.returning, scope);
  return { ...output, where: noWhere };
}

/** A table that is written, as one that columns can be named from. */
function target(context: FactContext, name: Insert["table"]["name"], accesses: readonly AccessKind[]): RangeItem {
  const relation = context.relation(name, ...accesses);
  const own = name.parts.at(-1)?.text ?? "";
  if (relation === undefined) return newItem(own, { columns: [], open: [] });
  return newItem(own, { columns: context.columnsOf(relation), open: openOf(relation) }, relation, namedIn(relation));
}

function assign(
  context: FactContext,
  walker: ExpressionWalker,
  assignments: readonly ColumnAssignment[],
  scope: Scope,
): void {
  for (const { column, value } of assignments) {
    const [written] = write(walker, column, scope);
    store(context, written?.relation, walker, value, scope);
  }
}

/** A value that becomes a column's. */
function store(
  context: FactContext,
  into: Relation | undefined,
  walker: ExpressionWalker,
  value: Expression,
  scope: Scope,
): void {
  const sources: Source[] = [];
  walker.value(value, scope, sources);
  if (into !== undefined && sources.length > 0) context.stored.push({ into, sources });
}

function write(walker: ExpressionWalker, column: ColumnName, scope: Scope): readonly Source[] {
  const sources: Source[] = [];
  walker.column(column, scope, sources);
  mark(sources, "write");
  return sources;
}

function writeSources(list: readonly Source[]): void {
  const sources: Source[] = [];
  touch(list, sources);
  mark(sources, "write");
}

export function walkUpdate(context: FactContext, update: Update): QueryResult {
  const walker = walkerOf(context);
  const scope = newScope(undefined, walkWith(context, update.with, undefined, undefined));
  context.joins += update.tables.length - 1;
  for (const table of update.tables) scope.items.push(...walkTable(context, table, scope));
  for (const { column, value } of update.assignments) {
    const written = write(walker, column, scope);
    for (const { relation } of written) context.access(relation, "update");
    store(context, written[0]?.relation, walker, value, scope);
  }
  for (const expression of update.portion) walker.used(expression, scope, "filter");
  const where = walkWhere(walker, update.where, scope);
  for (const { expression } of update.orderBy) walker.used(expression, scope, "order");
  return { columns: [], open: undefined, where };
}

export function walkDelete(context: FactContext, statement: Delete): QueryResult {
  const walker = walkerOf(context);
  const scope = newScope(undefined, walkWith(context, statement.with, undefined, undefined));
  context.joins += statement.tables.length - 1;
  for (const table of statement.tables) scope.items.push(...walkTable(context, table, scope));
  for (const item of statement.targets.length === 0 ? scope.items : targetsOf(context, statement, scope)) {
    if (item.relation !== undefined) context.access(item.relation, "delete");
  }
  for (const expression of statement.portion) walker.used(expression, scope, "filter");
  const where = walkWhere(walker, statement.where, scope);
  for (const { expression } of statement.orderBy) walker.used(expression, scope, "order");
  return { ...walkItems(context, walker, statement.returning, scope), where };
}

/** The tables of FROM that a DELETE of several names: by alias or name. */
function targetsOf(context: FactContext, statement: Delete, scope: Scope): RangeItem[] {
  return statement.targets.flatMap((name) => {
    const own = name.parts.at(-1)?.text;
    const found = scope.items.filter((item) => item.name !== undefined && context.names.isSame(item.name, own ?? ""));
    if (found.length === 0) context.relation(name, "delete");
    return found;
  });
}

export function walkLoadData(context: FactContext, load: LoadData): QueryResult {
  if (!load.isLocal) context.addOpaque("LOAD DATA INFILE", load.start);
  const walker = walkerOf(context);
  const item = target(context, load.table.name, ["insert"]);
  const scope = newScope(undefined, undefined);
  scope.items.push(item);
  const named = load.columns.filter((column) => column.kind === "column");
  if (load.columns.length === 0) for (const column of item.columns) writeSources(column.sources);
  for (const column of named) write(walker, column, scope);
  assign(context, walker, load.assignments, scope);
  return { columns: [], open: undefined, where: noWhere };
}
