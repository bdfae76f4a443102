import { Client } from "pg";
import type { TargetConfig } from "../config/sections/targets.ts";
import { withPassword } from "../credentials/password-source.ts";
import type { RunQuery } from "./target-connection.ts";
import { connectTimeoutMs, lockTimeoutMs, queryTimeoutMs } from "./timeouts.ts";

export function withPostgresConnection<T>(target: TargetConfig, use: (run: RunQuery) => Promise<T>): Promise<T> {
  return withPassword(target.password, (password) => connected(target, password, use));
}

async function connected<T>(
  target: TargetConfig,
  password: string | undefined,
  use: (run: RunQuery) => Promise<T>,
): Promise<T> {
  const client = new Client({
    host: target.host,
    port: target.port,
    database: target.database,
    user: target.user,
    // A function keeps pg from looking into a password file or the environment.
    password: () => password ?? "",
    ssl: target.tls ?? false,
    connectionTimeoutMillis: connectTimeoutMs,
    query_timeout: queryTimeoutMs,
    application_name: "penstock",
  });
  // An error between queries is the next query's too.
  client.on("error", () => undefined);
  try {
    await client.connect();
    // Definitions of views then name all of users' objects by their schemas.
    await client.query(`set search_path = ''; set lock_timeout = ${lockTimeoutMs}`);
    const types = { getTypeParser: () => (text: string | Buffer) => String(text) };
    return await use(async (sql) => {
      const result = await client.query<(string | null)[]>({ text: sql, rowMode: "array", types });
      return result.rows;
    });
  } finally {
    await client.end().catch(() => undefined);
  }
}
