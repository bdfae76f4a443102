import { type StatementKind, statementKinds } from "@penstock/language";
import type { ExecuteStmt, Node, SelectStmt, TransactionStmt, VariableSetStmt } from "@pgsql/types";
import type { SessionEffect } from "../facts.ts";
import { type ResolvedInContext, type StatementContext, strings } from "./context.ts";
import type { NameState } from "./names.ts";
import type { QueryResult } from "./query.ts";
import { constantText, setConfigEffect } from "./session.ts";

/** What a statement does to the session, as far as later statements depend on it. */
export function sessionEffect(
  context: StatementContext,
  node: Node,
  kind: StatementKind,
  result: QueryResult | undefined,
): SessionEffect | undefined {
  if ("VariableSetStmt" in node) return variableSet(node.VariableSetStmt);
  if ("TransactionStmt" in node) return transaction(node.TransactionStmt);
  if ("DiscardStmt" in node) {
    switch (node.DiscardStmt.target) {
      case "DISCARD_PLANS":
        return { kind: "discard_plans" };
      case "DISCARD_TEMP":
        return { kind: "discard_temp" };
      case "DISCARD_SEQUENCES":
        return undefined;
      case "DISCARD_ALL":
      case undefined:
        return { kind: "discard_all" };
    }
  }
  if ("PrepareStmt" in node) return { kind: "prepare", name: node.PrepareStmt.name };
  const executed = executeOf(node);
  if (executed !== undefined) return { kind: "execute", name: executed.name };
  if ("DeallocateStmt" in node) return { kind: "deallocate", name: node.DeallocateStmt.name };
  if ("DeclareCursorStmt" in node) return { kind: "declare", name: node.DeclareCursorStmt.portalname };
  if ("FetchStmt" in node) return { kind: "fetch", name: node.FetchStmt.portalname };
  if ("ClosePortalStmt" in node) return { kind: "close", name: node.ClosePortalStmt.portalname };
  if (changesSchema(kind) || changesUsable(node)) return { kind: "schema_change" };
  return setConfigEffects(context, node, result);
}

/** EXECUTE, or what shows its plan or keeps its rows. */
function executeOf(node: Node | undefined): ExecuteStmt | undefined {
  if (node === undefined) return undefined;
  if ("ExplainStmt" in node) return executeOf(node.ExplainStmt.query);
  if ("CreateTableAsStmt" in node) return executeOf(node.CreateTableAsStmt.query);
  return "ExecuteStmt" in node ? node.ExecuteStmt : undefined;
}

function changesSchema(kind: StatementKind): boolean {
  const category = statementKinds[kind];
  return (
    category === "ddl" ||
    category === "opaque" ||
    kind === "create_extension" ||
    kind === "alter_owner" ||
    kind === "drop_owned" ||
    kind === "drop_extension" ||
    kind === "alter_extension"
  );
}

/** Which schemas of the search_path names may mean. */
function changesUsable(node: Node): boolean {
  return "GrantRoleStmt" in node || ("GrantStmt" in node && node.GrantStmt.objtype === "OBJECT_SCHEMA");
}

/** What calls of set_config set. Settings of applications' own (with a dot in their name) change nothing here. */
function setConfigEffects(
  context: StatementContext,
  node: Node,
  result: QueryResult | undefined,
): SessionEffect | undefined {
  if (context.setConfigCalls.length === 0) return undefined;
  const query = "SelectStmt" in node ? node.SelectStmt : undefined;
  const calls = context.setConfigCalls.map((call) => setConfigEffect(call, query));
  const effects = calls.filter((effect) => effect !== undefined);
  const [first, second] = effects.filter((effect) => !effect.variable.includes("."));
  if (effects.length < calls.length || second !== undefined) return { kind: "set_any" };
  const effect = first ?? effects[0];
  if (effect === undefined || result === undefined) return effect;
  // In a query over rows the call may run never, or many times.
  return query !== undefined && isBare(query) ? effect : { ...effect, values: undefined };
}

function isBare(fields: SelectStmt): boolean {
  return (
    fields.fromClause === undefined &&
    fields.whereClause === undefined &&
    fields.withClause === undefined &&
    fields.limitCount === undefined &&
    fields.limitOffset === undefined &&
    fields.havingClause === undefined &&
    fields.larg === undefined &&
    fields.valuesLists === undefined &&
    (fields.targetList ?? []).every(
      (target) => "ResTarget" in target && target.ResTarget.val !== undefined && "FuncCall" in target.ResTarget.val,
    )
  );
}

