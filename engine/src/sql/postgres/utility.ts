import type {
  AlterTableStmt,
  CopyStmt,
  CreateTableAsStmt,
  ExplainStmt,
  IndexStmt,
  Node,
  RangeVar,
  RuleStmt,
  VacuumStmt,
} from "@pgsql/types";
import type { Relation } from "../../catalog/catalog.ts";
import { columnsByName } from "./catalog-index.ts";
import { useBit } from "../fact-sets.ts";
import { qualified, type QueryOutput, type StatementContext, strings } from "./context.ts";
import { expression, relationReference, used } from "./expressions.ts";
import { baseItem } from "./from.ts";
import type { NodeOf } from "./grammar.ts";
import { versionOf } from "./modify.ts";
import { createRelation } from "./new-relations.ts";
import { query, type QueryResult, topQuery } from "./query.ts";
import { lookUpRelation } from "./relations.ts";
import { newItem, newScope, type Scope } from "./scope.ts";
import type { StatementName } from "./statement-kinds.ts";

/** What a utility statement holds inside: another statement whose facts are its own. */
interface Inner {
  readonly node: Node;
  readonly result: QueryResult | undefined;
}

type Walker<Name extends StatementName> = (context: StatementContext, fields: NodeOf<Name>) => Inner | undefined;

