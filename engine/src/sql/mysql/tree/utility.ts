/** Statements about the session and the server (manual: Transactional, Prepared, Database Administration, Utility Statements). */
import type { Expression, SystemVariable, UserVariable } from "./expressions.ts";
import type { AccountName, Name, Node, QualifiedName } from "./node.ts";
import type { TableName } from "./queries.ts";
import type { Statement } from "./statements.ts";

export type UtilityStatement =
  | SetStatement
  | Transaction
  | Xa
  | Prepare
  | Execute
  | Deallocate
  | Use
  | Show
  | Describe
  | Explain
  | LockTables
  | UnlockTables
  | Grant
  | RenameUser
  | Maintenance
  | Diagnostics
  | Administration;

export interface SetStatement extends Node {
  readonly kind: "set";
  readonly items: readonly SetItem[];
  /** `SET STATEMENT … FOR statement` of MariaDB: the settings hold for that one. */
  readonly statement: Statement | undefined;
}

export type SetItem = (
  | { readonly kind: "user_variable"; readonly variable: UserVariable; readonly value: Expression }
  | {
      readonly kind: "system_variable";
      readonly variable: SystemVariable;
      /** `undefined` for DEFAULT; a bare word such as ON is a column's name. */
      readonly value: Expression | undefined;
    }
  | { readonly kind: "names"; readonly characterSet: string | undefined }
  | { readonly kind: "character_set"; readonly characterSet: string | undefined }
  | { readonly kind: "password"; readonly account: AccountName | undefined }
  | { readonly kind: "transaction"; readonly scope: string | undefined }
  | { readonly kind: "role"; readonly roles: readonly AccountName[] }
  | { readonly kind: "default_role"; readonly roles: readonly AccountName[]; readonly accounts: readonly AccountName[] }
  | { readonly kind: "resource_group" }
) &
  Node;

export interface Transaction extends Node {
  readonly kind: "begin" | "commit" | "rollback" | "savepoint" | "rollback_to" | "release";
  readonly name: string | undefined;
  readonly chain: boolean;
}

export interface Xa extends Node {
  readonly kind: "xa";
  readonly operation: string;
}

export interface Prepare extends Node {
  readonly kind: "prepare";
  readonly name: Name;
  readonly source: Expression;
}

/** EXECUTE and EXECUTE IMMEDIATE. */
export interface Execute extends Node {
  readonly kind: "execute";
  readonly name: Name | undefined;
  readonly source: Expression | undefined;
  readonly using: readonly Expression[];
}

export interface Deallocate extends Node {
  readonly kind: "deallocate";
  readonly name: Name;
}

export interface Use extends Node {
  readonly kind: "use";
  readonly database: Name;
}

export interface Show extends Node {
  readonly kind: "show";
  /** What is shown, in lower case: `tables`, `columns`, `create table`, `global status`. */
  readonly what: string;
  /** The object that is shown, or in which. */
  readonly name: QualifiedName | undefined;
  readonly database: Name | undefined;
  readonly account: AccountName | undefined;
  readonly where: Expression | undefined;
  /** The pattern of LIKE. */
  readonly like: string | undefined;
}

/** DESCRIBE of a table. */
export interface Describe extends Node {
  readonly kind: "describe";
  readonly table: QualifiedName;
}

export interface Explain extends Node {
  readonly kind: "explain";
  /** It runs the statement. */
  readonly isAnalyze: boolean;
  /** `undefined`: FOR CONNECTION. */
  readonly statement: Statement | undefined;
}

export interface LockTables extends Node {
  readonly kind: "lock_tables";
  readonly tables: readonly { readonly table: TableName; readonly isWrite: boolean }[];
}

export interface UnlockTables extends Node {
  readonly kind: "unlock_tables";
}

/** GRANT and REVOKE of privileges and roles. */
export interface Grant extends Node {
  readonly kind: "grant" | "revoke";
  readonly on: QualifiedName | undefined;
  readonly accounts: readonly AccountName[];
}

export interface RenameUser extends Node {
  readonly kind: "rename_user";
  readonly accounts: readonly AccountName[];
}

/** ANALYZE, CHECK, CHECKSUM, OPTIMIZE, REPAIR TABLE, CACHE INDEX, LOAD INDEX. */
export interface Maintenance extends Node {
  readonly kind: "maintenance";
  readonly operation: "analyze" | "check" | "checksum" | "optimize" | "repair" | "cache_index" | "load_index" | "view";
  readonly tables: readonly QualifiedName[];
}

/** SIGNAL, RESIGNAL, GET DIAGNOSTICS. */
export interface Diagnostics extends Node {
  readonly kind: "diagnostics";
  readonly operation: "signal" | "resignal" | "get";
  readonly expressions: readonly Expression[];
  /** What GET DIAGNOSTICS asks for, in lower case: `message_text`. */
  readonly items: readonly string[];
}

/** Everything that is done to the server: FLUSH, KILL, replication, plugins. */
export interface Administration extends Node {
  readonly kind: "administration";
  /** Lower case: `flush`, `kill`, `change master`. */
  readonly operation: string;
  readonly tables: readonly QualifiedName[];
  readonly expressions: readonly Expression[];
}
