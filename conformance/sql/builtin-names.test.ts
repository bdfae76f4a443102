import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  builtinAggregateNames,
  builtinFunctionNames,
  informationSchemaRelationNames,
  pgCatalogRelationNames,
} from "@penstock/engine";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";

let server: PostgresServer;
let client: Client;

beforeAll(async () => {
  server = await startPostgres();
  client = new Client(server.url());
  await client.connect();
});

afterAll(async () => {
  await client.end();
  await server.stop();
});

async function names(sql: string): Promise<readonly string[]> {
  const { rows } = await client.query<{ name: string }>(sql);
  return rows.map((row) => row.name).sort();
}

const relationsOf = (schema: string): string =>
  `select relname as name from pg_class where relnamespace = '${schema}'::regnamespace and relkind in ('r', 'v')`;

test.each([
  [
    "builtinFunctionNames",
    builtinFunctionNames,
    "select distinct proname as name from pg_proc where pronamespace = 'pg_catalog'::regnamespace",
  ],
  [
    "builtinAggregateNames",
    builtinAggregateNames,
    "select distinct proname as name from pg_proc where pronamespace = 'pg_catalog'::regnamespace and prokind = 'a'",
  ],
  ["pgCatalogRelationNames", pgCatalogRelationNames, relationsOf("pg_catalog")],
  ["informationSchemaRelationNames", informationSchemaRelationNames, relationsOf("information_schema")],
] as const)("%s are those that a running PostgreSQL 18 has", async (_, known, sql) => {
  expect([...known].sort()).toEqual(await names(sql));
});
