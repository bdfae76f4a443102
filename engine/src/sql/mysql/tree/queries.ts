/** Queries (manual: SELECT, Set Operations, WITH, JOIN). */
import type { Expression, Literal, UserVariable } from "./expressions.ts";
import type { Name, Node, QualifiedName } from "./node.ts";

/** A query with what belongs to it as a whole: `query_expression` of the server's grammar. */
export interface QueryExpression extends Node {
  readonly kind: "query";
  readonly with: WithClause | undefined;
  readonly body: QueryBody;
  readonly orderBy: readonly OrderItem[];
  readonly limit: LimitClause | undefined;
  readonly into: IntoClause | undefined;
  readonly locking: readonly LockingClause[];
  /** PROCEDURE ANALYSE(…). */
  readonly procedure: QualifiedName | undefined;
}

export type QueryBody = Select | SetOperation | ValuesQuery | TableQuery | QueryExpression;

export interface SetOperation extends Node {
  readonly kind: "set_operation";
  readonly operator: "union" | "except" | "intersect";
  readonly isAll: boolean;
  readonly left: QueryBody;
  readonly right: QueryBody;
}

export interface Select extends Node {
  readonly kind: "select";
  readonly options: readonly string[];
  readonly items: readonly SelectItem[];
  /** INTO before FROM. */
  readonly into: IntoClause | undefined;
  readonly from: readonly TableReference[];
  readonly where: Expression | undefined;
  readonly groupBy: readonly OrderItem[];
  /** WITH ROLLUP: NULL stands for the groups in the rows of totals. */
  readonly hasTotals: boolean;
  readonly having: Expression | undefined;
  readonly windows: readonly { readonly name: Name; readonly window: WindowSpecification }[];
}

export interface SelectItem extends Node {
  readonly expression: Expression;
  readonly alias: string | undefined;
}

/** `VALUES (1, 2), ROW(3, 4)`. */
interface ValuesQuery extends Node {
  readonly kind: "values";
  readonly rows: readonly (readonly Expression[])[];
}

/** `TABLE t`. */
interface TableQuery extends Node {
  readonly kind: "table_query";
  readonly table: TableName;
}

export interface WithClause extends Node {
  readonly isRecursive: boolean;
  readonly elements: readonly WithElement[];
}

export interface WithElement extends Node {
  readonly name: Name;
  readonly columns: readonly Name[];
  readonly query: QueryExpression;
  readonly cycle: readonly Name[];
}

export interface OrderItem extends Node {
  readonly expression: Expression;
  readonly isDescending: boolean;
}

export interface LimitClause extends Node {
  readonly count: Expression | undefined;
  readonly offset: Expression | undefined;
  /** ROWS EXAMINED. */
  readonly examined: Expression | undefined;
  readonly withTies: boolean;
}

export interface IntoClause extends Node {
  readonly kind: "variables" | "outfile" | "dumpfile";
  readonly variables: readonly (UserVariable | Name)[];
  readonly file: string | undefined;
}

export interface LockingClause extends Node {
  readonly mode: "update" | "share";
  readonly tables: readonly QualifiedName[];
}

export interface WindowSpecification extends Node {
  readonly kind: "window";
  readonly base: Name | undefined;
  readonly partitionBy: readonly OrderItem[];
  readonly orderBy: readonly OrderItem[];
  readonly bounds: readonly Expression[];
}

export type TableReference = TableName | DerivedTable | JsonTable | Join | TableList;

/** A table by its name, in FROM or as the target of a statement. */
export interface TableName extends Node {
  readonly kind: "table";
  readonly name: QualifiedName;
  readonly alias: Name | undefined;
  readonly partitions: readonly Name[];
  /** FOR SYSTEM_TIME: expressions of its bounds. */
  readonly systemTime: readonly Expression[] | undefined;
  readonly indexHints: readonly Node[];
}

export interface DerivedTable extends Node {
  readonly kind: "derived";
  readonly query: QueryExpression;
  readonly isLateral: boolean;
  readonly alias: Name | undefined;
  readonly columns: readonly Name[];
}

export interface JsonTable extends Node {
  readonly kind: "json_table";
  readonly document: Expression;
  readonly path: Expression;
  readonly columns: readonly JsonTableColumn[];
  readonly alias: Name | undefined;
}

export type JsonTableColumn = (
  | { readonly kind: "ordinality"; readonly name: Name }
  | { readonly kind: "path" | "exists"; readonly name: Name; readonly path: Literal }
  | { readonly kind: "nested"; readonly path: Literal; readonly columns: readonly JsonTableColumn[] }
) &
  Node;

export interface Join extends Node {
  readonly kind: "join";
  readonly type: "inner" | "left" | "right" | "cross" | "straight" | "natural" | "natural left" | "natural right";
  readonly left: TableReference;
  readonly right: TableReference;
  readonly on: Expression | undefined;
  readonly using: readonly Name[];
}

/** `(a, b)` where one table may stand, and ODBC's `{ oj … }`. */
interface TableList extends Node {
  readonly kind: "table_list";
  readonly tables: readonly TableReference[];
}
