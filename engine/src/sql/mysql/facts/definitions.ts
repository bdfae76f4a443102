/** What DDL and utility statements read and write, and what of them is not analysed. */
import type { AccessKind } from "@penstock/language";
import { namedIn, type Relation, relationToBe } from "../../../catalog/catalog.ts";
import type { CreateTable, DropObject } from "../tree/ddl.ts";
import type { Expression } from "../tree/expressions.ts";
import type { QualifiedName } from "../tree/node.ts";
import type { Statement } from "../tree/statements.ts";
import { type FactContext, mark, touch } from "./context.ts";
import { walkerOf, walkQuery } from "./queries.ts";
import { walkShow } from "./show.ts";
import { newItem, newScope } from "./scope.ts";

export function walkDefinition(context: FactContext, statement: Statement): void {
  switch (statement.kind) {
    case "create_table":
      // Defaults may read: `DEFAULT nextval(s)`.
      visible(context, statement.table, undefined, [
        ...statement.expressions,
        ...statement.elements.flatMap((element) => element.expressions),
      ]);
      if (statement.like !== undefined) context.relation(statement.like, "read");
      if (statement.query !== undefined) walkQuery(context, statement.query, undefined, undefined);
      for (const table of statement.union) context.relation(table, "read");
      for (const { references } of statement.elements) if (references !== undefined) context.lasting(references, "ddl");
      // Last: what it reads of its own name is what there was before.
      if (statement.isTemporary) madeTemporary(context, statement.table);
      else madeTable(context, statement);
      return;
    case "alter_table": {
      const expressions = statement.actions.flatMap((action) => [
        ...action.expressions,
        ...action.elements.flatMap((element) => element.expressions),
      ]);
      const isTemporary = context.names.temporary(statement.table) !== undefined;
      defined(context, statement.table, ["ddl"], expressions);
      for (const { elements, tables, kind } of statement.actions) {
        for (const { references } of elements) if (references !== undefined) context.lasting(references, "ddl");
        for (const table of tables) {
          if (kind === "rename_table") continue;
          if (kind === "exchange") created(context, table, "table");
          else context.relation(table, "read");
        }
      }
      const [renamed] = statement.actions.filter(({ kind }) => kind === "rename_table").flatMap(({ tables }) => tables);
      if (isTemporary) {
        // Its columns are not what they were.
        context.names.dropTemporary(statement.table);
        madeTemporary(context, renamed ?? statement.table);
      } else if (renamed !== undefined) created(context, renamed, "table");
      return;
    }
    case "create_index":
    case "drop_index":
      defined(context, statement.table, ["ddl"], statement.kind === "create_index" ? statement.expressions : []);
      return;
    case "truncate":
      context.relation(statement.table, "truncate");
      return;
    case "rename_table":
      for (const { from, to } of statement.renames) {
        const isTemporary = context.relation(from, "ddl")?.isTemporary === true;
        if (isTemporary) {
          context.names.dropTemporary(from);
          madeTemporary(context, to);
        } else created(context, to, "table");
      }
      return;
    case "create_view":
    case "alter_view":
      created(context, statement.view, "view");
      walkQuery(context, statement.query, undefined, undefined);
      return;
    case "create_sequence":
    case "alter_sequence":
      if (statement.isTemporary) madeTemporary(context, statement.name);
      else created(context, statement.name, "sequence");
      return;
    case "drop_object":
      if (statement.object === "table" || statement.object === "view" || statement.object === "sequence") {
        for (const name of statement.names) dropped(context, statement, name);
      }
      return;
    case "create_trigger":
      context.lasting(statement.table, "ddl");
      context.addOpaque("body of a trigger", statement.body.start);
      return;
    case "create_procedure":
    case "create_function":
    case "create_event":
    case "alter_event":
      if (statement.body !== undefined) context.addOpaque("body of a stored program", statement.body.start);
      return;
    case "compound":
      context.addOpaque("compound statement", statement.start);
      return;
    case "call_statement": {
      const { parts } = statement.procedure;
      context.call(parts.at(-2)?.text, parts.at(-1)?.text ?? "");
      const scope = newScope(undefined, undefined);
      for (const argument of statement.arguments) walkerOf(context).value(argument, scope, []);
      context.addOpaque("CALL", statement.start);
      return;
    }
    case "prepare":
    case "execute":
      // Those that clients send are read in `prepared-text.ts`.
      context.addOpaque(`${statement.kind.toUpperCase()} within another statement`, statement.start);
      return;
    case "show":
      walkShow(context, statement);
      return;
    case "describe":
      context.relation(statement.table);
      return;
    case "lock_tables":
      for (const { table } of statement.tables) context.relation(table.name, "lock");
      return;
    case "maintenance":
      for (const table of statement.tables) {
        if (statement.operation === "checksum") checksum(context, table);
        else context.relation(table, "ddl");
      }
      return;
    case "diagnostics": {
      const scope = newScope(undefined, undefined);
      for (const value of statement.expressions) walkerOf(context).value(value, scope, []);
      const words = statement.items.find((item) => !withoutWords.has(item));
      if (words !== undefined)
        context.reveals.push({ what: "statements", by: `GET DIAGNOSTICS ${words.toUpperCase()}` });
      return;
    }
    case "administration":
      for (const table of statement.tables) context.relation(table, "lock");
      return;
    default:
      return;
  }
}

