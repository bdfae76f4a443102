/** Which columns an expression reads, and what it calls. */
import type { ColumnUse } from "@penstock/language";
import { childrenOf, queryInside } from "../tree/children.ts";
import type { ColumnName, Expression } from "../tree/expressions.ts";
import type { QueryExpression } from "../tree/queries.ts";
import { type FactContext, mark, touch } from "./context.ts";
import type { NameState } from "./names.ts";
import type { CteScope, Output, RangeColumn, RangeItem, Scope, Source } from "./scope.ts";

/** Passed in, since queries hold expressions and expressions hold queries. */
export type QueryWalker = (
  context: FactContext,
  query: QueryExpression,
  parent: Scope | undefined,
  ctes: CteScope | undefined,
) => Output;

export class ExpressionWalker {
  readonly #context: FactContext;
  readonly #query: QueryWalker;

  constructor(context: FactContext, query: QueryWalker) {
    this.#context = context;
    this.#query = query;
  }

  /** Walks an expression all of whose columns are used in one way. */
  used(expression: Expression | undefined, scope: Scope, use: ColumnUse): void {
    if (expression === undefined) return;
    const sources: Source[] = [];
    this.value(expression, scope, sources);
    mark(sources, use);
  }

  /** Adds the base columns that a value comes from to `sources`; returns the column that the expression is, where it is one. */
  value(expression: Expression, scope: Scope, sources: Source[]): RangeColumn | undefined {
    const query = queryInside(expression);
    if (query !== undefined) {
      const output = this.#query(this.#context, query, scope, scope.ctes);
      const read: Source[] = [];
      if (expression.kind !== "exists") for (const column of output.columns) touch(column.sources, read);
      if (output.open !== undefined && expression.kind !== "exists") touch(output.open, read);
      sources.push(...read);
    }
    switch (expression.kind) {
      case "column":
        return this.column(expression, scope, sources);
      case "star":
        return undefined;
      case "call":
        this.#call(expression.name.parts.map(({ text }) => text));
        return this.#arguments(expression, scope, sources);
      case "aggregate":
      case "dynamic_columns":
        this.#context.call(undefined, expression.name);
        return this.#arguments(expression, scope, sources);
      case "sequence_value":
        this.#context.relation(expression.sequence, "read", "update");
        this.#context.call(undefined, expression.operation === "set" ? "setval" : "nextval");
        return this.#arguments(expression, scope, sources);
      case "case":
        if (expression.operand !== undefined) this.used(expression.operand, scope, "condition");
        for (const { when, result } of expression.branches) {
          this.#condition(when, scope, sources);
          this.value(result, scope, sources);
        }
        if (expression.otherwise !== undefined) this.value(expression.otherwise, scope, sources);
        return undefined;
      case "row": {
        const [only, second] = expression.values;
        if (only !== undefined && second === undefined) return this.value(only, scope, sources);
        break;
      }
      default:
        break;
    }
    for (const child of childrenOf(expression)) this.value(child, scope, sources);
    return undefined;
  }

  #condition(expression: Expression, scope: Scope, sources: Source[]): void {
    const from = sources.length;
    this.value(expression, scope, sources);
    mark(sources.slice(from), "condition");
  }

  #arguments(expression: Expression, scope: Scope, sources: Source[]): undefined {
    const from = sources.length;
    for (const child of childrenOf(expression)) this.value(child, scope, sources);
    mark(sources.slice(from), "argument");
    return undefined;
  }

  #call(parts: readonly string[]): void {
    this.#context.call(parts.length > 1 ? parts[0] : undefined, parts.at(-1) ?? "");
  }

  /** A column by its name, looked for in each level outwards. */
  column(name: ColumnName, scope: Scope, sources: Source[]): RangeColumn | undefined {
    const from = sources.length;
    const column = this.#found(name, scope, sources);
    const { references } = this.#context;
    references.set(name, [...(references.get(name) ?? []), ...sources.slice(from)]);
    return column;
  }

  #found({ parts, start }: ColumnName, scope: Scope, sources: Source[]): RangeColumn | undefined {
    const names = parts.map(({ text }) => text);
    const ofRow = this.#context.program?.rowColumn(names);
    if (ofRow !== undefined) {
      touch([ofRow], sources);
      return undefined;
    }
    const name = names.at(-1)?.toLowerCase() ?? "";
    const [table, schema] = [names.at(-2), names.at(-3)];
    for (let level: Scope | undefined = scope; level !== undefined; level = level.parent) {
      const found: RangeColumn[] = [];
      let isOpen = false;
      for (const item of level.items) {
        if (!isMeant(this.#context.names, item, table, schema)) continue;
        if (schema !== undefined) item.read?.qualified.push(parts.slice(0, -1));
        const column = item.byName.get(name);
        if (column !== undefined) found.push(column);
        else if (item.open !== undefined) {
          isOpen = true;
          touch(item.open, sources);
        }
      }
      const alias = table === undefined ? level.aliases.get(name) : undefined;
      // Whether the alias or the column is meant depends on the clause: both count.
      if (alias !== undefined) touch(alias.sources, sources);
      for (const column of found) touch(column.sources, sources);
      if (found.length > 0 || isOpen) level.references++;
      const [only] = found;
      if (found.length > 0) return found.length === 1 && alias === undefined ? only : undefined;
      if (alias !== undefined) return alias;
      if (isOpen) return undefined;
    }
    this.#context.unknown.push({ what: "column", name: names.join("."), position: start });
    return undefined;
  }
}

/** Whether a name of a column, or a star, with these qualifiers can mean something of an item. */
export function isMeant(
  names: NameState,
  item: RangeItem,
  table: string | undefined,
  schema: string | undefined,
): boolean {
  if (table !== undefined && (item.name === undefined || !names.isSame(item.name, table))) return false;
  return schema === undefined || item.schema === undefined || names.isSame(item.schema, schema);
}
