/**
 * What the engine knows of a target's schema: an immutable snapshot. Loading it from a server or a file is the caller's
 * (`load-postgres.ts`, `fixture.ts`); a decision never mixes two snapshots.
 */
import type { AccessKind } from "@penstock/language";
import type { SqlMode } from "../sql/mysql/dialect.ts";

export type Engine = "postgres" | "mysql" | "mariadb";

export interface Catalog {
  readonly engine: Engine;
  /** Differs between any two snapshots of one process; goes into cache keys, never compared for order. */
  readonly version: string;
  readonly database: string;
  /** Which database of which cluster it is, whatever their names: oids of another one mean other objects. Absent: not known. */
  readonly databaseId?: string;
  /** As the server numbers itself: PostgreSQL's server_version_num (180004), of MySQL and MariaDB as in versioned comments (80036, 101106). */
  readonly serverVersionNum: number;
  /** Of MySQL and MariaDB, where a schema is a database. */
  readonly mysql?: MysqlServer;
  /** By `Relation.path`. Includes pg_catalog and information_schema where the loader could see them. */
  readonly relations: ReadonlyMap<string, Relation>;
  readonly relationsByOid: ReadonlyMap<number, Relation>;
  /** By `schema.name` path; all overloads of that name. */
  readonly functions: ReadonlyMap<string, readonly FunctionInfo[]>;
  /** By `schema.name` path. */
  readonly types: ReadonlyMap<string, TypeInfo>;
  /** Operators outside pg_catalog. */
  readonly operators: readonly OperatorInfo[];
  /** Functions outside pg_catalog that conversions run which no statement asks for (CREATE CAST … AS IMPLICIT). Absent: none. */
  readonly implicitCasts?: readonly FunctionName[];
  /** In order of their names, disabled ones left out. Absent: none. */
  readonly eventTriggers?: readonly EventTrigger[];
  readonly schemas: ReadonlySet<string>;
  /** Of PostgreSQL: those that the login may not use. The server passes over them where a name has no schema. Absent: none. */
  readonly unusable?: ReadonlySet<string>;
  /** Some tables were locked while it was read, and are as they were before: to be read again soon. */
  readonly isIncomplete?: boolean;
  /** Temporary tables of one session of MySQL's, which hide those of their names in `relations`. Absent: none. */
  readonly temporary?: TemporaryTables;
  /**
   * The search_path, implicit schemas included, by which names in view definitions are to be read: a server prints them by the
   * session's own, and asking for another would leave a trace in a session that may be a user's. Empty for MySQL, which prints every name whole.
   */
  readonly definitionPath: readonly string[];
}

interface TemporaryTables {
  /** By `objectPath` of database and name, as `NameState.key` has them. */
  readonly byName: ReadonlyMap<string, Relation>;
  /** The snapshot without them: they are for statements, definitions of views never mean them. */
  readonly shared: Catalog;
}

export interface MysqlServer {
  /** `lower_case_table_names`: with 0, names of databases, tables and aliases tell cases apart. */
  readonly lowerCaseTableNames: 0 | 1 | 2;
  /** How definitions of views and expressions of columns are printed. */
  readonly definitionMode: SqlMode;
  /** VERSION(), as the server greets its clients with. Absent where no server was asked. */
  readonly version?: string;
}

