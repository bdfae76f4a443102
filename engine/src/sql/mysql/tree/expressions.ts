/** Expressions (manual: Expression Syntax, Functions and Operators). */
import type { Name, Node, QualifiedName } from "./node.ts";
import type { OrderItem, QueryExpression, WindowSpecification } from "./queries.ts";

export type Expression =
  | Literal
  | ColumnName
  | Star
  | Parameter
  | UserVariable
  | SystemVariable
  | Assignment
  | Unary
  | Binary
  | Logical
  | Test
  | Between
  | InList
  | InSubquery
  | Like
  | Quantified
  | Collate
  | Row
  | Case
  | Call
  | Aggregate
  | WindowCall
  | Cast
  | Extract
  | Trim
  | IntervalArithmetic
  | IntervalValue
  | Match
  | Subquery
  | Exists
  | DefaultValue
  | InsertedValue
  | MemberOf
  | JsonPath
  | DynamicColumns
  | OdbcEscape
  | SequenceValue;

export interface Literal extends Node {
  readonly kind: "literal";
  readonly type:
    | "string"
    | "national"
    | "integer"
    | "decimal"
    | "float"
    | "hex"
    | "bit"
    | "null"
    | "true"
    | "false"
    | "date"
    | "time"
    | "timestamp";
  /** Without quotes and escapes; adjacent strings are one. */
  readonly text: string;
  readonly introducer: string | undefined;
}

export interface ColumnName extends Node, QualifiedName {
  readonly kind: "column";
}

/** `*`, `t.*`, `s.t.*` in a select list; `count(*)`. */
interface Star extends Node {
  readonly kind: "star";
  readonly qualifier: readonly Name[];
}

interface Parameter extends Node {
  readonly kind: "parameter";
}

export interface UserVariable extends Node {
  readonly kind: "user_variable";
  readonly name: string;
}

export interface SystemVariable extends Node {
  readonly kind: "system_variable";
  readonly scope: string | undefined;
  /** `variable`, or `component.variable`. */
  readonly name: string;
}

export interface Assignment extends Node {
  readonly kind: "assignment";
  readonly variable: UserVariable;
  readonly value: Expression;
}

interface Unary extends Node {
  readonly kind: "unary";
  readonly operator: "not" | "!" | "-" | "+" | "~" | "binary";
  readonly operand: Expression;
}

interface Binary extends Node {
  readonly kind: "binary";
  /** Upper case, as the server's manual names it. */
  readonly operator: string;
  readonly left: Expression;
  readonly right: Expression;
}

/** A chain of one operator, at least two operands. */
export interface Logical extends Node {
  readonly kind: "logical";
  readonly operator: "AND" | "OR" | "XOR";
  readonly operands: readonly Expression[];
}

/** `IS [NOT] NULL`, TRUE, FALSE, UNKNOWN, JSON. */
interface Test extends Node {
  readonly kind: "is";
  readonly operand: Expression;
  readonly isNegated: boolean;
  readonly what: string;
}

interface Between extends Node {
  readonly kind: "between";
  readonly operand: Expression;
  readonly isNegated: boolean;
  readonly low: Expression;
  readonly high: Expression;
}

interface InList extends Node {
  readonly kind: "in_list";
  readonly operand: Expression;
  readonly isNegated: boolean;
  readonly values: readonly Expression[];
}

interface InSubquery extends Node {
  readonly kind: "in_subquery";
  readonly operand: Expression;
  readonly isNegated: boolean;
  readonly query: QueryExpression;
}

/** LIKE, REGEXP and RLIKE, SOUNDS LIKE. */
export interface Like extends Node {
  readonly kind: "like";
  readonly operator: "like" | "regexp" | "sounds like";
  readonly operand: Expression;
  readonly isNegated: boolean;
  readonly pattern: Expression;
  readonly escape: Expression | undefined;
}

/** `x = ANY (query)`. */
interface Quantified extends Node {
  readonly kind: "quantified";
  readonly operator: string;
  readonly quantifier: "any" | "all";
  readonly operand: Expression;
  readonly query: QueryExpression;
}

interface Collate extends Node {
  readonly kind: "collate";
  readonly operand: Expression;
  readonly collation: string;
}