/** Of conditions what tells a number or a class, and nothing of what was looked at. */
const withoutWords: ReadonlySet<string> = new Set([
  "number",
  "row_count",
  "returned_sqlstate",
  "mysql_errno",
  "class_origin",
  "subclass_origin",
]);

/** It is made of all that stands in all columns. */
function checksum(context: FactContext, name: QualifiedName): void {
  const relation = context.relation(name, "read");
  if (relation === undefined) return;
  const sources = relation.columns.map((column) => context.source(relation, column));
  touch(sources, []);
  mark(sources, "argument");
  // A view's rows, or a MERGE table's, are those of others.
  if (relation.kind !== "table" || relation.definition !== undefined)
    context.addOpaque("CHECKSUM of a view", name.start);
}

/** An existing table that a definition changes; its expressions see its columns. */
function defined(
  context: FactContext,
  name: QualifiedName,
  accesses: readonly AccessKind[],
  expressions: readonly Expression[],
): void {
  visible(context, name, context.relation(name, ...accesses), expressions);
}

function visible(
  context: FactContext,
  name: QualifiedName,
  relation: Relation | undefined,
  expressions: readonly Expression[],
): void {
  const scope = newScope(undefined, undefined);
  // Columns that the statement itself adds are not in the catalog: any name may be one.
  const columns = relation === undefined ? [] : context.columnsOf(relation);
  scope.items.push(newItem(name.parts.at(-1)?.text, { columns, open: [] }, relation, relation && namedIn(relation)));
  for (const expression of expressions) walkerOf(context).used(expression, scope, "filter");
}

/** CREATE TABLE: later statements of the text know the table by its name, unless it may be an older one, or show rows of others. */
function madeTable(context: FactContext, { table, ifNotExists, union }: CreateTable): void {
  const isNew = context.names.lasting(table) === undefined;
  const relation = created(context, table, "table");
  if (isNew && !ifNotExists && union.length === 0) context.names.makeLasting(table, relation);
}

/** CREATE TEMPORARY TABLE, or one that another becomes. */
function madeTemporary(context: FactContext, name: QualifiedName): void {
  const { names } = context;
  context.access(names.temporary(name) ?? names.temporaryToBe(name), "ddl");
  names.makeTemporary(name);
}

/** DROP takes a temporary table before any other; with TEMPORARY, none but such. What may not be there is asked about by its name. */
function dropped(context: FactContext, { object, isTemporary, ifExists }: DropObject, name: QualifiedName): void {
  const { names } = context;
  const temporary = object === "view" ? undefined : names.temporary(name);
  if (temporary !== undefined || isTemporary) {
    context.access(temporary ?? names.temporaryToBe(name), "ddl");
    names.dropTemporary(name);
    return;
  }
  if (ifExists && names.lasting(name) === undefined) created(context, name, object === "view" ? "view" : "table");
  else context.lasting(name, "ddl");
  names.forgetMade(name);
}

/** A relation that the statement makes, or one of that name that is there already. */
function created(context: FactContext, name: QualifiedName, kind: Relation["kind"]): Relation {
  const { names } = context;
  names.forgetMade(name);
  const schema = name.parts.at(-2)?.text ?? names.database ?? "";
  const relation =
    names.lasting(name) ?? relationToBe(names.key(schema), names.key(name.parts.at(-1)?.text ?? ""), kind);
  context.access(relation, "ddl");
  return relation;
}
