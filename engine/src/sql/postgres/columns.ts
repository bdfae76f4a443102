import type { ColumnRef } from "@pgsql/types";
import { touchedBit } from "../fact-sets.ts";
import { positionOf, type StatementContext, strings, type Value } from "./context.ts";
import { isSystemColumn, type RangeColumn, type RangeItem, type Scope, type Source } from "./scope.ts";

/** Resolves a column reference as PostgreSQL's transformColumnRef does, adding the base columns that it means to `sources`. */
export function columnReference(context: StatementContext, ref: ColumnRef, scope: Scope, sources: Source[]): Value {
  context.visited.add(ref);
  const fields = strings(ref.fields);
  const position = positionOf(ref.location);
  const [first = "", second, third, fourth] = fields;
  if (second === undefined) return bareName(context, first, scope, sources, position);
  if (third === undefined) return qualifiedName(context, undefined, first, second, ref, scope, sources);
  if (fourth === undefined) return qualifiedName(context, first, second, third, ref, scope, sources);
  return qualifiedName(context, second, third, fourth, ref, scope, sources);
}

function bareName(
  context: StatementContext,
  name: string,
  scope: Scope,
  sources: Source[],
  position: number | undefined,
): Value {
  let maybe = false;
  for (let level: Scope | undefined = scope; level !== undefined; level = level.parent) {
    let found: RangeColumn | undefined;
    let matches = 0;
    let open = false;
    for (const item of level.items) {
      if (!item.columnsVisible) continue;
      const column = item.byName.get(name);
      if (column !== undefined) {
        found = column;
        matches++;
        useColumn(level, item, column, sources);
        noteReference(context, column, position);
      } else if (isSystemColumn(item.relation, name)) {
        matches++;
        systemColumn(level, item, name, position);
      } else if (item.open !== undefined) {
        open = true;
      }
    }
    // Two columns of one name at one level are an error, so one that is known is the one that is meant.
    if (matches > 0) return matches === 1 && !maybe ? found : undefined;
    if (open) {
      maybe = true;
      level.references++;
      for (const item of level.items) if (item.columnsVisible && item.open !== undefined) addAll(item.open, sources);
    }
  }
  // Not a column: the name of something in FROM stands for its whole row.
  const row = findItem(scope, undefined, name);
  if (row !== undefined) return wholeRow(row.level, row.item, sources, position);
  if (!maybe) {
    scope.references++;
    context.addUnknown("column", name, position);
  }
  return undefined;
}

function qualifiedName(
  context: StatementContext,
  schema: string | undefined,
  table: string,
  name: string,
  ref: ColumnRef,
  scope: Scope,
  sources: Source[],
): Value {
  const position = positionOf(ref.location);
  const row = findItem(scope, schema, table);
  if (row === undefined) {
    scope.references++;
    context.addUnknown("column", [schema, table, name].filter((part) => part !== undefined).join("."), position);
    return undefined;
  }
  const { level, item } = row;
  if (schema !== undefined) noteSchemaQualified(item, ref);
  if (isStar(ref)) return wholeRow(level, item, sources, position);
  const column = item.byName.get(name);
  if (column !== undefined) {
    useColumn(level, item, column, sources);
    noteReference(context, column, position);
    return column;
  }
  if (isSystemColumn(item.relation, name)) {
    systemColumn(level, item, name, position);
    return undefined;
  }
  if (item.open !== undefined) {
    level.references++;
    addAll(item.open, sources);
    if (context.names.hasFunction(name)) context.addFunctions(context.names.functions(undefined, name));
    return undefined;
  }
  // `row.f` is `f(row)` where no column has that name.
  if (context.names.hasFunction(name)) {
    context.addFunctions(context.names.functions(undefined, name));
    wholeRow(level, item, sources, undefined);
    return undefined;
  }
  level.references++;
  context.addUnknown("column", `${table}.${name}`, position);
  return undefined;
}

/** Whether the last field is `*`, and not a column that is called so. */
export function isStar(ref: ColumnRef): boolean {
  const last = ref.fields?.at(-1);
  return last !== undefined && "A_Star" in last;
}

/** What a name qualifies columns of: the nearest level that has it. A schema must be the relation's, and the relation unaliased. */
export function findItem(
  scope: Scope,
  schema: string | undefined,
  name: string,
): { readonly level: Scope; readonly item: RangeItem } | undefined {
  for (let level: Scope | undefined = scope; level !== undefined; level = level.parent) {
    for (const item of level.items) {
      if (!item.relationVisible) continue;
      if (schema === undefined) {
        if (item.name === name) return { level, item };
      } else if (item.unaliased !== undefined && item.unaliased.name === name) {
        const own = item.relation?.schema ?? item.unaliased.schema;
        if (own === undefined || own === schema || (schema === "pg_temp" && item.relation?.isTemporary === true)) {
          return { level, item };
        }
      }
    }
  }
  return undefined;
}

/** One of the item's columns is used at its level. */
export function useColumn(level: Scope, item: RangeItem, column: RangeColumn, sources: Source[]): void {
  level.references++;
  addAll(column.sources, sources);
  if (level.grouping && level.aggregates === 0) (column.base ?? item).read?.ungrouped.add(column.name);
}

function noteReference(
  context: StatementContext,
  { direct, base, sources }: RangeColumn,
  position: number | undefined,
): void {
  const [source, second] = sources;
  if (!direct || position === undefined || source === undefined || second !== undefined) return;
  const { relation, column } = source;
  if (base === undefined) context.passedOn.push({ position, relation, column });
  else base.references?.push({ position, column });
}

function wholeRow(level: Scope, item: RangeItem, sources: Source[], position: number | undefined): RangeItem {
  for (const column of item.columns) useColumn(level, item, column, sources);
  level.references++;
  if (item.open !== undefined) addAll(item.open, sources);
  if (item.read !== undefined && position !== undefined) item.read.wholeRows.push({ position });
  return item;
}

function systemColumn(level: Scope, item: RangeItem, name: string, position: number | undefined): void {
  level.references++;
  if (position !== undefined) item.read?.systemColumns.push({ name, position });
}

export function noteSchemaQualified(item: RangeItem, ref: ColumnRef): void {
  const position = positionOf(ref.location);
  if (position !== undefined) item.read?.schemaQualified.push({ position, fields: strings(ref.fields) });
}

function addAll(from: readonly Source[], to: Source[]): void {
  for (const source of from) {
    source.uses |= touchedBit;
    to.push(source);
  }
}