function variableSet(fields: VariableSetStmt): SessionEffect | undefined {
  if (fields.kind === "VAR_RESET_ALL") return { kind: "reset_all" };
  if (fields.kind === "VAR_SET_MULTI") return undefined;
  const variable = (fields.name ?? "").toLowerCase();
  const local = fields.is_local === true;
  if (fields.kind !== "VAR_SET_VALUE") return { kind: "set", variable, values: undefined, local };
  const values: string[] = [];
  for (const arg of fields.args ?? []) {
    const text = constantText(arg);
    if (text === undefined) return { kind: "set", variable, values: undefined, local };
    values.push(text);
  }
  return { kind: "set", variable, values, local };
}

function transaction(fields: TransactionStmt): SessionEffect | undefined {
  const chain = fields.chain === true;
  switch (fields.kind ?? "TRANS_STMT_BEGIN") {
    case "TRANS_STMT_BEGIN":
    case "TRANS_STMT_START":
      return { kind: "begin", chain };
    case "TRANS_STMT_COMMIT":
      return { kind: "commit", chain };
    case "TRANS_STMT_ROLLBACK":
      return { kind: "rollback", chain };
    case "TRANS_STMT_SAVEPOINT":
      return { kind: "savepoint", chain };
    case "TRANS_STMT_ROLLBACK_TO":
      return { kind: "rollback_to", chain };
    case "TRANS_STMT_RELEASE":
      return { kind: "release", chain };
    // The transaction leaves the session; what it has SET LOCAL ends as with COMMIT.
    case "TRANS_STMT_PREPARE":
      return { kind: "commit", chain };
    case "TRANS_STMT_COMMIT_PREPARED":
    case "TRANS_STMT_ROLLBACK_PREPARED":
      return { kind: "schema_change" };
  }
}

/** DDL after which names may mean other relations than before. Everything that the statement only adds is followed by name instead. */
const renaming: ReadonlySet<StatementKind> = new Set([
  "rename",
  "alter_schema",
  "alter_extension",
  "create_extension",
  "drop_schema",
  "drop_extension",
  "drop_owned",
  "import_foreign_schema",
  "do",
  "call",
  "opaque",
]);

/** Carries the effects of one statement over to the names of those after it in the same text. */
export function applyToNames(state: NameState, { statement, context }: ResolvedInContext): void {
  const { facts, node } = statement;
  for (const relation of context.created) state.addRelation(relation);
  if (isDroppedOnCommit(node)) state.dropOnCommit();
  for (const relation of context.dropped) state.dropRelation(relation);
  for (const relation of context.altered) state.alterRelation(relation);
  if (renaming.has(facts.kind) || "AlterObjectSchemaStmt" in node) state.loseSchema();
  if ("DropStmt" in node && node.DropStmt.behavior === "DROP_CASCADE") state.loseSchema();
  if ("CreateSchemaStmt" in node && node.CreateSchemaStmt.schemaname !== undefined) {
    state.changeSchema(node.CreateSchemaStmt.schemaname, true);
  }
  if ("DropStmt" in node && node.DropStmt.removeType === "OBJECT_SCHEMA") {
    for (const schema of strings(node.DropStmt.objects)) state.changeSchema(schema, false);
  }
  if ("CreateFunctionStmt" in node) {
    const last = node.CreateFunctionStmt.funcname?.at(-1);
    if (last !== undefined && "String" in last) state.addFunction(last.String.sval ?? "");
  }
  applySession(state, facts.session, facts.kind);
}

function isDroppedOnCommit(node: Node): boolean {
  if ("CreateStmt" in node) return node.CreateStmt.oncommit === "ONCOMMIT_DROP";
  return "CreateTableAsStmt" in node && node.CreateTableAsStmt.into?.onCommit === "ONCOMMIT_DROP";
}

function applySession(state: NameState, effect: SessionEffect | undefined, kind: StatementKind): void {
  if (kind === "do" || kind === "call") state.setSearchPath(undefined);
  switch (effect?.kind) {
    case "set":
      if (effect.variable === "search_path") state.setSearchPath(searchPath(effect.values));
      // With another role `$user` and what is visible are others.
      if (effect.variable === "role" || effect.variable === "session_authorization") state.setSearchPath(undefined);
      break;
    case "set_any":
    case "reset_all":
    case "discard_all":
      state.setSearchPath(undefined);
      break;
    case "commit":
      state.endTransaction(false);
      break;
    case "rollback":
    case "rollback_to":
      state.endTransaction(true);
      break;
    default:
      break;
  }
}

/** `$user` is not known here, so a path with it is none that names can be resolved by. */
function searchPath(values: readonly string[] | undefined): readonly string[] | undefined {
  if (values === undefined || values.includes("$user")) return undefined;
  return values.filter((value) => value !== "");
}
