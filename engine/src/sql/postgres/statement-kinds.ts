import type { StatementKind } from "@penstock/language";
import type { IntoClause, ObjectType, SelectStmt } from "@pgsql/types";
import type { NodeName, NodeOf } from "./grammar.ts";

/** Node types of whole statements. */
export type StatementName = Exclude<
  Extract<NodeName, `${string}Stmt`>,
  "RawStmt" | "SetOperationStmt" | "PLAssignStmt" | "ReturnStmt" | "ReplicaIdentityStmt"
>;

type KindRule<Name extends StatementName> = StatementKind | ((fields: NodeOf<Name>) => StatementKind);

/** What each statement of the grammar is called in `query.kind`. The type makes a new statement node an error until it has a name. */
const rules: { readonly [Name in StatementName]: KindRule<Name> } = {
  SelectStmt: (fields) => (intoOf(fields) === undefined ? "select" : "select_into"),
  InsertStmt: "insert",
  UpdateStmt: "update",
  DeleteStmt: "delete",
  MergeStmt: "merge",
  TruncateStmt: "truncate",
  CopyStmt: (fields) => (fields.is_from === true ? "copy_from" : "copy_to"),
  CreateStmt: "create_table",
  CreateForeignTableStmt: "create_table",
  CreateTableAsStmt: (fields) =>
    fields.objtype === "OBJECT_MATVIEW"
      ? "create_materialized_view"
      : fields.is_select_into === true
        ? "select_into"
        : "create_table_as",
  ViewStmt: "create_view",
  RefreshMatViewStmt: "refresh_materialized_view",
  IndexStmt: "create_index",
  CreateSeqStmt: "create_sequence",
  CreateSchemaStmt: "create_schema",
  CreatedbStmt: "create_database",
  CreateFunctionStmt: (fields) => (fields.is_procedure === true ? "create_procedure" : "create_function"),
  CreateTrigStmt: "create_trigger",
  CreateEventTrigStmt: "create_trigger",
  CompositeTypeStmt: "create_type",
  CreateEnumStmt: "create_type",
  CreateRangeStmt: "create_type",
  CreateDomainStmt: "create_domain",
  DefineStmt: (fields) =>
    fields.kind === "OBJECT_AGGREGATE"
      ? "create_function"
      : fields.kind === "OBJECT_TYPE"
        ? "create_type"
        : "create_other",
  RuleStmt: "create_rule",
  CreatePolicyStmt: "create_policy",
  CreateStatsStmt: "create_statistics",
  CreateExtensionStmt: "create_extension",
  CreateFdwStmt: "create_server",
  CreateForeignServerStmt: "create_server",
  CreateUserMappingStmt: "create_server",
  CreateAmStmt: "create_other",
  CreatePLangStmt: "create_other",
  CreateOpClassStmt: "create_other",
  CreateOpFamilyStmt: "create_other",
  CreateConversionStmt: "create_other",
  CreateCastStmt: "create_other",
  CreateTransformStmt: "create_other",
  AlterTableStmt: (fields) =>
    fields.cmds?.some((node) => "AlterTableCmd" in node && node.AlterTableCmd.subtype === "AT_ChangeOwner") === true
      ? "alter_owner"
      : alterKind(fields.objtype),
  AlterSeqStmt: "alter_sequence",
  AlterDatabaseStmt: "alter_database",
  AlterDatabaseRefreshCollStmt: "alter_database",
  AlterDatabaseSetStmt: "alter_database",
  AlterFunctionStmt: "alter_function",
  AlterTypeStmt: "alter_type",
  AlterEnumStmt: "alter_type",
  AlterDomainStmt: "alter_type",
  AlterPolicyStmt: "alter_policy",
  AlterExtensionStmt: "alter_extension",
  AlterExtensionContentsStmt: "alter_extension",
  AlterFdwStmt: "alter_server",
  AlterForeignServerStmt: "alter_server",
  AlterUserMappingStmt: "alter_server",
  AlterObjectSchemaStmt: (fields) => alterKind(fields.objectType),
  AlterObjectDependsStmt: (fields) => alterKind(fields.objectType),
  AlterCollationStmt: "alter_other",
  AlterEventTrigStmt: "alter_other",
  AlterOpFamilyStmt: "alter_other",
  AlterOperatorStmt: "alter_other",
  AlterStatsStmt: "alter_other",
  AlterTSDictionaryStmt: "alter_other",
  AlterTSConfigurationStmt: "alter_other",
  AlterOwnerStmt: "alter_owner",
  AlterDefaultPrivilegesStmt: "alter_default_privileges",
  // With a schema's name those of all its relations change.
  RenameStmt: (fields) => (fields.renameType === "OBJECT_SCHEMA" ? "alter_schema" : "rename"),
  CommentStmt: "comment",
  SecLabelStmt: "security_label",
  DropStmt: (fields) => dropKind(fields.removeType),
  DropdbStmt: "drop_database",
  DropUserMappingStmt: "drop_server",
  DropRoleStmt: "drop_role",
  DropOwnedStmt: "drop_owned",
  ImportForeignSchemaStmt: "import_foreign_schema",
  GrantStmt: (fields) => (fields.is_grant === true ? "grant" : "revoke"),
  GrantRoleStmt: (fields) => (fields.is_grant === true ? "grant" : "revoke"),
  CreateRoleStmt: "create_role",
  AlterRoleStmt: "alter_role",
  AlterRoleSetStmt: "alter_role",
  ReassignOwnedStmt: "reassign_owned",
  VariableSetStmt: (fields) => {
    if (fields.kind === "VAR_SET_MULTI") return "set_transaction";
    if (roleVariables.has(fields.name ?? "")) return "set_role";
    return fields.kind === "VAR_RESET" || fields.kind === "VAR_RESET_ALL" ? "reset" : "set";
  },
  VariableShowStmt: "show",
  DiscardStmt: "discard",
  ConstraintsSetStmt: "set_constraints",
  TransactionStmt: (fields) => {
    switch (fields.kind ?? "TRANS_STMT_BEGIN") {
      case "TRANS_STMT_COMMIT":
        return "commit";
      case "TRANS_STMT_ROLLBACK":
      case "TRANS_STMT_ROLLBACK_TO":
        return "rollback";
      case "TRANS_STMT_SAVEPOINT":
        return "savepoint";
      case "TRANS_STMT_RELEASE":
        return "release";
      case "TRANS_STMT_PREPARE":
        return "prepare_transaction";
      case "TRANS_STMT_COMMIT_PREPARED":
        return "commit_prepared";
      case "TRANS_STMT_ROLLBACK_PREPARED":
        return "rollback_prepared";
      case "TRANS_STMT_BEGIN":
      case "TRANS_STMT_START":
        return "begin";
    }
  },
  PrepareStmt: "prepare",
  ExecuteStmt: "execute",
  DeallocateStmt: "deallocate",
  DeclareCursorStmt: "declare",
  FetchStmt: (fields) => (fields.ismove === true ? "move" : "fetch"),
  ClosePortalStmt: "close",
  ExplainStmt: "explain",
  CallStmt: "call",
  DoStmt: "do",
  LockStmt: "lock",
  VacuumStmt: (fields) => (fields.is_vacuumcmd === true ? "vacuum" : "analyze"),
  ClusterStmt: "cluster",
  ReindexStmt: "reindex",
  CheckPointStmt: "checkpoint",
  LoadStmt: "load",
  AlterSystemStmt: "alter_system",
  CreateTableSpaceStmt: "create_tablespace",
  AlterTableSpaceOptionsStmt: "alter_tablespace",
  AlterTableMoveAllStmt: "alter_tablespace",
  DropTableSpaceStmt: "drop_tablespace",
  CreatePublicationStmt: "create_publication",
  AlterPublicationStmt: "alter_publication",
  CreateSubscriptionStmt: "create_subscription",
  AlterSubscriptionStmt: "alter_subscription",
  DropSubscriptionStmt: "drop_subscription",
  ListenStmt: "listen",
  UnlistenStmt: "unlisten",
  NotifyStmt: "notify",
};

