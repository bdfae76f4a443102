import type {
  A_Expr,
  A_Indirection,
  CaseExpr,
  ColumnRef,
  FuncCall,
  MultiAssignRef,
  Node,
  RangeVar,
  RowExpr,
  SubLink,
  TypeName,
  WindowDef,
} from "@pgsql/types";
import type { ColumnUse } from "@penstock/language";
import { eachChild } from "./children.ts";
import { columnReference, isStar, useColumn, findItem } from "./columns.ts";
import { mark, qualified, type StatementContext, strings, type Value } from "./context.ts";
import type { NodeName, NodeOf } from "./grammar.ts";
import type { Relation } from "../../catalog/catalog.ts";
import type { Scope, Source } from "./scope.ts";
import { setReturning } from "./set-returning.ts";
import { lookUpRelation } from "./relations.ts";

/**
 * Walks an expression: resolves its names, reports its functions, and adds the base columns that its value comes from to `sources`.
 * Node types without a handler of their own are walked by the table of the grammar, so no child is left out.
 */
export function expression(context: StatementContext, node: Node, scope: Scope, sources: Source[]): Value {
  for (const kind in node) return typed(context, kind as NodeName, node[kind as keyof Node], scope, sources);
  return undefined;
}

export function expressions(
  context: StatementContext,
  nodes: readonly Node[] | undefined,
  scope: Scope,
  sources: Source[],
): void {
  if (nodes !== undefined) for (const node of nodes) expression(context, node, scope, sources);
}

/** Walks expressions whose value goes nowhere but into the use. */
export function used(
  context: StatementContext,
  nodes: readonly Node[] | undefined,
  scope: Scope,
  use: ColumnUse,
): readonly Source[] {
  const sources: Source[] = [];
  expressions(context, nodes, scope, sources);
  mark(sources, 0, use);
  return sources;
}

type Handler<Fields> = (context: StatementContext, fields: Fields, scope: Scope, sources: Source[]) => Value;

const handlers: { readonly [Name in NodeName]?: Handler<NodeOf<Name>> } = {
  ColumnRef: columnReference,
  A_Expr: operatorExpression,
  FuncCall: functionCall,
  SubLink: subLink,
  A_Indirection: indirection,
  TypeName: typeName,
  CaseExpr: caseExpression,
  RowExpr: rowExpression,
  WindowDef: windowDefinition,
  MultiAssignRef: multiAssignment,
  SelectStmt: (context, fields, scope, sources) => {
    const output = context.subquery({ SelectStmt: fields }, scope, scope.ctes);
    for (const column of output.columns) sources.push(...column.sources);
    sources.push(...(output.open ?? []));
    return undefined;
  },
  // Queries look up their relations themselves: only DDL comes here.
  RangeVar: (context, fields) => {
    if (context.isUtility) relationReference(context, fields);
    return undefined;
  },
  CurrentOfExpr: (context, fields, scope) => {
    context.visited.add(fields);
    scope.references++;
    return undefined;
  },
  SortBy: (context, fields, scope, sources) => {
    if (fields.useOp !== undefined) operator(context, strings(fields.useOp));
    return generic(context, "SortBy", fields, scope, sources);
  },
  JsonObjectAgg: (context, fields, scope, sources) => aggregate(context, "JsonObjectAgg", fields, scope, sources),
  JsonArrayAgg: (context, fields, scope, sources) => aggregate(context, "JsonArrayAgg", fields, scope, sources),
  JsonAggConstructor: (context, fields, scope, sources) => {
    const from = sources.length;
    if (fields.agg_filter !== undefined) expression(context, fields.agg_filter, scope, sources);
    mark(sources, from, "filter");
    const ordered = sources.length;
    expressions(context, fields.agg_order, scope, sources);
    mark(sources, ordered, "order");
    if (fields.over !== undefined) windowDefinition(context, fields.over, scope, sources);
    if (fields.output !== undefined) typed(context, "JsonOutput", fields.output, scope, sources);
    return undefined;
  },
};

/** Node types that are calls in all but their grammar: what goes in is an argument. */
const callLike = new Set<string>([
  "CoalesceExpr",
  "MinMaxExpr",
  "XmlExpr",
  "XmlSerialize",
  "JsonFuncExpr",
  "JsonObjectConstructor",
  "JsonArrayConstructor",
  "JsonArrayQueryConstructor",
  "JsonScalarExpr",
  "JsonSerializeExpr",
  "JsonParseExpr",
  "JsonObjectAgg",
  "JsonArrayAgg",
]);

function typed(context: StatementContext, kind: NodeName, fields: object, scope: Scope, sources: Source[]): Value {
  const handler = handlers[kind] as Handler<object> | undefined;
  if (handler !== undefined) return handler(context, fields, scope, sources);
  return generic(context, kind, fields, scope, sources);
}

