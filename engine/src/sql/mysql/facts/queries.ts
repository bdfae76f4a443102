/** Which tables and columns a query reads, and what its columns come from. */
import { namedIn, type Relation } from "../../../catalog/catalog.ts";
import type { QualifiedName } from "../tree/node.ts";
import type { QueryBody, QueryExpression, Select, SelectItem, TableReference, WithClause } from "../tree/queries.ts";
import { type FactContext, mark, type RelationRead, touch } from "./context.ts";
import { ExpressionWalker, isMeant } from "./expressions.ts";
import {
  byName,
  type CteScope,
  distinct,
  newItem,
  newScope,
  type Output,
  type RangeColumn,
  type RangeItem,
  type Scope,
  type Source,
} from "./scope.ts";

export interface Where {
  readonly present: boolean;
  readonly constant: boolean;
}

/** A query's output, and the condition of its first level. */
export interface QueryResult extends Output {
  readonly where: Where;
}

export const noWhere: Where = { present: false, constant: false };
const nothing: Output = { columns: [], open: undefined };

export function walkQuery(
  context: FactContext,
  query: QueryExpression,
  parent: Scope | undefined,
  outer: CteScope | undefined,
): QueryResult {
  const ctes = walkWith(context, query.with, parent, outer);
  const scope = newScope(parent, ctes);
  const result = walkBody(context, query.body, parent, ctes, scope);
  const walker = walkerOf(context);
  scope.aliases = byName(result.columns);
  for (const { expression } of query.orderBy) orderBy(walker, expression, result, scope, "order");
  const { procedure } = query;
  // ANALYSE(), which every server has, tells of the values of the query's columns; others are loaded.
  if (procedure !== undefined && isAnalyse(procedure))
    context.reveals.push({ what: "statements", by: "PROCEDURE ANALYSE" });
  else if (procedure !== undefined) context.addOpaque("PROCEDURE", procedure.start);
  const into = query.into ?? (query.body.kind === "select" ? query.body.into : undefined);
  if (into !== undefined && into.kind !== "variables") context.addOpaque(`INTO ${into.kind.toUpperCase()}`, into.start);
  return result;
}

function isAnalyse({ parts }: QualifiedName): boolean {
  return parts.length === 1 && parts[0]?.text.toLowerCase() === "analyse";
}

export function walkerOf(context: FactContext): ExpressionWalker {
  return new ExpressionWalker(context, walkQuery);
}

/** The scope that WITH opens. */
export function walkWith(
  context: FactContext,
  clause: WithClause | undefined,
  parent: Scope | undefined,
  outer: CteScope | undefined,
): CteScope | undefined {
  if (clause === undefined) return outer;
  const scope: CteScope = { parent: outer, ctes: new Map() };
  for (const { name, columns, query } of clause.elements) {
    const key = context.names.cteKey(name.text);
    const names = columns.map(({ text }) => text);
    if (!clause.isRecursive) {
      scope.ctes.set(key, renamed(walkQuery(context, query, parent, scope), names));
      continue;
    }
    // While a recursive query is walked, whatever it reads of itself comes from a stand-in.
    const itself = { uses: 0 } as Source;
    scope.ctes.set(key, { columns: [], open: [itself] });
    const output = renamed(walkQuery(context, query, parent, scope), names);
    scope.ctes.set(key, closed(output, itself));
  }
  return scope;
}

/** Where the stand-in reaches a column of the result, that column may come from every source of the query. */
function closed(output: Output, itself: Source): Output {
  const all = distinct([...output.columns.flatMap((column) => column.sources), ...(output.open ?? [])]).filter(
    (source) => source !== itself,
  );
  for (const source of all) source.uses |= itself.uses;
  const close = (sources: readonly Source[]) => (sources.includes(itself) ? all : sources);
  const columns = output.columns.map((column) => ({ ...column, sources: close(column.sources) }));
  return { columns, open: output.open === undefined ? undefined : close(output.open) };
}