/** `(a, b)` and `ROW(a, b)`; with one value a bracket around it. */
export interface Row extends Node {
  readonly kind: "row";
  readonly values: readonly Expression[];
}

export interface Case extends Node {
  readonly kind: "case";
  readonly operand: Expression | undefined;
  readonly branches: readonly { readonly when: Expression; readonly result: Expression }[];
  readonly otherwise: Expression | undefined;
}

/** A function by name, built-in or stored, and functions with a grammar of their own whose arguments are expressions. */
export interface Call extends Node {
  readonly kind: "call";
  readonly name: QualifiedName;
  readonly arguments: readonly Expression[];
}

/** COUNT, SUM, GROUP_CONCAT and so on. */
export interface Aggregate extends Node {
  readonly kind: "aggregate";
  readonly name: string;
  readonly isDistinct: boolean;
  readonly arguments: readonly Expression[];
  readonly orderBy: readonly OrderItem[];
  readonly limit: readonly Expression[];
}

interface WindowCall extends Node {
  readonly kind: "window_call";
  readonly call: Call | Aggregate;
  readonly window: WindowSpecification | Name;
}

export interface Cast extends Node {
  readonly kind: "cast";
  readonly operand: Expression;
  /** The type as written; `charset` for CONVERT(… USING x). */
  readonly type: string;
}

interface Extract extends Node {
  readonly kind: "extract";
  readonly unit: string;
  readonly operand: Expression;
}

export interface Trim extends Node {
  readonly kind: "trim";
  readonly remove: Expression | undefined;
  readonly operand: Expression;
}

/** `d + INTERVAL n DAY`, `INTERVAL n DAY + d`, DATE_ADD and DATE_SUB. */
export interface IntervalArithmetic extends Node {
  readonly kind: "interval_arithmetic";
  readonly operator: "+" | "-";
  readonly operand: Expression;
  readonly interval: IntervalValue;
  /** Written as a call, whose parts stand between commas. */
  readonly isCall: boolean;
}

/** `INTERVAL n DAY`. */
export interface IntervalValue extends Node {
  readonly kind: "interval";
  readonly value: Expression;
  readonly unit: string;
}

export interface Match extends Node {
  readonly kind: "match";
  readonly columns: readonly Expression[];
  readonly against: Expression;
}

interface Subquery extends Node {
  readonly kind: "subquery";
  readonly query: QueryExpression;
}

export interface Exists extends Node {
  readonly kind: "exists";
  readonly query: QueryExpression;
}

/** DEFAULT and DEFAULT(column); IGNORE of MariaDB's USING. */
interface DefaultValue extends Node {
  readonly kind: "default";
  readonly column: ColumnName | undefined;
}

/** VALUES(column), VALUE(column): in ON DUPLICATE KEY UPDATE the value that was to be inserted. */
interface InsertedValue extends Node {
  readonly kind: "inserted_value";
  readonly column: ColumnName;
}

interface MemberOf extends Node {
  readonly kind: "member_of";
  readonly operand: Expression;
  readonly array: Expression;
}

/** `column -> '$.path'` and `->>`. */
interface JsonPath extends Node {
  readonly kind: "json_path";
  readonly column: ColumnName;
  readonly isUnquoted: boolean;
  readonly path: Literal;
}

/** MariaDB's COLUMN_CREATE, COLUMN_ADD and COLUMN_GET: values with types. */
interface DynamicColumns extends Node {
  readonly kind: "dynamic_columns";
  readonly name: string;
  readonly arguments: readonly Expression[];
}

/** `{d '2020-01-01'}`, `{ts …}`, `{fn …}`: the expression inside is what counts. */
export interface OdbcEscape extends Node {
  readonly kind: "odbc";
  readonly name: string;
  readonly operand: Expression;
}

/** NEXT VALUE FOR, PREVIOUS VALUE FOR, NEXTVAL(), LASTVAL(), SETVAL() of MariaDB's sequences. */
export interface SequenceValue extends Node {
  readonly kind: "sequence_value";
  readonly operation: "next" | "last" | "set";
  readonly sequence: QualifiedName;
  readonly arguments: readonly Expression[];
}