function generic(context: StatementContext, kind: NodeName, fields: object, scope: Scope, sources: Source[]): Value {
  const from = sources.length;
  eachChild(kind, fields, (childKind, child) => typed(context, childKind, child, scope, sources));
  if (callLike.has(kind)) mark(sources, from, "argument");
  return undefined;
}

function aggregate(context: StatementContext, kind: NodeName, fields: object, scope: Scope, sources: Source[]): Value {
  scope.aggregates++;
  generic(context, kind, fields, scope, sources);
  scope.aggregates--;
  return undefined;
}

/** A chain of operators leans to the left and may be thousands long: the left spine is walked without recursion. */
function operatorExpression(context: StatementContext, fields: A_Expr, scope: Scope, sources: Source[]): Value {
  const spine = [fields];
  let left = fields.lexpr;
  while (left !== undefined && "A_Expr" in left) {
    spine.push(left.A_Expr);
    left = left.A_Expr.lexpr;
  }
  if (left !== undefined) expression(context, left, scope, sources);
  for (let index = spine.length - 1; index >= 0; index--) {
    const each = spine[index];
    if (each === undefined) continue;
    context.visited.add(each);
    if (context.names.index.userOperators.size > 0) {
      const name = strings(each.name);
      for (const implied of impliedOperators[name[0] ?? ""] ?? [name]) operator(context, implied);
    }
    if (each.rexpr !== undefined) expression(context, each.rexpr, scope, sources);
  }
  return undefined;
}

const between = [[">="], ["<="], ["<"], [">"]];
const impliedOperators: Readonly<Record<string, readonly (readonly string[])[]>> = {
  BETWEEN: between,
  "NOT BETWEEN": between,
  "BETWEEN SYMMETRIC": between,
  "NOT BETWEEN SYMMETRIC": between,
};

/** A user's operator is a call of the user's function. */
export function operator(context: StatementContext, parts: readonly string[]): void {
  if (context.names.index.userOperators.size === 0) return;
  const { schema, name } = qualified(parts);
  const functions = context.names.operatorFunctions(schema, name);
  if (functions.length === 0) return;
  context.mayCallUserOperators = true;
  context.addFunctions(functions);
}

function functionCall(context: StatementContext, fields: FuncCall, scope: Scope, sources: Source[]): Value {
  context.visited.add(fields);
  const { schema, name } = qualified(strings(fields.funcname));
  const isAggregate = scope.grouping && fields.over === undefined && context.names.index.isAggregate(name);
  if (isAggregate) scope.aggregates++;
  const from = sources.length;
  const args = fields.args ?? [];
  let only: Value;
  for (const arg of args) only = expression(context, arg, scope, sources);
  if (args.length === 1 && schema === undefined && only?.kind === "item" && fields.agg_order === undefined) {
    // `column(row)` is `row.column` unless there is a function of that name.
    const column = only.byName.get(name);
    if (column !== undefined && !context.names.hasFunction(name)) {
      if (isAggregate) scope.aggregates--;
      sources.length = from;
      sources.push(...column.sources);
      return column;
    }
  }
  mark(sources, from, "argument");
  if (setReturning.has(name)) mark(sources, from, "filter");
  const ordered = sources.length;
  expressions(context, fields.agg_order, scope, sources);
  mark(sources, ordered, "order");
  const filtered = sources.length;
  if (fields.agg_filter !== undefined) expression(context, fields.agg_filter, scope, sources);
  mark(sources, filtered, "filter");
  if (isAggregate) scope.aggregates--;
  if (fields.over !== undefined) windowDefinition(context, fields.over, scope, sources);
  context.addFunctions(context.names.functions(schema, name));
  if (name === "set_config") context.setConfigCalls.push(fields);
  return undefined;
}

function subLink(context: StatementContext, fields: SubLink, scope: Scope, sources: Source[]): Value {
  context.visited.add(fields);
  if (fields.testexpr !== undefined) {
    expression(context, fields.testexpr, scope, sources);
    operator(context, fields.operName === undefined ? ["="] : strings(fields.operName));
  }
  if (fields.subselect === undefined) return undefined;
  const output = context.subquery(fields.subselect, scope, scope.ctes);
  // EXISTS looks at rows only: what the query selects never becomes part of a value.
  if (fields.subLinkType === "EXISTS_SUBLINK") return undefined;
  for (const column of output.columns) sources.push(...column.sources);
  if (output.open !== undefined) sources.push(...output.open);
  const [first] = output.columns;
  const isScalar = fields.subLinkType === "EXPR_SUBLINK" && output.columns.length === 1 && output.open === undefined;
  return isScalar && first !== undefined ? { ...first, base: undefined } : undefined;
}

