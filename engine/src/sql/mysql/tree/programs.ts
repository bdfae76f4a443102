/** Bodies of routines, triggers and events (manual: Compound Statement Syntax). */
import type { CallStatement, DmlStatement } from "./dml.ts";
import type { Expression } from "./expressions.ts";
import type { Name, Node } from "./node.ts";
import type { QueryExpression } from "./queries.ts";
import type { Statement } from "./statements.ts";

export type StoredStatement =
  | Exclude<Statement, DmlStatement | QueryExpression>
  | DmlStatement
  | QueryExpression
  | CallStatement
  | Block
  | If
  | CaseStatement
  | Loop
  | Jump
  | Return
  | Cursor
  | FetchGroup
  | Declaration;

/** BEGIN … END */
export interface Block extends Node {
  readonly kind: "block";
  readonly statements: readonly StoredStatement[];
}

export interface If extends Node {
  readonly kind: "if";
  readonly branches: readonly Branch[];
  readonly otherwise: readonly StoredStatement[];
}

export interface Branch {
  readonly when: Expression;
  readonly statements: readonly StoredStatement[];
}

export interface CaseStatement extends Node {
  readonly kind: "case_statement";
  readonly operand: Expression | undefined;
  readonly branches: readonly Branch[];
  readonly otherwise: readonly StoredStatement[];
}

/** LOOP, REPEAT, WHILE, and MariaDB's FOR. */
export interface Loop extends Node {
  readonly kind: "loop";
  readonly expressions: readonly Expression[];
  readonly query: QueryExpression | undefined;
  readonly variable: Name | undefined;
  readonly statements: readonly StoredStatement[];
}

/** LEAVE, ITERATE */
export interface Jump extends Node {
  readonly kind: "jump";
  readonly label: Name;
}

export interface Return extends Node {
  readonly kind: "return";
  readonly value: Expression;
}

/** OPEN, FETCH, CLOSE */
export interface Cursor extends Node {
  readonly kind: "cursor";
  readonly operation: "open" | "fetch" | "close";
  readonly name: Name;
  readonly arguments: readonly Expression[];
  readonly variables: readonly Name[];
}

/** FETCH GROUP NEXT ROW */
export interface FetchGroup extends Node {
  readonly kind: "fetch_group";
}

/** DECLARE of variables, conditions, handlers and cursors. */
export interface Declaration extends Node {
  readonly kind: "declare";
  readonly what: "variable" | "condition" | "handler" | "cursor";
  /** Of a cursor its parameters too. */
  readonly names: readonly Name[];
  readonly value: Expression | undefined;
  readonly query: QueryExpression | undefined;
  readonly handler: StoredStatement | undefined;
}
