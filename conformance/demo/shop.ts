/** A small shop in a database of its own: what the demo shows, and what many tests query. */
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { Client } from "pg";
import type { PostgresServer } from "../support/postgres-server.ts";
import { type ShopSize, shopData } from "./shop-data.ts";

export interface Shop {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  /** Owner of the database and everything in it, no superuser: what a proxy should log in as. */
  readonly user: string;
  readonly password: string;
  readonly url: string;
}

/** Creates the database, its owner (of the same name) and its rows. About a second at the default size. */
export async function createShop(
  server: PostgresServer,
  options: { readonly name?: string; readonly size?: ShopSize } = {},
): Promise<Shop> {
  const database = options.name ?? "shop";
  const password = randomBytes(12).toString("hex");
  await server.createDatabase(database);
  await withClient(server.url(database), async (client) => {
    const owner = client.escapeIdentifier(database);
    await client.query(`create role ${owner} login password ${client.escapeLiteral(password)}`);
    await client.query(`alter database ${owner} owner to ${owner}`);
    // Connections of owners are only let into public by the database's owner.
    await client.query(`alter schema public owner to ${owner}`);
  });
  const url = `postgres://${encodeURIComponent(database)}:${password}@${server.host}:${server.port}/${encodeURIComponent(database)}`;
  await withClient(url, (client) => fillShop(client, options.size));
  return { host: server.host, port: server.port, database, user: database, password, url };
}

/** Creates the shop's tables in the current schema and fills them, in one transaction. */
export async function fillShop(client: Client, size?: ShopSize): Promise<void> {
  await client.query("begin");
  await client.query(readFileSync(new URL("../../policies/testdata/schema.sql", import.meta.url), "utf8"));
  for (const [table, rows] of Object.entries(shopData(size))) {
    const columns = Object.keys(rows[0] ?? {})
      .map((name) => client.escapeIdentifier(name))
      .join(", ");
    const name = client.escapeIdentifier(table);
    await client.query(
      `insert into ${name} (${columns}) select ${columns} from json_populate_recordset(null::${name}, $1::json)`,
      [JSON.stringify(rows)],
    );
  }
  await client.query("commit");
  await client.query("analyze");
}

async function withClient(url: string, work: (client: Client) => Promise<void>): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
