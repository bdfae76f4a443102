import { Client } from "pg";
import type { PostgresServer } from "./postgres-server.ts";
import type { ProxiedDatabase } from "./proxied.ts";

/** A new database with what the SQL makes: a target for a proxy, and a login for whoever asks it directly. */
export async function createProxiedDatabase(
  server: PostgresServer,
  database: string,
  setup: string,
): Promise<ProxiedDatabase> {
  await server.createDatabase(database);
  const { host, port, user, password } = server;
  const login = { host, port, user, password, database };
  const owner = new Client(login);
  await owner.connect();
  await owner.query(setup);
  await owner.end();
  return login;
}
