/** Statements that define objects (manual: Data Definition Statements). Of options that read and write nothing, the tree keeps nothing. */
import type { ColumnName, Expression } from "./expressions.ts";
import type { AccountName, Name, Node, QualifiedName } from "./node.ts";
import type { StoredStatement } from "./programs.ts";
import type { QueryExpression } from "./queries.ts";

export type DdlStatement =
  | CreateTable
  | AlterTable
  | RenameTable
  | TruncateTable
  | CreateIndex
  | DropIndex
  | CreateView
  | CreateTrigger
  | CreateRoutine
  | CreateEvent
  | CreateSequence
  | CreateObject
  | AlterObject
  | DropObject;

export interface ColumnDefinition extends Node {
  readonly kind: "column_definition";
  /** It may be qualified by its table. */
  readonly name: ColumnName;
  /** Empty for a column of CREATE TABLE … SELECT that takes its type from there. */
  readonly type: string;
  /** DEFAULT, ON UPDATE, generated columns, CHECK. */
  readonly expressions: readonly Expression[];
  readonly isGenerated: boolean;
  readonly references: QualifiedName | undefined;
}

/** A key, constraint or period of a table. */
export interface KeyDefinition extends Node {
  readonly kind: "primary" | "unique" | "index" | "fulltext" | "spatial" | "foreign" | "check" | "period";
  readonly columns: readonly Name[];
  readonly expressions: readonly Expression[];
  readonly references: QualifiedName | undefined;
}

export type TableElement = ColumnDefinition | KeyDefinition;

export interface CreateTable extends Node {
  readonly kind: "create_table";
  readonly isTemporary: boolean;
  readonly orReplace: boolean;
  readonly ifNotExists: boolean;
  readonly table: QualifiedName;
  readonly elements: readonly TableElement[];
  /** Of partitions. */
  readonly expressions: readonly Expression[];
  /** UNION of MERGE tables. */
  readonly union: readonly QualifiedName[];
  readonly like: QualifiedName | undefined;
  readonly query: QueryExpression | undefined;
}

export interface AlterTable extends Node {
  readonly kind: "alter_table";
  readonly table: QualifiedName;
  readonly actions: readonly AlterAction[];
}

export interface AlterAction extends Node {
  readonly kind:
    | "add"
    | "change"
    | "modify"
    | "drop"
    | "alter"
    | "rename"
    | "rename_table"
    | "partition"
    | "exchange"
    | "option";
  readonly elements: readonly TableElement[];
  readonly expressions: readonly Expression[];
  /** The new name of RENAME TO, the table of EXCHANGE PARTITION, those of UNION. */
  readonly tables: readonly QualifiedName[];
}

export interface RenameTable extends Node {
  readonly kind: "rename_table";
  readonly renames: readonly { readonly from: QualifiedName; readonly to: QualifiedName }[];
}

export interface TruncateTable extends Node {
  readonly kind: "truncate";
  readonly table: QualifiedName;
}

export interface CreateIndex extends Node {
  readonly kind: "create_index";
  readonly table: QualifiedName;
  readonly expressions: readonly Expression[];
  readonly columns: readonly Name[];
}

export interface DropIndex extends Node {
  readonly kind: "drop_index";
  readonly table: QualifiedName;
}

/** CREATE VIEW and ALTER VIEW. */
export interface CreateView extends Node {
  readonly kind: "create_view" | "alter_view";
  readonly orReplace: boolean;
  readonly view: QualifiedName;
  readonly columns: readonly Name[];
  readonly definer: AccountName | undefined;
  readonly query: QueryExpression;
}

export interface CreateTrigger extends Node {
  readonly kind: "create_trigger";
  readonly name: QualifiedName;
  readonly table: QualifiedName;
  readonly definer: AccountName | undefined;
  readonly body: StoredStatement;
}

export interface CreateRoutine extends Node {
  readonly kind: "create_procedure" | "create_function";
  readonly name: QualifiedName;
  readonly definer: AccountName | undefined;
  readonly parameters: readonly Name[];
  readonly body: StoredStatement;
}

/** CREATE EVENT and ALTER EVENT. */
export interface CreateEvent extends Node {
  readonly kind: "create_event" | "alter_event";
  readonly name: QualifiedName;
  readonly definer: AccountName | undefined;
  readonly expressions: readonly Expression[];
  readonly body: StoredStatement | undefined;
}

export interface CreateSequence extends Node {
  readonly kind: "create_sequence" | "alter_sequence";
  readonly isTemporary: boolean;
  readonly name: QualifiedName;
}

/** Kinds of objects without rows of their own. */
export type ObjectKind =
  | "database"
  | "server"
  | "loadable_function"
  | "function"
  | "procedure"
  | "package"
  | "package_body"
  | "tablespace"
  | "logfile_group"
  | "undo_tablespace"
  | "resource_group"
  | "spatial_reference_system"
  | "user"
  | "role"
  | "event"
  | "trigger"
  | "table"
  | "view"
  | "sequence"
  | "instance"
  | "prepare";

export interface CreateObject extends Node {
  readonly kind: "create_object";
  readonly object: ObjectKind;
  readonly names: readonly QualifiedName[];
  readonly accounts: readonly AccountName[];
}

export interface AlterObject extends Node {
  readonly kind: "alter_object";
  readonly object: ObjectKind;
  readonly names: readonly QualifiedName[];
  readonly accounts: readonly AccountName[];
}

export interface DropObject extends Node {
  readonly kind: "drop_object";
  readonly object: ObjectKind;
  readonly isTemporary: boolean;
  readonly ifExists: boolean;
  readonly names: readonly QualifiedName[];
  readonly accounts: readonly AccountName[];
}
