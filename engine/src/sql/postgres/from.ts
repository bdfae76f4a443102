import type {
  Alias,
  JoinExpr,
  JsonTable,
  Node,
  RangeFunction,
  RangeSubselect,
  RangeTableFunc,
  RangeTableSample,
  RangeVar,
} from "@pgsql/types";
import { columnsByName } from "./catalog-index.ts";
import { distinct, mark, type StatementContext, strings } from "./context.ts";
import { adviceOnLaterCte, findCte, renamed } from "./ctes.ts";
import { expression, expressions, operator } from "./expressions.ts";
import { lookUpRelation } from "./relations.ts";
import {
  type ColumnLookup,
  newItem,
  type RangeColumn,
  type RangeItem,
  type ReadRecord,
  type Scope,
  type Source,
} from "./scope.ts";
import type { Relation } from "../../catalog/catalog.ts";

/** Walks a FROM list, adding to the scope what columns can be named from. */
export function fromClause(context: StatementContext, nodes: readonly Node[] | undefined, scope: Scope): void {
  if (nodes === undefined) return;
  context.joins += nodes.length - 1;
  for (const node of nodes) scope.items.push(...fromItem(context, node, scope));
}

/** The items that one element of FROM brings. What stands left of it is in `scope.items` already, for LATERAL. */
export function fromItem(context: StatementContext, node: Node, scope: Scope): RangeItem[] {
  if ("RangeVar" in node) return [relationItem(context, node.RangeVar, scope, false)];
  if ("JoinExpr" in node) return join(context, node.JoinExpr, scope);
  if ("RangeSubselect" in node) return [subselect(context, node.RangeSubselect, scope)];
  if ("RangeFunction" in node) return [functionItem(context, node.RangeFunction, scope)];
  if ("RangeTableFunc" in node) return [xmlTable(context, node.RangeTableFunc, scope)];
  if ("JsonTable" in node) return [jsonTable(context, node.JsonTable, scope)];
  if ("RangeTableSample" in node) return [sample(context, node.RangeTableSample, scope)];
  context.addOpaque(`FROM ${Object.keys(node).join()}`, undefined);
  return [];
}

function relationItem(context: StatementContext, rangeVar: RangeVar, scope: Scope, isSampled: boolean): RangeItem {
  context.visited.add(rangeVar);
  const { schemaname: schema, relname = "", alias } = rangeVar;
  if (schema === undefined) {
    const cte = findCte(scope.ctes, relname);
    if (cte !== undefined) {
      const columns = renamed(cte.columns, strings(alias?.colnames), cte.open);
      return newItem(alias?.aliasname ?? relname, columns, cte.open);
    }
  }
  const advice = schema === undefined ? adviceOnLaterCte(scope.ctes, relname) : undefined;
  const relation = lookUpRelation(context, rangeVar, true, false, advice);
  if (relation === undefined) {
    const item = newItem(alias?.aliasname ?? relname, renamed([], strings(alias?.colnames), []), []);
    return alias === undefined ? { ...item, unaliased: { schema, name: relname } } : item;
  }
  context.access(relation.relation, "read");
  const record: ReadRecord = { systemColumns: [], schemaQualified: [], wholeRows: [], ungrouped: new Set() };
  const item = baseItem(context, rangeVar, relation.relation, relation.open, record);
  scope.bases.push(item);
  context.reads.push({
    read: {
      references: item.references ?? [],
      relation: relation.relation,
      rangeVar,
      isSampled,
      systemColumns: record.systemColumns,
      schemaQualified: record.schemaQualified,
      wholeRows: record.wholeRows,
      refName: alias?.aliasname ?? relname,
    },
    record,
    isTableCommand: false,
    groupedByKey: undefined,
  });
  return item;
}

/** A relation's columns, made when they are asked for: most statements name few of a wide table. */
export function baseItem(
  context: StatementContext,
  rangeVar: Pick<RangeVar, "alias" | "relname" | "schemaname">,
  relation: Relation,
  open: boolean,
  read: ReadRecord | undefined,
): RangeItem {
  const { alias, relname = "" } = rangeVar;
  const names = strings(alias?.colnames);
  const item: RangeItem = {
    kind: "item",
    name: alias?.aliasname ?? relname,
    unaliased: alias === undefined ? { schema: rangeVar.schemaname, name: relname } : undefined,
    relation,
    read,
    references: [],
    get columns() {
      return all();
    },
    byName: names.length === 0 ? { get: named } : { get: (name) => all().find((column) => column.name === name) },
    open: open ? [] : undefined,
    relationVisible: true,
    columnsVisible: true,
  };
  const made = new Map<string, RangeColumn>();
  let list: readonly RangeColumn[] | undefined;
  function named(name: string): RangeColumn | undefined {
    let column = made.get(name);
    if (column === undefined) {
      const base = columnsByName(relation).get(name);
      if (base === undefined) return undefined;
      column = { kind: "column", name, sources: [context.source(relation, base)], direct: true, base: item };
      made.set(name, column);
    }
    return column;
  }
  function all(): readonly RangeColumn[] {
    list ??= renamed(
      relation.columns.flatMap((column) => named(column.name) ?? []),
      names,
      open ? [] : undefined,
    );
    return list;
  }
  return item;
}

