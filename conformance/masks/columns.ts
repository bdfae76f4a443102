import type { Client } from "pg";
import type { Column } from "../../engine/src/catalog/catalog.ts";
import { loadCatalog } from "../rewrite/databases.ts";

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
    "int2" smallint, "int4" integer, "int8" bigint, "numeric" numeric, "numeric_2" numeric(7, 2), "numeric_neg" numeric(6, -2), "float4" float4, "float8" float8,
    "boolean" boolean, "date" date, "timestamp" timestamp, "timestamp3" timestamp(3), "timestamptz" timestamptz, "timestamptz0" timestamptz(0),
    "uuid" uuid, "level" level)`;

/** The columns of `sample` that hold maskable values, as the catalog describes them. */
export async function maskableColumns(client: Client): Promise<readonly Column[]> {
  const catalog = await loadCatalog(client);
  const columns = catalog.relations.get("public.sample")?.columns ?? [];
  return columns.filter(({ name }) => name !== "position");
}
