import type { Client } from "pg";
import type { Column } from "../../engine/src/catalog/catalog.ts";

/** A table with a column of every type that masks treat in a way of its own, each named after its type. */
export const setup = `
  create type level as enum ('low', 'high');
  create domain plain_domain as varchar(9);
  create domain checked as text check (value like '%@%' and value is not null);
  create domain needed as text not null;
  create domain needed_checked as text not null check (value <> '***');
  create table sample (position bigint,
    "text" text, "varchar" varchar, "varchar5" varchar(5), "char8" char(8), "bpchar" bpchar, "citext_like" name,
    "plain" plain_domain, "checked" checked default 'a@b', "needed" needed default 'a', "needed_checked" needed_checked default 'a',
    "int2" smallint, "int4" integer, "int8" bigint, "numeric" numeric, "numeric_2" numeric(7, 2), "numeric_neg" numeric(6, -2), "float8" float8,
    "boolean" boolean, "date" date, "timestamp" timestamp, "timestamp3" timestamp(3), "timestamptz" timestamptz, "timestamptz0" timestamptz(0),
    "uuid" uuid, "level" level)`;

/** The columns of `sample` that hold maskable values, as the catalog describes them. */
export async function maskableColumns(client: Client): Promise<Column[]> {
  const result = await client.query<{ [name: string]: string | null }>(`
    select a.attnum, a.attname, a.atttypmod, t.oid as type_oid, t.typname, n.nspname, t.typtype, t.typnotnull, b.oid::regtype as base, t.typtypmod,
      pg_catalog.format_type(t.oid, null) as type, b.typcategory, b.typname as base_name, b.typtype as base_kind,
      exists (select from pg_catalog.pg_constraint c where c.contypid = t.oid and c.contype = 'c') as checked,
      pg_catalog.format_type(t.oid, a.atttypmod) as printed
    from pg_catalog.pg_attribute a join pg_catalog.pg_type t on t.oid = a.atttypid join pg_catalog.pg_namespace n on n.oid = t.typnamespace
      join pg_catalog.pg_type b on b.oid = case when t.typtype = 'd' then t.typbasetype else t.oid end
    where a.attrelid = 'public.sample'::pg_catalog.regclass and a.attnum > 1 order by a.attnum`);
  return result.rows.map((row): Column => {
    const isDomain = row["typtype"] === "d";
    const modifier = /\(.*\)/.exec(row["printed"] ?? "")?.[0] ?? "";
    return {
      attnum: Number(row["attnum"]),
      name: row["attname"] ?? "",
      type: row["type"] ?? "",
      typeSql: `"${row["nspname"]}"."${row["typname"]}"${modifier}`,
      typeCategory: categories[row["base_name"] ?? ""] ?? "other",
      typeOid: Number(row["type_oid"]),
      typeModifier: Number(row["atttypmod"]),
      isDomain,
      ...(isDomain
        ? {
            domain: {
              baseType: row["base"] ?? "",
              baseTypeModifier: Number(row["typtypmod"]),
              notNull: row["typnotnull"] === "t",
              hasCheck: row["checked"] === "t",
            },
          }
        : {}),
      notNull: false,
      generated: undefined,
      comment: undefined,
    };
  });
}

const categories: Readonly<Record<string, Column["typeCategory"]>> = {
  text: "text",
  varchar: "text",
  bpchar: "text",
  name: "text",
  int2: "integer",
  int4: "integer",
  int8: "integer",
  numeric: "numeric",
  float8: "float",
  bool: "boolean",
  date: "date",
  timestamp: "timestamp",
  timestamptz: "timestamptz",
  uuid: "uuid",
  level: "enum",
};