export interface Relation {
  /** PostgreSQL's; MySQL has none, and relations are numbered within the snapshot. */
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
  /** `relationPath(schema, name)`. */
  readonly path: string;
  readonly kind:
    | "table"
    | "partitioned"
    | "view"
    | "materialized_view"
    | "foreign"
    | "sequence"
    | "index"
    | "composite"
    | "toast";
  readonly isPartition: boolean;
  readonly isTemporary: boolean;
  /** Of a temporary table of MySQL: the database in which statements find it. `schema` is one that no other relation is in. */
  readonly database?: string;
  /** In a schema of the server's own, such as pg_catalog, information_schema or `mysql`. */
  readonly isSystem: boolean;
  /** Live columns in attribute order; dropped ones are left out. System columns are not listed. */
  readonly columns: readonly Column[];
  /** Attribute numbers of the primary key, where there is one. */
  readonly primaryKey: readonly number[] | undefined;
  /** Of MySQL: attribute numbers of each unique key, the primary one included. */
  readonly uniqueKeys?: readonly (readonly number[])[];
  /** Of MySQL: some unique key is on a part of a column, or on an expression. Absent: none is. */
  readonly hasPartialKeys?: true;
  /** Of MySQL: keys by name, with the attribute numbers of their columns in order; 0 for an expression. Absent: not known. */
  readonly indexes?: readonly { readonly name: string; readonly columns: readonly number[] }[];
  /** Paths of inheritance or partition parents. */
  readonly parents: readonly string[];
  /** Attribute numbers of what its rows, or those of the tables that it is a partition of, are divided by; 0 for expressions. Absent: nothing. */
  readonly dividedBy?: readonly number[];
  /** References to other relations. Absent: none. */
  readonly foreignKeys?: readonly ForeignKey[];
  /** `pg_get_viewdef` under `Catalog.definitionPath`, for views and materialised views; empty where it could not be read safely. */
  readonly definition: string | undefined;
  /** The login that read the snapshot may not SELECT from it, or not use its schema. */
  readonly isUnreadable?: boolean;
  /** Of a view whose own conditions come before those of whoever reads it. */
  readonly isSecurityBarrier?: boolean;
  /** Of PostgreSQL: attribute numbers of columns that some constraint (but NOT NULL), index or generated column looks at. Absent: none. */
  readonly constrained?: ReadonlySet<number>;
  /** By name, disabled ones and those that enforce foreign keys left out. A partition has those of its parents as its own. */
  readonly triggers: readonly TriggerInfo[];
  /** Functions of its triggers that are disabled. Absent: none. */
  readonly disabled?: readonly FunctionName[];
  /** Rules on changes of it that give rows of their own: they query something, or have RETURNING. Absent: none. */
  readonly tellingRules?: readonly RuleInfo[];
  /** Of MySQL: InnoDB's numbers of the table, or of its partitions. Absent: not known. */
  readonly tableIds?: readonly string[];
  /** Names that it and its columns had before, and those of what it was a part of, oldest first. Absent: none. */
  readonly former?: readonly Naming[];
  /** What else statements on it run without naming it, as far as that is more than pure functions of PostgreSQL's own. Absent: none. */
  readonly code?: readonly RelationCode[];
}

/** What a relation and its columns are called, or were. */
export interface Naming {
  readonly schema: string;
  readonly name: string;
  /** By attribute number. */
  readonly columns: ReadonlyMap<number, string>;
}

export interface RuleInfo {
  readonly name: string;
  readonly event: Exclude<TriggerEvent, "truncate">;
}

/** Where a function is to be found by `Catalog.functions`; all overloads of that name are meant. */
export interface FunctionName {
  readonly schema: string;
  readonly name: string;
}

/** A default, check, generated column, index, partition key, rule, row security policy, or what values of a column's type run. */
export interface RelationCode {
  /** What it is, as messages name it: "the default of `note`". */
  readonly name: string;
  /** Uses of the relation that set it off. */
  readonly on: ReadonlySet<AccessKind>;
  /** A query over the relation, or CREATE RULE, as it is printed under `Catalog.definitionPath`. Absent: nothing but `functions`. */
  readonly text?: string;
  /** All functions outside pg_catalog that it calls itself, by operators and casts too. */
  readonly functions: readonly FunctionName[];
  /** What is done, or who sees which rows, depends on values of the row. */
  readonly tellsOfRow: boolean;
  /** Attribute number of a column without which a read does not set it off. Absent: any read does. */
  readonly ofColumn?: number;
  /**
   * When an update fails by values of the row that it leaves as they are: where it gives another value to one of the columns, where it puts the
   * row into this partition, or always. Absent: it never does.
   */
  readonly failsFor?: "change" | "move" | "all";
}

