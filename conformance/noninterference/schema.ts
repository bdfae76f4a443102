/** What the generator knows of a database's tables: names and kinds of types, read from the database. */
import type { Client } from "pg";

/** Kinds of types between which the generator tells; what is of no kind is selected but not computed with. */
const kinds = ["int", "numeric", "text", "bool", "date", "timestamptz", "jsonb", "text[]", "enum", "inet"] as const;
export type Kind = (typeof kinds)[number];

interface SchemaColumn {
  readonly name: string;
  readonly kind: Kind;
}

export interface SchemaTable {
  readonly name: string;
  readonly columns: readonly SchemaColumn[];
  /** Names of the primary key's columns; empty for none. */
  readonly key: readonly string[];
  readonly isPlainTable: boolean;
  /** Some columns are masked for the principals of the test. Such tables are chosen more often. */
  readonly isProtected: boolean;
  /** Some columns are masked for the principals of the test: then they cannot be written. */
  readonly isMasked: boolean;
  /** Rows are hidden: what would show where rows lie, or chooses among all of them, is refused. */
  readonly hidesRows: boolean;
  /** Conditions on a row `#` that fail for hidden rows. */
  readonly probes: readonly string[];
}

/** All tables and views of schema `public`. */
export async function readSchema(
  client: Client,
  isProtected: (table: string) => boolean,
  isMasked: (table: string) => boolean,
  probesOf: (table: string) => readonly string[] | undefined,
): Promise<SchemaTable[]> {
  const result = await client.query<{
    table: string;
    columns: { name: string; type: string }[];
    key: string[];
    kind: string;
  }>(`
    select c.relname as table, c.relkind as kind,
      (select json_agg(json_build_object('name', a.attname, 'type', case when t.typtype = 'e' then 'enum'
          else format_type(case when t.typtype = 'd' then t.typbasetype else t.oid end, null) end) order by a.attnum)
        from pg_attribute a join pg_type t on t.oid = a.atttypid where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns,
      coalesce((select json_agg(a.attname order by a.attnum) from pg_index i join pg_attribute a on a.attrelid = c.oid and a.attnum = any(i.indkey)
        where i.indrelid = c.oid and i.indisprimary), '[]') as key
    from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v') order by c.relname`);
  return result.rows.map(({ table, columns, key, kind }) => ({
    name: table,
    columns: columns.map(({ name, type }) => ({ name, kind: kindOf(type, `${table}.${name}`) })),
    key,
    isPlainTable: kind === "r",
    isProtected: isProtected(table),
    isMasked: isMasked(table),
    hidesRows: probesOf(table) !== undefined,
    probes: probesOf(table) ?? [],
  }));
}

function kindOf(type: string, where: string): Kind {
  if (["integer", "smallint", "bigint"].includes(type)) return "int";
  if (["text", "character varying", "character"].includes(type)) return "text";
  if (type === "boolean") return "bool";
  if (type === "timestamp with time zone") return "timestamptz";
  const kind = kinds.find((known) => known === type);
  if (kind === undefined) throw new Error(`the generator has no kind for type ${type} of ${where}`);
  return kind;
}
