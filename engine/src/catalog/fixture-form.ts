import type { Engine, FunctionInfo, Relation, TriggerEvent, TriggerInfo } from "./catalog.ts";

/**
 * A catalog as people write it, in JSON, for tests and `policy eval`: tables with columns and types, views with definitions. What
 * PostgreSQL itself brings need not be written: its functions and types are known, its relations are known by name.
 */
export interface CatalogFixture {
  /** Default `postgres`. */
  readonly engine?: Engine;
  readonly database?: string;
  /** As `Catalog.serverVersionNum`; default 180000, 80400 for MySQL, 101100 for MariaDB. */
  readonly server_version_num?: number;
  /** Of MySQL and MariaDB; default 0. */
  readonly lower_case_table_names?: 0 | 1 | 2;
  /** By path, `public.users`. */
  readonly tables?: Readonly<Record<string, FixtureTable>>;
  /** By path; the definition. */
  readonly views?: Readonly<Record<string, string | FixtureView>>;
  /** By path. */
  readonly functions?: Readonly<Record<string, FixtureFunction>>;
  /** By path; what kind of type it is. */
  readonly types?: Readonly<Record<string, FixtureTypeKind>>;
  readonly operators?: readonly { readonly operator: string; readonly function: string }[];
  readonly schemas?: readonly string[];
  /** The search_path by which definitions of views are read; default `public`. */
  readonly definition_path?: readonly string[];
}

export type FixtureTypeKind = "enum" | "domain" | "composite" | "range" | "base";

export interface FixtureTable {
  /** `table`, `partitioned`, `foreign` or `sequence`. */
  readonly kind?: Relation["kind"];
  /** Type, or more of it. */
  readonly columns: Readonly<Record<string, string | FixtureColumn>>;
  readonly primary_key?: readonly string[];
  /** Paths of the tables that it is a partition of or inherits from. */
  readonly partition_of?: string;
  readonly inherits?: readonly string[];
  readonly temporary?: boolean;
  /** By name. */
  readonly triggers?: Readonly<Record<string, FixtureTrigger>>;
}

export interface FixtureTrigger {
  readonly timing?: TriggerInfo["timing"];
  /** Default: all. */
  readonly events?: readonly TriggerEvent[];
  readonly for_each?: TriggerInfo["forEach"];
  /** Names of the columns of UPDATE OF. */
  readonly columns?: readonly string[];
  readonly function: string;
}

export interface FixtureColumn {
  readonly type: string;
  readonly not_null?: boolean;
  readonly comment?: string;
  readonly generated?: string;
  /** Of texts in MySQL and MariaDB. */
  readonly character_set?: string;
  readonly collation?: string;
}

export interface FixtureView {
  readonly definition: string;
  readonly materialized?: boolean;
  readonly security_barrier?: boolean;
  /** Types of its columns; default: those of the columns that it shows unchanged. */
  readonly columns?: Readonly<Record<string, string | FixtureColumn>>;
  readonly triggers?: Readonly<Record<string, FixtureTrigger>>;
}

export interface FixtureFunction {
  readonly kind?: FunctionInfo["kind"];
  readonly language?: string;
  readonly volatility?: FunctionInfo["volatility"];
  readonly leakproof?: boolean;
  /** In SQL: between the quotes of AS. In PL/pgSQL: the whole CREATE FUNCTION. */
  readonly body?: string;
  /** Paths of functions that it calls and does not name: those of an aggregate, and of the types of its arguments. */
  readonly calls?: readonly string[];
  /** Names of its arguments. */
  readonly arguments?: readonly string[];
  readonly security_definer?: boolean;
  /** SET clauses, each `name=value`. */
  readonly set?: readonly string[];
}

export const tableKinds: ReadonlySet<unknown> = new Set(["table", "partitioned", "foreign", "sequence"]);