/** Which column of one side meets which of the other is not known. */
function mixed(output: Output): Output {
  const all = distinct([...output.columns.flatMap((column) => column.sources), ...(output.open ?? [])]);
  return {
    columns: output.columns.map((column) => ({ ...column, sources: all, direct: false })),
    open: output.open === undefined ? undefined : all,
  };
}

function renamed(output: Output, names: readonly string[]): Output {
  if (names.length === 0) return output;
  const columns = names.map(
    (name, index): RangeColumn => ({
      ...(output.columns[index] ?? { sources: output.open ?? [], direct: false }),
      name,
    }),
  );
  return { columns, open: output.open };
}

function walkBody(
  context: FactContext,
  body: QueryBody,
  parent: Scope | undefined,
  ctes: CteScope | undefined,
  scope: Scope,
): QueryResult {
  switch (body.kind) {
    case "select":
      return walkSelect(context, body, scope);
    case "query":
      return walkQuery(context, body, parent, ctes);
    case "set_operation": {
      const left = walkBody(context, body.left, parent, ctes, newScope(parent, ctes));
      const right = walkBody(context, body.right, parent, ctes, newScope(parent, ctes));
      const where = {
        present: left.where.present && right.where.present,
        constant: left.where.constant || right.where.constant,
      };
      return { ...union(left, right), where };
    }
    case "values": {
      const lists: Source[][] = [];
      const walker = walkerOf(context);
      for (const row of body.rows) {
        for (const [index, value] of row.entries()) walker.value(value, scope, (lists[index] ??= []));
      }
      const columns = lists.map((sources, index) => ({
        name: `column_${index}`,
        sources: distinct(sources),
        direct: false,
      }));
      return { columns, open: undefined, where: noWhere };
    }
    case "table_query": {
      const item = tableItem(context, body.table, scope);
      for (const column of item.columns) touch(column.sources, []);
      return { columns: item.columns, open: item.open, where: noWhere };
    }
  }
}

function union(left: Output, right: Output): Output {
  const columns = left.columns.map((column, index) => {
    const other = right.columns[index];
    const sources = distinct([...column.sources, ...(other?.sources ?? right.open ?? [])]);
    return { ...column, sources, direct: column.direct && other?.direct === true && sources.length === 1 };
  });
  if (left.open === undefined && right.open === undefined) return { columns, open: undefined };
  return mixed({ columns, open: distinct([...(left.open ?? []), ...(right.open ?? [])]) });
}

function walkSelect(context: FactContext, select: Select, scope: Scope): QueryResult {
  const walker = walkerOf(context);
  context.joins += Math.max(0, select.from.length - 1);
  for (const table of select.from) scope.items.push(...walkTable(context, table, scope));
  const where = walkWhere(walker, select.where, scope);
  const output = walkItems(context, walker, select.items, scope);
  scope.aliases = byName(output.columns);
  for (const { expression } of select.groupBy) orderBy(walker, expression, output, scope, "group");
  walker.used(select.having, scope, "filter");
  for (const { window } of select.windows) {
    for (const { expression } of [...window.partitionBy, ...window.orderBy]) walker.used(expression, scope, "order");
  }
  if (select.options.includes("distinct")) for (const column of output.columns) mark(column.sources, "group");
  return { ...output, where };
}

export function walkWhere(walker: ExpressionWalker, where: Select["where"], scope: Scope): Where {
  if (where === undefined) return noWhere;
  const before = scope.references;
  walker.used(where, scope, "filter");
  return { present: true, constant: scope.references === before };
}