interface EventTrigger {
  readonly name: string;
  /** Tags of the commands that fire it; empty for all. */
  readonly tags: readonly string[];
  readonly function: FunctionName;
}

export interface TriggerInfo {
  readonly name: string;
  readonly timing: "before" | "after" | "instead of";
  readonly events: ReadonlySet<TriggerEvent>;
  readonly forEach: "row" | "statement";
  /** Attribute numbers of UPDATE OF; empty for any column. */
  readonly columns: readonly number[];
  readonly function: FunctionName;
  /** Names of all columns to which the function gives other values. Absent: not known. */
  readonly assigns?: readonly string[];
  /** CREATE TRIGGER, where it has a WHEN condition. */
  readonly conditional?: string;
  /** Names under which the function reads all rows that were changed (REFERENCING). Absent: none. */
  readonly transitionTables?: readonly string[];
}

/** Under which `Catalog.functions` has the body of a trigger of MySQL, which has no function that anybody else could call. */
export function triggerBodyName(trigger: string): string {
  return `trigger ${trigger}`;
}

export type TriggerEvent = "insert" | "update" | "delete" | "truncate";

export interface ForeignKey {
  /** Attribute numbers of the relation's own columns. */
  readonly columns: readonly number[];
  /** Path of the relation that is referred to, and attribute numbers there. */
  readonly referenced: string;
  readonly referencedColumns: readonly number[];
  readonly onDelete: ReferentialAction;
  readonly onUpdate: ReferentialAction;
}

/** What happens to referring rows when the row that they refer to goes or gets another key. */
export type ReferentialAction = "none" | "cascade" | "set";

export interface Column {
  /** pg_attribute.attnum: has gaps after DROP COLUMN. Of MySQL ORDINAL_POSITION. */
  readonly attnum: number;
  readonly name: string;
  /** `format_type(oid, NULL)` as people know it: `text`, `character varying`, `integer`, `numeric`; of MySQL DATA_TYPE, `varchar`. */
  readonly type: string;
  /** Fully qualified SQL of the type with its modifier, safe under any search_path: `pg_catalog."varchar"(120)`; of MySQL COLUMN_TYPE. */
  readonly typeSql: string;
  /** Of the base type for domains. */
  readonly typeCategory: TypeCategory;
  /** PostgreSQL's alone. */
  readonly typeOid?: number;
  readonly typeModifier?: number;
  /** Of texts in MySQL and MariaDB. */
  readonly characterSet?: string;
  readonly collation?: string;
  /** Of a collation under which texts of different bytes can be equal. */
  readonly hasNondeterministicCollation?: boolean;
  readonly isDomain: boolean;
  /** What lies under a domain. Absent for a domain: nothing is known of it, and masks assume NOT NULL and CHECK. */
  readonly domain?: DomainInfo;
  /** Path of the relation or composite type whose rows its values are, or hold as elements of an array or under a domain. Absent: none. */
  readonly rowsOf?: string;
  readonly notNull: boolean;
  /** Expression of a generated column. */
  readonly generated: string | undefined;
  /** What a row gets that is given no value, as `pg_get_expr` prints it; empty for an identity column. Absent: NULL. */
  readonly default?: string;
  /** It gets the time of the change when other columns of its row change (ON UPDATE CURRENT_TIMESTAMP of MySQL and MariaDB). */
  readonly setOnUpdate?: true;
  readonly comment: string | undefined;
  /** `*` does not show it (INVISIBLE of MySQL and MariaDB). */
  readonly isInvisible?: boolean;
  /** Of a text type, and holds JSON: MariaDB has no type of its own for that. Absent: not known. */
  readonly isJson?: true;
}