/** Statements that mean more than the names in them. All others are walked by `namesOnly`. */
const walkers: { readonly [Name in StatementName]?: Walker<Name> } = {
  ExplainStmt: explain,
  PrepareStmt: (context, fields) => {
    used(context, fields.argtypes, newScope(undefined, undefined), "argument");
    return inner(context, fields.query);
  },
  DeclareCursorStmt: (context, fields) => inner(context, fields.query),
  CreateTableAsStmt: createTableAs,
  ViewStmt: (context, fields) => {
    const result = inner(context, fields.query);
    const readsTemporary = context.reads.some(({ read }) => read.relation.isTemporary);
    createRelation(context, fields.view, "view", { replaces: fields.replace === true, readsTemporary });
    namesIn(context, fields.options);
    return result;
  },
  RefreshMatViewStmt: (context, fields) => {
    const relation = target(context, fields.relation, "ddl", "refresh");
    if (relation !== undefined) context.access(relation, "read");
    return undefined;
  },
  CopyStmt: copy,
  TruncateStmt: (context, fields) => {
    for (const node of fields.relations ?? []) {
      const emptied = "RangeVar" in node ? target(context, node.RangeVar, "truncate", "truncate") : undefined;
      if (emptied === undefined || fields.behavior !== "DROP_CASCADE") continue;
      for (const relation of context.names.index.referring(emptied)) {
        context.access(relation, "truncate");
        context.write(relation, undefined, "truncate");
      }
    }
    return undefined;
  },
  LockStmt: (context, fields) => {
    for (const node of fields.relations ?? []) {
      if ("RangeVar" in node) target(context, node.RangeVar, "lock", "lock");
    }
    return undefined;
  },
  VacuumStmt: vacuum,
  CreateStmt: (context, fields) => {
    createRelation(context, fields.relation, "table");
    const scope = openScope(fields.relation?.relname);
    const { relation: _, ...rest } = fields;
    expression(context, { CreateStmt: rest }, scope, []);
    return undefined;
  },
  CreateForeignTableStmt: (context, fields) => {
    createRelation(context, fields.base?.relation, "foreign");
    const { base, ...rest } = fields;
    const { relation: _, ...parts } = base ?? {};
    expression(context, { CreateStmt: parts }, openScope(base?.relation?.relname), []);
    expression(context, { CreateForeignTableStmt: rest }, openScope(undefined), []);
    return undefined;
  },
  CreateSchemaStmt: (context, fields) => {
    context.creationSchema = fields.schemaname;
    for (const node of fields.schemaElts ?? []) {
      // Rules go by the kind of a statement, and these are of kinds that they look for.
      if ("CreateTrigStmt" in node) context.addOpaque("CREATE TRIGGER inside CREATE SCHEMA", undefined);
      if ("GrantStmt" in node) context.addOpaque("GRANT inside CREATE SCHEMA", undefined);
      walkStatement(context, node);
    }
    context.creationSchema = undefined;
    return undefined;
  },
  CreateSeqStmt: (context, fields) => {
    createRelation(context, fields.sequence, "sequence");
    namesIn(context, fields.options);
    return undefined;
  },
  CompositeTypeStmt: (context, fields) => {
    createRelation(context, fields.typevar, "composite");
    namesIn(context, fields.coldeflist);
    return undefined;
  },
  AlterTableStmt: alterTable,
  IndexStmt: createIndex,
  RuleStmt: createRule,
  CreatePolicyStmt: (context, fields) => {
    const scope = changedScope(context, fields.table);
    used(context, fields.roles, scope, "condition");
    used(context, present(fields.qual, fields.with_check), scope, "condition");
    return undefined;
  },
  AlterPolicyStmt: (context, fields) => {
    const scope = changedScope(context, fields.table);
    used(context, fields.roles, scope, "condition");
    used(context, present(fields.qual, fields.with_check), scope, "condition");
    return undefined;
  },
  CreateTrigStmt: (context, fields) => {
    const scope = changedScope(context, fields.relation);
    const [table] = scope.items;
    if (table !== undefined) scope.items = [versionOf(table, "old"), versionOf(table, "new")];
    const { relation: _, ...rest } = fields;
    expression(context, { CreateTrigStmt: rest }, scope, []);
    return undefined;
  },
  CreateFunctionStmt: (context, fields) => {
    // Names in a body of SQL may be the parameters', which are values and no columns.
    const scope = openScope(fields.funcname === undefined ? undefined : strings(fields.funcname).at(-1));
    const { sql_body: body, ...rest } = fields;
    expression(context, { CreateFunctionStmt: rest }, scope, []);
    if (body !== undefined) functionBody(context, body, scope);
    return undefined;
  },
  CreateStatsStmt: (context, fields) => {
    const relations = (fields.relations ?? []).flatMap((node) => ("RangeVar" in node ? [node.RangeVar] : []));
    const scope = changedScope(context, relations[0]);
    const elements = fields.exprs ?? [];
    for (const node of elements) if ("StatsElem" in node) useNamed(scope, node.StatsElem.name);
    used(context, elements, scope, "condition");
    const others = (fields.relations ?? []).filter((node) => !("RangeVar" in node));
    // Of joins, functions and the like the server makes none.
    if (others.length > 0) topQuery(context, { SelectStmt: { fromClause: others } });
    return undefined;
  },
  DropStmt: (context, fields) => {
    const ofTable = tableChildren.has(fields.removeType ?? "");
    if (!ofTable && !relationObjects.has(fields.removeType ?? "")) {
      namesIn(context, fields.objects);
      if (fields.removeType === "OBJECT_SCHEMA" && fields.behavior === "DROP_CASCADE") {
        for (const schema of strings(fields.objects)) changeSchema(context, schema);
      }
      return undefined;
    }
    for (const node of fields.objects ?? []) {
      if (!("List" in node)) continue;
      const parts = strings(node.List.items);
      const relation = named(context, ofTable ? parts.slice(0, -1) : parts);
      if (relation !== undefined && !ofTable) context.dropped.push(relation);
    }
    return undefined;
  },
  RenameStmt: (context, fields) => {
    namesIn(context, [{ RenameStmt: fields }]);
    if (fields.renameType === "OBJECT_SCHEMA" && fields.subname !== undefined) changeSchema(context, fields.subname);
    return undefined;
  },
  CommentStmt: (context, fields) => namedObject(context, fields.objtype, fields.object),
  SecLabelStmt: (context, fields) => namedObject(context, fields.objtype, fields.object),
  CallStmt: (context, fields) => {
    context.addOpaque("CallStmt", fields.funccall?.location);
    if (fields.funccall !== undefined) {
      expression(context, { FuncCall: fields.funccall }, newScope(undefined, undefined), []);
    }
    return undefined;
  },
  DoStmt: (context) => {
    context.addOpaque("DoStmt", undefined);
    return undefined;
  },
};