/** A select list, or RETURNING. */
export function walkItems(
  context: FactContext,
  walker: ExpressionWalker,
  items: readonly SelectItem[],
  scope: Scope,
): Output {
  const columns: RangeColumn[] = [];
  const open: Source[] = [];
  let isOpen = false;
  for (const { expression, alias } of items) {
    if (expression.kind === "star") {
      const [table, schema] = [expression.qualifier.at(-1)?.text, expression.qualifier.at(-2)?.text];
      for (const item of scope.items) {
        if (!isMeant(context.names, item, table, schema)) continue;
        if (schema !== undefined) item.read?.qualified.push(expression.qualifier);
        for (const column of item.columns) touch(column.sources, []);
        columns.push(...item.columns);
        scope.references++;
        if (item.open === undefined) continue;
        isOpen = true;
        touch(item.open, open);
      }
      continue;
    }
    const sources: Source[] = [];
    const column = walker.value(expression, scope, sources);
    const name = alias ?? (expression.kind === "column" ? expression.parts.at(-1)?.text : undefined);
    columns.push({
      name: name ?? "",
      sources: distinct(sources),
      direct: column !== undefined && column.direct && column.sources.length === 1,
    });
  }
  return { columns, open: isOpen ? distinct(open) : undefined };
}

/** ORDER BY and GROUP BY: a number is a position. */
function orderBy(
  walker: ExpressionWalker,
  expression: SelectItem["expression"],
  output: Output,
  scope: Scope,
  use: "order" | "group",
): void {
  if (expression.kind === "literal" && expression.type === "integer") {
    const column = output.columns[Number(expression.text) - 1];
    mark(column?.sources ?? output.open ?? [], use);
    return;
  }
  walker.used(expression, scope, use);
}

/** The items that one element of FROM brings. */
export function walkTable(context: FactContext, table: TableReference, scope: Scope): RangeItem[] {
  const walker = walkerOf(context);
  switch (table.kind) {
    case "table":
      return [tableItem(context, table, scope)];
    case "derived": {
      const parent = table.isLateral ? scope : scope.parent;
      const output = walkQuery(context, table.query, parent, scope.ctes);
      return [
        newItem(
          table.alias?.text,
          renamed(
            output,
            table.columns.map(({ text }) => text),
          ),
        ),
      ];
    }
    case "json_table": {
      const sources: Source[] = [];
      walker.value(table.document, scope, sources);
      walker.value(table.path, scope, sources);
      // Its columns are what the document holds: each comes from all of it.
      return [newItem(table.alias?.text, { columns: [], open: distinct(sources) })];
    }
    case "table_list":
      context.joins += Math.max(0, table.tables.length - 1);
      return table.tables.flatMap((each) => walkTable(context, each, scope));
    case "join": {
      context.joins++;
      const left = walkTable(context, table.left, scope);
      const inner: Scope = { ...scope, items: [...scope.items, ...left] };
      const right = walkTable(context, table.right, inner);
      const both = [...left, ...right];
      walker.used(table.on, { ...scope, items: [...scope.items, ...both] }, "join");
      const shared = table.type.startsWith("natural")
        ? [...new Set(left.flatMap((item) => [...item.byName.keys()]))].filter((name) =>
            right.some((item) => item.byName.has(name)),
          )
        : table.using.map(({ text }) => text.toLowerCase());
      for (const item of both) {
        for (const name of shared) {
          const sources: Source[] = [];
          touch(item.byName.get(name)?.sources ?? [], sources);
          mark(sources, "join");
        }
      }
      return both;
    }
  }
}

function tableItem(context: FactContext, table: Extract<TableReference, { kind: "table" }>, scope: Scope): RangeItem {
  const { name, alias } = table;
  const own = name.parts.at(-1)?.text ?? "";
  if (name.parts.length === 1) {
    for (let level = scope.ctes; level !== undefined; level = level.parent) {
      const cte = level.ctes.get(context.names.cteKey(own));
      if (cte !== undefined) return newItem(alias?.text ?? own, cte);
    }
  }
  const relation = context.relation(name, "read");
  if (relation === undefined) return newItem(alias?.text ?? own, { ...nothing, open: [] });
  const read: RelationRead = { relation, table, qualified: [] };
  context.reads.push(read);
  const output = { columns: context.columnsOf(relation), open: openOf(relation) };
  return newItem(alias?.text ?? own, output, relation, namedIn(relation), read);
}

/** Of a table that the text itself makes, and of the system's own of a fixture, no columns are known: any may be one. */
export function openOf({ columns }: Relation): [] | undefined {
  return columns.length === 0 ? [] : undefined;
}