/** A domain, its chain of domains united. */
export interface DomainInfo {
  /** `format_type(oid, NULL)` and modifier of the base type. */
  readonly baseType: string;
  readonly baseTypeModifier: number;
  readonly notNull: boolean;
  readonly hasCheck: boolean;
}

/** What masks need to know of a type. `other` takes `null` only. */
export type TypeCategory =
  | "text"
  | "integer"
  | "numeric"
  | "float"
  | "boolean"
  | "date"
  | "timestamp"
  | "timestamptz"
  | "time"
  | "uuid"
  | "json"
  | "bytea"
  | "enum"
  | "array"
  | "composite"
  | "other";

export interface FunctionInfo {
  readonly schema: string;
  readonly name: string;
  readonly kind: "function" | "procedure" | "aggregate" | "window";
  /** As PostgreSQL calls it; `psm` for stored programs of MySQL. */
  readonly language: string;
  readonly volatility: "immutable" | "stable" | "volatile";
  readonly leakproof: boolean;
  readonly isSystem: boolean;
  /** Absent: a function of the system's, or one in a language whose bodies nobody reads. */
  readonly body?: FunctionBody;
}

/** What a function of users' own in SQL, in PL/pgSQL, or of MySQL runs. */
export interface FunctionBody {
  /** Of a function in SQL, what stands between the quotes of AS; in PL/pgSQL the whole of `pg_get_functiondef`; of MySQL the statement. */
  readonly text: string;
  /** Written as BEGIN ATOMIC or RETURN: its names were bound when it was made, and are printed under `Catalog.definitionPath`. */
  readonly isBound: boolean;
  /** It runs with the rights of its owner. */
  readonly isSecurityDefiner: boolean;
  /** Its SET clauses, each `name=value`; of MySQL the `sql_mode` in which it was written. */
  readonly settings: readonly string[];
  /** Of OUT arguments and columns of its result too. */
  readonly argumentNames: readonly string[];
  /** Defaults of its last arguments, as `pg_get_expr` prints them under `Catalog.definitionPath`; empty for none. */
  readonly defaults: string;
  /** Functions outside pg_catalog that making values of the types of its arguments and result may call. */
  readonly functions: readonly FunctionName[];
}

export interface TypeInfo {
  readonly schema: string;
  readonly name: string;
  readonly isSystem: boolean;
  /** Functions outside pg_catalog that making a value of the type may call: input function, casts, CHECK of a domain; of its parts too. */
  readonly functions: readonly FunctionName[];
}

export interface OperatorInfo {
  readonly schema: string;
  readonly name: string;
  readonly functionSchema: string;
  readonly functionName: string;
}

/** The parts of a path that `objectPath` made, or `undefined` for a text that is none. */
export function pathParts(path: string): readonly string[] | undefined {
  const parts: string[] = [];
  const pattern = /(?:"((?:[^"]|"")*)"|([^."]+))(\.|$)/y;
  for (;;) {
    const match = pattern.exec(path);
    if (match === null) return undefined;
    parts.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? "");
    if (match[3] === "") return parts;
  }
}

/** `schema.name` or `schema.table.column`; a part with a dot or a double quote is quoted, so that no two objects share a path. */
export function objectPath(...parts: readonly string[]): string {
  return parts.map((part) => (/[."]/.test(part) ? `"${part.replaceAll('"', '""')}"` : part)).join(".");
}

/** In which schema or database statements name the relation. */
export function namedIn({ schema, database = schema }: Relation): string {
  return database;
}

/** A relation that a statement is about to make: nothing is known of it but its name. */
export function relationToBe(schema: string, name: string, kind: Relation["kind"], isTemporary = false): Relation {
  return {
    oid: 0,
    schema,
    name,
    path: objectPath(schema, name),
    kind,
    isPartition: false,
    isTemporary,
    isSystem: false,
    columns: [],
    primaryKey: undefined,
    parents: [],
    definition: undefined,
    triggers: [],
  };
}