function subselect(context: StatementContext, fields: RangeSubselect, scope: Scope): RangeItem {
  context.visited.add(fields);
  const { subquery, alias } = fields;
  if (subquery === undefined) return newItem(alias?.aliasname, [], []);
  const parent = fields.lateral === true ? scope : scope.parent;
  const output = context.subquery(subquery, parent, scope.ctes);
  return newItem(alias?.aliasname, renamed(output.columns, strings(alias?.colnames), output.open), output.open);
}

/**
 * Functions in FROM. Their result type is not known here (a row type or OUT parameters give columns of their own), so beside the columns
 * that the statement names there may be others, all of them from the arguments.
 */
function functionItem(context: StatementContext, fields: RangeFunction, scope: Scope): RangeItem {
  context.visited.add(fields);
  const sources: Source[] = [];
  const names: string[] = [];
  let defined = fields.coldeflist !== undefined;
  for (const each of fields.functions ?? []) {
    const [call, definitions] = "List" in each ? (each.List.items ?? []) : [each];
    if (call !== undefined) {
      expression(context, call, scope, sources);
      if ("FuncCall" in call) names.push(strings(call.FuncCall.funcname).at(-1) ?? "");
    }
    if (definitions !== undefined && "List" in definitions) {
      defined = true;
      names.push(...columnDefinitions(context, definitions.List.items, scope));
    }
  }
  // What a function in FROM is called with decides which rows there are.
  mark(sources, 0, "filter");
  names.push(...columnDefinitions(context, fields.coldeflist, scope));
  const { alias } = fields;
  const aliases = strings(alias?.colnames);
  // A function with one unnamed result has a column of the alias's, else the function's name.
  if (alias?.aliasname !== undefined && !defined) names.push(alias.aliasname);
  if (fields.ordinality === true) names.push("ordinality");
  const from = distinct(sources);
  const columns = [...aliases, ...names.filter((name) => !aliases.includes(name))].map((name) => ({
    kind: "column" as const,
    name,
    sources: from,
    direct: false,
    base: undefined,
  }));
  return newItem(alias?.aliasname ?? names[0], columns, from);
}

function columnDefinitions(context: StatementContext, nodes: readonly Node[] | undefined, scope: Scope): string[] {
  const names: string[] = [];
  for (const node of nodes ?? []) {
    expression(context, node, scope, []);
    if ("ColumnDef" in node) names.push(node.ColumnDef.colname ?? "");
  }
  return names;
}

function xmlTable(context: StatementContext, fields: RangeTableFunc, scope: Scope): RangeItem {
  context.visited.add(fields);
  const sources: Source[] = [];
  if (fields.docexpr !== undefined) expression(context, fields.docexpr, scope, sources);
  if (fields.rowexpr !== undefined) expression(context, fields.rowexpr, scope, sources);
  expressions(context, fields.namespaces, scope, sources);
  expressions(context, fields.columns, scope, sources);
  const names = (fields.columns ?? []).flatMap((node) =>
    "RangeTableFuncCol" in node ? [node.RangeTableFuncCol.colname ?? ""] : [],
  );
  return computedItem(fields.alias, "xmltable", names, sources);
}

function jsonTable(context: StatementContext, fields: JsonTable, scope: Scope): RangeItem {
  context.visited.add(fields);
  const sources: Source[] = [];
  const { alias: _, ...parts } = fields;
  expression(context, { JsonTable: parts }, scope, sources);
  const names: string[] = [];
  const collect = (nodes: readonly Node[] | undefined): void => {
    for (const node of nodes ?? []) {
      if (!("JsonTableColumn" in node)) continue;
      if (node.JsonTableColumn.name !== undefined) names.push(node.JsonTableColumn.name);
      collect(node.JsonTableColumn.columns);
    }
  };
  collect(fields.columns);
  return computedItem(fields.alias, "json_table", names, sources);
}

/** Columns that are all computed from the same arguments. */
function computedItem(
  alias: Alias | undefined,
  defaultName: string,
  names: readonly string[],
  sources: readonly Source[],
): RangeItem {
  mark(sources, 0, "argument");
  mark(sources, 0, "filter");
  const from = distinct(sources);
  const columns = names.map((name) => ({
    kind: "column" as const,
    name,
    sources: from,
    direct: false,
    base: undefined,
  }));
  return newItem(alias?.aliasname ?? defaultName, renamed(columns, strings(alias?.colnames), undefined), undefined);
}

