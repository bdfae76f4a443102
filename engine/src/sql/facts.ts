import type { AccessKind, Category, ColumnUse, FunctionCategory, StatementKind, TableKind } from "@penstock/language";
import type { Column, Relation } from "../catalog/catalog.ts";

/**
 * What a policy may know of one statement, dialect-neutral and independent of who asks: cached by text, catalog and
 * search_path, shared between sessions, never mutated.
 */
export interface StatementFacts {
  /** UTF-8 byte range of the statement in the text that was sent. */
  readonly start: number;
  readonly end: number;
  readonly kind: StatementKind;
  readonly category: Category;
  readonly tables: readonly TableFact[];
  /** Columns that the statement touches; whole-row references and `*` are expanded. One entry a column, uses united. */
  readonly columns: readonly ColumnFact[];
  readonly outputs: readonly OutputFact[];
  readonly functions: readonly FunctionFact[];
  readonly hasWhere: boolean;
  readonly whereIsConstant: boolean;
  /** Constant LIMIT of the outermost query. */
  readonly limit: number | undefined;
  readonly joins: number;
  /** Constructs that the extractor does not know. Not empty: the statement is denied. */
  readonly opaque: readonly OpaqueConstruct[];
  /** Names that the catalog does not have: the server would refuse them. */
  readonly unknown: readonly UnknownName[];
  /** For EXPLAIN, PREPARE, DECLARE, COPY (query), CREATE TABLE AS: the kind of the statement inside. */
  readonly inner: StatementKind | undefined;
  readonly session: SessionEffect | undefined;
  /** What the statement itself tells of data, whatever tables it names. */
  readonly reveals: readonly Revelation[];
  /** COPY that reads or writes on the database server's own machine. */
  readonly serverCopy: "file" | "program" | undefined;
}

export interface Revelation {
  /** Texts of statements as they run and values in them, how many rows there are, the same where the rewriter leaves it out, or hashes of passwords. */
  readonly what: "statements" | "counts" | "sizes" | "credentials";
  /** As messages name it: `VERBOSE`, `SHOW PROCESSLIST`. */
  readonly by: string;
}

export interface TableFact {
  readonly relation: Relation;
  readonly kind: TableKind;
  readonly access: ReadonlySet<AccessKind>;
}

/** A relation as a statement uses it, by name or by way of others. */
export type TableUse = Pick<TableFact, "relation" | "access">;

export interface ColumnFact {
  readonly relation: Relation;
  readonly column: Column;
  readonly uses: ReadonlySet<ColumnUse>;
}

export interface OutputFact {
  /** From 1. */
  readonly position: number;
  readonly name: string;
  readonly sources: readonly { readonly relation: Relation; readonly column: Column }[];
  readonly direct: boolean;
}

export interface FunctionFact {
  readonly schema: string;
  readonly name: string;
  readonly builtin: boolean;
  readonly category: FunctionCategory;
  /** Called by the body of a function that the statement calls, not by the statement itself. */
  readonly isInBody?: true;
}

export interface OpaqueConstruct {
  /** Node type or field as the grammar names it, such as `JsonTable.plan`. */
  readonly construct: string;
  /** UTF-8 byte position in the text, where known. */
  readonly position: number | undefined;
}

export interface UnknownName {
  readonly what: "relation" | "column" | "schema";
  /** As the server would print it in its error. */
  readonly name: string;
  /** Of a relation of MySQL's: its database and its own name. */
  readonly path?: readonly [database: string, name: string];
  /** UTF-8 byte position. */
  readonly position: number | undefined;
  /** What the server says besides. */
  readonly advice?: { readonly detail: string; readonly hint: string } | undefined;
}

/** What a statement does to the session that later statements depend on. */
export type SessionEffect =
  | {
      readonly kind: "set";
      /** Lower case. */
      readonly variable: string;
      /** `undefined` for DEFAULT, RESET and what set_config computes; empty for an expression in SET. */
      readonly values: readonly string[] | undefined;
      readonly local: boolean;
      /** Further variables that the same statement sets, as MySQL's can. Absent: none. */
      readonly others?: readonly { readonly variable: string; readonly values: readonly string[] | undefined }[];
    }
  /** Sets what cannot be told before: any setting, or several. */
  | { readonly kind: "set_any" }
  | { readonly kind: "reset_all" | "discard_all" | "discard_temp" | "discard_plans" }
  | { readonly kind: "prepare" | "execute" | "deallocate"; readonly name: string | undefined }
  | { readonly kind: "declare" | "fetch" | "close"; readonly name: string | undefined }
  | {
      readonly kind: "begin" | "commit" | "rollback" | "savepoint" | "rollback_to" | "release";
      readonly chain: boolean;
    }
  /** Changes the schema: what was resolved before may be stale. */
  | { readonly kind: "schema_change" };