/** Walks a statement that is no query, or that wraps one. */
export function walkStatement(context: StatementContext, node: Node): Inner | undefined {
  for (const name in node) {
    const walker: ((context: StatementContext, fields: object) => Inner | undefined) | undefined =
      walkers[name as StatementName];
    if (walker !== undefined) return walker(context, node[name as keyof Node]);
  }
  namesIn(context, [node]);
  return undefined;
}

/** All names in the nodes: relations are what DDL names, expressions have no table to look into. */
function namesIn(context: StatementContext, nodes: readonly Node[] | undefined): void {
  used(context, nodes, openScope(undefined), "condition");
}

function openScope(name: string | undefined): Scope {
  const scope = newScope(undefined, undefined);
  scope.items = [newItem(name, [], [])];
  return scope;
}

function present(...nodes: readonly (Node | undefined)[]): Node[] {
  return nodes.filter((node) => node !== undefined);
}

/** A statement inside a statement: a query, or one that wraps a query itself (EXPLAIN of CREATE TABLE AS). */
function inner(context: StatementContext, node: Node | undefined): Inner | undefined {
  if (node === undefined) return undefined;
  if (isQuery(node)) return { node, result: topQuery(context, node) };
  return { node, result: walkStatement(context, node)?.result };
}

export function isQuery(node: Node): boolean {
  return (
    "SelectStmt" in node || "InsertStmt" in node || "UpdateStmt" in node || "DeleteStmt" in node || "MergeStmt" in node
  );
}

const explainOptions = new Set(
  "analyze verbose costs settings generic_plan buffers serialize wal timing summary memory format".split(" "),
);

function explain(context: StatementContext, fields: ExplainStmt): Inner | undefined {
  knownOptions(context, "EXPLAIN", fields.options, explainOptions);
  namesIn(context, fields.options);
  return inner(context, fields.query);
}

const copyOptions = new Set(
  `format freeze delimiter null header quote escape force_quote force_not_null force_null encoding default on_error
  reject_limit log_verbosity oids`.split(/\s+/),
);

function copy(context: StatementContext, fields: CopyStmt): Inner | undefined {
  knownOptions(context, "COPY", fields.options, copyOptions);
  namesIn(context, fields.options);
  if (fields.query !== undefined) return inner(context, fields.query);
  const direction = fields.is_from === true ? "copy_from" : "copy_to";
  const relation = target(context, fields.relation, fields.is_from === true ? "insert" : "read", direction);
  if (relation === undefined || fields.relation === undefined) return undefined;
  const item = baseItem(context, fields.relation, relation, false, undefined);
  const names = fields.attlist === undefined ? relation.columns.map((column) => column.name) : strings(fields.attlist);
  const bit = fields.is_from === true ? useBit.write : useBit.output;
  const output: QueryOutput["columns"][number][] = [];
  for (const name of names) {
    const column = item.byName.get(name);
    if (column === undefined) {
      if (!context.names.index.isOpen(relation)) context.addUnknown("column", name, undefined);
      continue;
    }
    output.push(column);
    for (const source of column.sources) source.uses |= bit;
  }
  if (fields.whereClause !== undefined) {
    const scope = newScope(undefined, undefined);
    scope.items = [item];
    used(context, [fields.whereClause], scope, "filter");
  }
  return undefined;
}

/** An option that is not in the list is opaque: it may change what the statement does. */
function knownOptions(
  context: StatementContext,
  statement: string,
  options: readonly Node[] | undefined,
  known: ReadonlySet<string>,
): void {
  for (const node of options ?? []) {
    const name = "DefElem" in node ? (node.DefElem.defname ?? "") : "";
    if (!known.has(name)) context.addOpaque(`${statement} option ${name}`, undefined);
  }
}