function sample(context: StatementContext, fields: RangeTableSample, scope: Scope): RangeItem {
  context.visited.add(fields);
  const method = strings(fields.method);
  context.addFunctions(context.names.functions(method.at(-2), method.at(-1) ?? ""));
  const { relation } = fields;
  const item =
    relation !== undefined && "RangeVar" in relation
      ? relationItem(context, relation.RangeVar, scope, true)
      : newItem(undefined, [], []);
  expressions(context, fields.args, scope, []);
  if (fields.repeatable !== undefined) expression(context, fields.repeatable, scope, []);
  return item;
}

function join(context: StatementContext, fields: JoinExpr, scope: Scope): RangeItem[] {
  context.visited.add(fields);
  context.joins++;
  const left = fields.larg === undefined ? [] : fromItem(context, fields.larg, scope);
  const before = scope.items;
  scope.items = [...before, ...left];
  const right = fields.rarg === undefined ? [] : fromItem(context, fields.rarg, scope);
  scope.items = before;
  const merged = mergedColumns(context, fields, left, right);
  if (fields.quals !== undefined) {
    scope.items = [...left, ...right];
    const sources: Source[] = [];
    expression(context, fields.quals, scope, sources);
    mark(sources, 0, "join");
    scope.items = before;
  }
  const using = usingAlias(fields.join_using_alias, merged);
  if (merged.length === 0 && fields.alias === undefined) return [...left, ...right, ...using];
  const item = joinItem(fields.alias, merged, left, right);
  if (fields.alias !== undefined) return [item, ...using];
  for (const each of [...left, ...right]) each.columnsVisible = false;
  return [item, ...left, ...right, ...using];
}

function usingAlias(alias: Alias | undefined, merged: readonly RangeColumn[]): RangeItem[] {
  if (alias === undefined) return [];
  const item = newItem(alias.aliasname, merged, undefined);
  item.columnsVisible = false;
  return [item];
}

/** The columns that USING or NATURAL makes one of two. */
function mergedColumns(
  context: StatementContext,
  fields: JoinExpr,
  left: readonly RangeItem[],
  right: readonly RangeItem[],
): RangeColumn[] {
  let names: readonly string[];
  if (fields.isNatural === true) {
    names = naturalNames(left, right);
  } else if (fields.usingClause !== undefined) {
    names = strings(fields.usingClause);
  } else {
    return [];
  }
  operator(context, ["="]);
  return names.map((name) => {
    const leftColumn = visibleColumn(left, name);
    const rightColumn = visibleColumn(right, name);
    const sources = [...(leftColumn?.sources ?? []), ...(rightColumn?.sources ?? [])];
    mark(sources, 0, "join");
    const kept = fields.jointype === "JOIN_RIGHT" ? rightColumn : leftColumn;
    if (fields.jointype !== "JOIN_FULL" && kept !== undefined) return kept;
    return { kind: "column", name, sources: distinct(sources), direct: false, base: undefined };
  });
}

/** Common names; where one side may have columns that are not known, every column of the other may be compared. */
function naturalNames(left: readonly RangeItem[], right: readonly RangeItem[]): readonly string[] {
  const leftNames = visibleColumns(left);
  const rightNames = visibleColumns(right);
  const common = leftNames.filter((column) => rightNames.some((other) => other.name === column.name));
  for (const [side, other] of [
    [left, rightNames],
    [right, leftNames],
  ] as const) {
    if (side.some((item) => item.columnsVisible && item.open !== undefined)) {
      for (const column of other) mark(column.sources, 0, "join");
    }
  }
  return common.map((column) => column.name);
}

function joinItem(
  alias: Alias | undefined,
  merged: readonly RangeColumn[],
  left: readonly RangeItem[],
  right: readonly RangeItem[],
): RangeItem {
  const mergedNames = new Map(merged.map((column) => [column.name, column]));
  const open = [...left, ...right].flatMap((item) => (item.columnsVisible ? (item.open ?? []) : []));
  const isOpen = [...left, ...right].some((item) => item.columnsVisible && item.open !== undefined);
  const rest = [...visibleColumns(left), ...visibleColumns(right)].filter((column) => !mergedNames.has(column.name));
  const columns = renamed([...merged, ...rest], strings(alias?.colnames), undefined);
  return newItem(alias?.aliasname, columns, isOpen ? distinct(open) : undefined);
}

/** Columns that a bare name reaches, in the order of `*`. */
function visibleColumns(items: readonly RangeItem[]): RangeColumn[] {
  return items.flatMap((item) => (item.columnsVisible ? item.columns : []));
}

function visibleColumn(items: readonly RangeItem[], name: string): RangeColumn | undefined {
  const lookups: readonly ColumnLookup[] = items.filter((item) => item.columnsVisible).map((item) => item.byName);
  for (const lookup of lookups) {
    const column = lookup.get(name);
    if (column !== undefined) return column;
  }
  // A side that may have it: its value comes from there.
  const open = items.flatMap((item) => (item.columnsVisible ? (item.open ?? []) : []));
  return open.length === 0 ? undefined : { kind: "column", name, sources: open, direct: false, base: undefined };
}
