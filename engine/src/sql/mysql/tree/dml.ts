/** Statements that change rows (manual: Data Manipulation Statements). */
import type { ColumnName, Expression, UserVariable } from "./expressions.ts";
import type { Name, Node, QualifiedName } from "./node.ts";
import type {
  LimitClause,
  OrderItem,
  QueryExpression,
  SelectItem,
  TableName,
  TableReference,
  WithClause,
} from "./queries.ts";

export type DmlStatement = Insert | Update | Delete | LoadData | CallStatement | DoStatement | Handler;

/** `column = value` */
export interface ColumnAssignment extends Node {
  readonly column: ColumnName;
  readonly value: Expression;
}

/** INSERT and REPLACE. */
export interface Insert extends Node {
  readonly kind: "insert" | "replace";
  readonly isIgnore: boolean;
  readonly table: TableName;
  readonly columns: readonly ColumnName[];
  readonly source:
    | InsertedRows
    | { readonly kind: "set"; readonly assignments: readonly ColumnAssignment[] }
    | QueryExpression;
  /** MySQL's name for the new row, `VALUES (…) AS new`. */
  readonly rowAlias: Name | undefined;
  readonly rowColumns: readonly Name[];
  readonly onDuplicateKey: readonly ColumnAssignment[];
  readonly returning: readonly SelectItem[];
}

/** `VALUES (1, 2), (3, 4)` */
export interface InsertedRows extends Node {
  readonly kind: "values";
  readonly rows: readonly (readonly Expression[])[];
}

export interface Update extends Node {
  readonly kind: "update";
  readonly with: WithClause | undefined;
  readonly isIgnore: boolean;
  readonly tables: readonly TableReference[];
  readonly portion: readonly Expression[];
  readonly assignments: readonly ColumnAssignment[];
  readonly where: Expression | undefined;
  readonly orderBy: readonly OrderItem[];
  readonly limit: LimitClause | undefined;
}

/** With one table, `targets` is empty and `tables` holds it. */
export interface Delete extends Node {
  readonly kind: "delete";
  readonly with: WithClause | undefined;
  readonly isIgnore: boolean;
  /** DELETE HISTORY: old rows of a versioned table. */
  readonly isHistory: boolean;
  readonly targets: readonly QualifiedName[];
  readonly tables: readonly TableReference[];
  readonly portion: readonly Expression[];
  readonly where: Expression | undefined;
  readonly orderBy: readonly OrderItem[];
  readonly limit: LimitClause | undefined;
  readonly returning: readonly SelectItem[];
}

/** LOAD DATA and LOAD XML. */
export interface LoadData extends Node {
  readonly kind: "load_data";
  readonly isLocal: boolean;
  readonly file: string;
  readonly table: TableName;
  readonly columns: readonly (ColumnName | UserVariable)[];
  readonly assignments: readonly ColumnAssignment[];
}

export interface CallStatement extends Node {
  readonly kind: "call_statement";
  readonly procedure: QualifiedName;
  readonly arguments: readonly Expression[];
}

export interface DoStatement extends Node {
  readonly kind: "do";
  readonly expressions: readonly SelectItem[];
}

export interface Handler extends Node {
  readonly kind: "handler";
  readonly operation: "open" | "read" | "close";
  readonly table: QualifiedName;
  readonly alias: Name | undefined;
  readonly values: readonly Expression[];
  readonly where: Expression | undefined;
  readonly limit: LimitClause | undefined;
}