/** `(row).column`, `(array)[1]`, `(row).*`; a field that is no column of the row may be a function of it. */
function indirection(context: StatementContext, fields: A_Indirection, scope: Scope, sources: Source[]): Value {
  context.visited.add(fields);
  if (fields.arg === undefined) return undefined;
  const from = sources.length;
  let value = expression(context, fields.arg, scope, sources);
  for (const step of fields.indirection ?? []) {
    if ("String" in step) {
      const name = step.String.sval ?? "";
      const column = value?.kind === "item" ? value.byName.get(name) : undefined;
      if (column !== undefined) {
        sources.length = from;
        sources.push(...column.sources);
        value = column;
        continue;
      }
      if (value?.kind === "item" && context.names.hasFunction(name)) {
        context.addFunctions(context.names.functions(undefined, name));
      } else if (value?.kind === "item" && value.open === undefined) {
        context.addUnknown("column", name, undefined);
      } else if (value?.kind !== "item" && context.names.index.userFunctions.has(name)) {
        // Of a composite value that is not known here: its field, or a user's function.
        context.addFunctions(context.names.functions(undefined, name));
      }
    } else if ("A_Indices" in step) {
      expression(context, step, scope, sources);
    }
    value = undefined;
  }
  return value;
}

function typeName(context: StatementContext, fields: TypeName, scope: Scope, sources: Source[]): Value {
  context.visited.add(fields);
  if (context.names.index.typesWithFunctions.size > 0) {
    const { schema, name } = qualified(strings(fields.names));
    context.addFunctions(context.names.typeFunctions(schema, name));
  }
  expressions(context, fields.typmods, scope, sources);
  return undefined;
}

function caseExpression(context: StatementContext, fields: CaseExpr, scope: Scope, sources: Source[]): Value {
  const from = sources.length;
  if (fields.arg !== undefined) {
    expression(context, fields.arg, scope, sources);
    operator(context, ["="]);
  }
  const results: Node[] = [];
  for (const when of fields.args ?? []) {
    if (!("CaseWhen" in when)) {
      results.push(when);
      continue;
    }
    if (when.CaseWhen.expr !== undefined) expression(context, when.CaseWhen.expr, scope, sources);
    if (when.CaseWhen.result !== undefined) results.push(when.CaseWhen.result);
  }
  mark(sources, from, "condition");
  if (fields.defresult !== undefined) results.push(fields.defresult);
  expressions(context, results, scope, sources);
  return undefined;
}

function rowExpression(context: StatementContext, fields: RowExpr, scope: Scope, sources: Source[]): Value {
  for (const arg of fields.args ?? []) rowElement(context, arg, scope, sources);
  return undefined;
}

/** In ROW() and VALUES a star expands to columns, it is no whole row. */
export function rowElement(context: StatementContext, node: Node, scope: Scope, sources: Source[]): void {
  if (!("ColumnRef" in node) || !isStar(node.ColumnRef)) {
    expression(context, node, scope, sources);
    return;
  }
  expandStar(context, node.ColumnRef, scope, sources);
}

function expandStar(context: StatementContext, ref: ColumnRef, scope: Scope, sources: Source[]): void {
  const parts = strings(ref.fields);
  const target = findItem(scope, parts.at(-3), parts.at(-2) ?? "");
  if (target === undefined) {
    columnReference(context, ref, scope, sources);
    return;
  }
  context.visited.add(ref);
  for (const column of target.item.columns) useColumn(target.level, target.item, column, sources);
  sources.push(...(target.item.open ?? []));
}

/** PARTITION BY groups, ORDER BY orders; both decide what a window function gives. */
export function windowDefinition(context: StatementContext, fields: WindowDef, scope: Scope, sources: Source[]): Value {
  const from = sources.length;
  expressions(context, fields.partitionClause, scope, sources);
  mark(sources, from, "group");
  const ordered = sources.length;
  expressions(context, fields.orderClause, scope, sources);
  mark(sources, ordered, "order");
  if (fields.startOffset !== undefined) expression(context, fields.startOffset, scope, sources);
  if (fields.endOffset !== undefined) expression(context, fields.endOffset, scope, sources);
  return undefined;
}

/** The tree repeats the source of `(a, b) = (…)` for each column; it is walked once. */
function multiAssignment(context: StatementContext, fields: MultiAssignRef, scope: Scope, sources: Source[]): Value {
  context.visited.add(fields);
  if ((fields.colno ?? 1) > 1 || fields.source === undefined) return undefined;
  return expression(context, fields.source, scope, sources);
}

/** A relation that DDL names: changed by the statement, or referred to by it. */
export function relationReference(context: StatementContext, rangeVar: RangeVar): Relation | undefined {
  context.visited.add(rangeVar);
  const found = lookUpRelation(context, rangeVar, false);
  if (found === undefined) return undefined;
  context.access(found.relation, "ddl");
  context.write(found.relation, rangeVar, "ddl");
  return found.relation;
}