function createTableAs(context: StatementContext, fields: CreateTableAsStmt): Inner | undefined {
  const result = fields.query === undefined ? undefined : inner(context, fields.query);
  const isView = fields.objtype === "OBJECT_MATVIEW";
  createRelation(context, fields.into?.rel, isView ? "materialized_view" : "table");
  namesIn(context, fields.into?.options);
  return result;
}

function vacuum(context: StatementContext, fields: VacuumStmt): undefined {
  namesIn(context, fields.options);
  for (const node of fields.rels ?? []) {
    if (!("VacuumRelation" in node)) continue;
    target(context, node.VacuumRelation.relation, "ddl", "ddl");
  }
}

/** The relation that a statement changes, locks or copies. */
function target(
  context: StatementContext,
  rangeVar: RangeVar | undefined,
  access: "read" | "insert" | "truncate" | "lock" | "ddl",
  kind: StatementContext["writes"][number]["kind"],
): Relation | undefined {
  if (rangeVar === undefined) return undefined;
  context.visited.add(rangeVar);
  const found = lookUpRelation(context, rangeVar, access === "read" || kind === "refresh", true);
  if (found === undefined) return undefined;
  context.access(found.relation, access);
  context.write(found.relation, rangeVar, kind);
  return found.relation;
}

/** Changes a relation, with its columns in scope of the statement's expressions. */
function changedScope(context: StatementContext, rangeVar: RangeVar | undefined): Scope {
  const scope = newScope(undefined, undefined);
  if (rangeVar === undefined) {
    scope.items = [newItem(undefined, [], [])];
    return scope;
  }
  const relation = relationReference(context, rangeVar);
  // A column that the statement itself adds may be named too: what the catalog does not list is not an error.
  scope.items = [
    relation === undefined ? newItem(rangeVar.relname, [], []) : baseItem(context, rangeVar, relation, true, undefined),
  ];
  return scope;
}

function useNamed(scope: Scope, name: string | undefined): void {
  const column = name === undefined ? undefined : scope.items[0]?.byName.get(name);
  for (const source of column?.sources ?? []) source.uses |= useBit.condition;
}

/** ALTER commands that leave the meaning of every column as it was. */
const harmlessCommands = new Set(
  `AT_ColumnDefault AT_DropNotNull AT_SetNotNull AT_SetStatistics AT_SetOptions AT_ResetOptions AT_SetStorage AT_SetCompression
  AT_AddConstraint AT_AlterConstraint AT_ValidateConstraint AT_DropConstraint AT_ChangeOwner AT_ClusterOn AT_DropCluster AT_SetLogged
  AT_SetUnLogged AT_SetAccessMethod AT_SetTableSpace AT_SetRelOptions AT_ResetRelOptions AT_EnableTrig AT_EnableAlwaysTrig
  AT_EnableReplicaTrig AT_DisableTrig AT_EnableTrigAll AT_DisableTrigAll AT_EnableTrigUser AT_DisableTrigUser AT_ReplicaIdentity
  AT_EnableRowSecurity AT_DisableRowSecurity AT_ForceRowSecurity AT_NoForceRowSecurity AT_AddIdentity AT_SetIdentity
  AT_DropIdentity`.split(/\s+/),
);

function alterTable(context: StatementContext, fields: AlterTableStmt): undefined {
  const scope = changedScope(context, fields.relation);
  const relation = scope.items[0]?.relation;
  let changesColumns = false;
  for (const node of fields.cmds ?? []) {
    if (!("AlterTableCmd" in node)) continue;
    const { name, subtype = "" } = node.AlterTableCmd;
    if (!harmlessCommands.has(subtype)) changesColumns = true;
    if (name !== undefined && relation !== undefined) {
      const column = columnsByName(relation).get(name);
      if (column !== undefined) context.source(relation, column).uses |= useBit.write;
    }
    constraintKeys(scope, node.AlterTableCmd.def);
  }
  if (relation !== undefined && changesColumns) context.altered.push(relation);
  used(context, fields.cmds, scope, "condition");
}

