import type { StatementKind } from "@penstock/language";
import type { ObjectKind } from "../tree/ddl.ts";
import type { Statement } from "../tree/statements.ts";
import type { Maintenance } from "../tree/utility.ts";

/** What each statement is called in `query.kind`; `opaque` where policies have no word for it. */
export function statementKind(statement: Statement): StatementKind {
  switch (statement.kind) {
    case "query":
      return statement.body.kind === "values" ? "values" : "select";
    case "insert":
    case "replace":
      return "insert";
    case "update":
    case "delete":
    case "load_data":
    case "truncate":
    case "create_table":
    case "alter_table":
    case "create_index":
    case "drop_index":
    case "create_view":
    case "alter_view":
    case "create_trigger":
    case "create_procedure":
    case "create_function":
    case "create_sequence":
    case "alter_sequence":
    case "commit":
    case "rollback":
    case "begin":
    case "savepoint":
    case "release":
    case "prepare":
    case "execute":
    case "deallocate":
    case "explain":
    case "show":
    case "revoke":
      return statement.kind === "create_table" && statement.query !== undefined
        ? "create_table_as"
        : kinds(statement.kind);
    case "grant":
      return statement.accounts.some(({ isIdentified }) => isIdentified) ? "alter_role" : "grant";
    case "rollback_to":
      return "rollback";
    case "call_statement":
      return "call";
    // DO of MySQL evaluates expressions; a compound statement runs what DO of PostgreSQL does.
    case "do":
      return "select";
    case "compound":
      return "do";
    case "rename_table":
      return "rename";
    case "create_event":
      return "create_other";
    case "alter_event":
      return "alter_other";
    case "create_object":
      return createKinds[statement.object] ?? "create_other";
    case "alter_object":
      return alterKinds[statement.object] ?? "alter_other";
    case "drop_object":
      return dropKinds[statement.object] ?? "drop_other";
    case "set":
      return setKind(statement);
    case "use":
      return "set";
    case "describe":
      return "explain";
    case "lock_tables":
    case "unlock_tables":
      return "lock";
    case "rename_user":
      return "alter_role";
    case "maintenance":
      return maintenanceKinds[statement.operation] ?? "opaque";
    case "xa":
      return xaKinds[statement.operation] ?? "opaque";
    case "administration":
      return administrationKinds[statement.operation] ?? "opaque";
    case "diagnostics":
      return statement.operation === "get" ? "get_diagnostics" : "signal";
    case "handler":
      return "opaque";
  }
}

/** What they tell of a table is whether it is whole; CHECKSUM tells more, since two tables with the same rows have the same one. */
const maintenanceKinds: Partial<Readonly<Record<Maintenance["operation"], StatementKind>>> = {
  analyze: "analyze",
  check: "analyze",
  checksum: "checksum",
  optimize: "vacuum",
  repair: "vacuum",
};

const xaKinds: Partial<Readonly<Record<string, StatementKind>>> = {
  start: "begin",
  begin: "begin",
  end: "prepare_transaction",
  prepare: "prepare_transaction",
  commit: "commit_prepared",
  rollback: "rollback_prepared",
  recover: "show",
};

/** FLUSH writes what waits and forgets what is kept; RESET, which forgets logs for good, is not among them. */
const administrationKinds: Partial<Readonly<Record<string, StatementKind>>> = { flush: "flush", help: "show" };

/** Kinds that the tree and policies call alike. */
function kinds(kind: StatementKind): StatementKind {
  return kind;
}

function setKind(statement: Extract<Statement, { kind: "set" }>): StatementKind {
  if (statement.statement !== undefined) return statementKind(statement.statement);
  if (statement.items.some(({ kind }) => kind === "role" || kind === "default_role")) return "set_role";
  if (statement.items.some(({ kind }) => kind === "password")) return "alter_role";
  return statement.items.some(({ kind }) => kind === "transaction") ? "set_transaction" : "set";
}

const createKinds: Partial<Readonly<Record<ObjectKind, StatementKind>>> = {
  database: "create_database",
  server: "create_server",
  loadable_function: "create_extension",
  user: "create_role",
  role: "create_role",
};

const alterKinds: Partial<Readonly<Record<ObjectKind, StatementKind>>> = {
  database: "alter_database",
  server: "alter_server",
  user: "alter_role",
  procedure: "alter_function",
  function: "alter_function",
};

const dropKinds: Partial<Readonly<Record<ObjectKind, StatementKind>>> = {
  table: "drop_table",
  view: "drop_view",
  sequence: "drop_sequence",
  database: "drop_database",
  function: "drop_function",
  procedure: "drop_function",
  trigger: "drop_trigger",
  server: "drop_server",
  user: "drop_role",
  role: "drop_role",
  prepare: "deallocate",
};