/** Of UNION and the like, the first query may have it. */
export function intoOf(select: SelectStmt): IntoClause | undefined {
  return select.larg === undefined ? select.intoClause : intoOf(select.larg);
}

/** Settings that change who the session is. */
const roleVariables: ReadonlySet<string> = new Set(["role", "session_authorization"]);

const alterKinds: Partial<Readonly<Record<ObjectType, StatementKind>>> = {
  OBJECT_TABLE: "alter_table",
  OBJECT_FOREIGN_TABLE: "alter_table",
  OBJECT_VIEW: "alter_view",
  OBJECT_MATVIEW: "alter_view",
  OBJECT_INDEX: "alter_index",
  OBJECT_SEQUENCE: "alter_sequence",
  OBJECT_TYPE: "alter_type",
  OBJECT_DOMAIN: "alter_type",
  OBJECT_FUNCTION: "alter_function",
  OBJECT_PROCEDURE: "alter_function",
  OBJECT_ROUTINE: "alter_function",
  OBJECT_AGGREGATE: "alter_function",
  OBJECT_EXTENSION: "alter_extension",
  OBJECT_FOREIGN_SERVER: "alter_server",
  OBJECT_FDW: "alter_server",
};

const dropKinds: Partial<Readonly<Record<ObjectType, StatementKind>>> = {
  OBJECT_TABLE: "drop_table",
  OBJECT_FOREIGN_TABLE: "drop_table",
  OBJECT_VIEW: "drop_view",
  OBJECT_MATVIEW: "drop_materialized_view",
  OBJECT_INDEX: "drop_index",
  OBJECT_SEQUENCE: "drop_sequence",
  OBJECT_SCHEMA: "drop_schema",
  OBJECT_FUNCTION: "drop_function",
  OBJECT_PROCEDURE: "drop_function",
  OBJECT_ROUTINE: "drop_function",
  OBJECT_AGGREGATE: "drop_function",
  OBJECT_TRIGGER: "drop_trigger",
  OBJECT_EVENT_TRIGGER: "drop_trigger",
  OBJECT_TYPE: "drop_type",
  OBJECT_DOMAIN: "drop_type",
  OBJECT_POLICY: "drop_policy",
  OBJECT_EXTENSION: "drop_extension",
  OBJECT_FOREIGN_SERVER: "drop_server",
  OBJECT_FDW: "drop_server",
};

function alterKind(type: ObjectType | undefined): StatementKind {
  return (type === undefined ? undefined : alterKinds[type]) ?? "alter_other";
}

function dropKind(type: ObjectType | undefined): StatementKind {
  return (type === undefined ? undefined : dropKinds[type]) ?? "drop_other";
}

/** The kind of a statement, or undefined for a node that is none. */
export function statementKind(name: string, fields: object): StatementKind | undefined {
  if (!Object.hasOwn(rules, name)) return undefined;
  const rule: StatementKind | ((fields: object) => StatementKind) = rules[name as StatementName];
  return typeof rule === "function" ? rule(fields) : rule;
}