/** UNIQUE and PRIMARY KEY compare the columns that they name. */
function constraintKeys(scope: Scope, node: Node | undefined): void {
  if (node === undefined || !("Constraint" in node)) return;
  for (const name of [...strings(node.Constraint.keys), ...strings(node.Constraint.fk_attrs)]) useNamed(scope, name);
}

function createIndex(context: StatementContext, fields: IndexStmt): undefined {
  const scope = changedScope(context, fields.relation);
  const elements = [...(fields.indexParams ?? []), ...(fields.indexIncludingParams ?? [])];
  for (const node of elements) if ("IndexElem" in node) useNamed(scope, node.IndexElem.name);
  used(context, [...elements, ...(fields.options ?? []), ...present(fields.whereClause)], scope, "condition");
}

/** `old` and `new` are rows of the table; what the actions read is read whenever the rule runs. */
function createRule(context: StatementContext, fields: RuleStmt): undefined {
  const scope = changedScope(context, fields.relation);
  const [table] = scope.items;
  if (table !== undefined) scope.items = [versionOf(table, "old"), versionOf(table, "new")];
  if (fields.whereClause !== undefined) used(context, [fields.whereClause], scope, "condition");
  for (const action of fields.actions ?? []) {
    const statements = "List" in action ? (action.List.items ?? []) : [action];
    for (const statement of statements) {
      if (isQuery(statement)) topQuery(context, statement, scope);
      else walkStatement(context, statement);
    }
  }
}

function functionBody(context: StatementContext, node: Node, scope: Scope): void {
  if ("List" in node) {
    for (const each of node.List.items ?? []) functionBody(context, each, scope);
  } else if (isQuery(node)) {
    query(context, node, scope, undefined);
  } else {
    used(context, [node], scope, "argument");
  }
}

const relationObjects = new Set<string>([
  "OBJECT_TABLE",
  "OBJECT_FOREIGN_TABLE",
  "OBJECT_VIEW",
  "OBJECT_MATVIEW",
  "OBJECT_SEQUENCE",
  "OBJECT_INDEX",
]);

/** Objects named by their table's name and their own. */
const tableChildren = new Set<string>([
  "OBJECT_TRIGGER",
  "OBJECT_RULE",
  "OBJECT_POLICY",
  "OBJECT_TABCONSTRAINT",
  "OBJECT_COLUMN",
]);

function namedObject(context: StatementContext, type: string | undefined, object: Node | undefined): undefined {
  const ofTable = tableChildren.has(type ?? "");
  if (object !== undefined && "List" in object && (ofTable || relationObjects.has(type ?? ""))) {
    const parts = strings(object.List.items);
    const relation = named(context, ofTable ? parts.slice(0, -1) : parts);
    if (type !== "OBJECT_COLUMN" || relation === undefined) return;
    const column = columnsByName(relation).get(parts.at(-1) ?? "");
    if (column !== undefined) context.source(relation, column).uses |= useBit.write;
    return;
  }
  namesIn(context, present(object));
}

/** All relations of the schema are gone, or have other names. */
function changeSchema(context: StatementContext, schema: string): void {
  for (const relation of context.names.index.relationsIn(schema)) {
    context.access(relation, "ddl");
    context.write(relation, undefined, "ddl");
    context.dropped.push(relation);
  }
  // Tables elsewhere lose triggers whose functions are there.
  for (const relation of context.names.catalog.relations.values()) {
    const functions = [...relation.triggers.map((trigger) => trigger.function), ...(relation.disabled ?? [])];
    if (functions.some((each) => each.schema === schema)) context.access(relation, "ddl");
  }
}

/** A relation that DDL names by a list of names. */
function named(context: StatementContext, parts: readonly string[]): Relation | undefined {
  const { schema, name } = qualified(parts);
  const found = context.names.relation(schema, name, false);
  if (found.kind !== "found") {
    context.addUnknown("relation", parts.join("."), undefined);
    return undefined;
  }
  context.access(found.relation, "ddl");
  context.write(found.relation, undefined, "ddl");
  return found.relation;
}
