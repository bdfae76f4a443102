import type { RowDataPacket } from "mysql2";
import { createConnection } from "mysql2/promise";
import type { TargetConfig } from "../config/sections/targets.ts";
import { sslOptions } from "../mysql/upstream.ts";
import { withPassword } from "../credentials/password-source.ts";
import type { RunQuery } from "./target-connection.ts";
import { connectTimeoutMs, lockTimeoutMs, queryTimeoutMs } from "./timeouts.ts";

/** In no database: what is read is of all of them. */
export function withMysqlConnection<T>(target: TargetConfig, use: (run: RunQuery) => Promise<T>): Promise<T> {
  return withPassword(target.password, (password) => connected(target, password, use));
}

async function connected<T>(
  target: TargetConfig,
  password: string | undefined,
  use: (run: RunQuery) => Promise<T>,
): Promise<T> {
  const connection = await createConnection({
    host: target.host,
    port: target.port,
    user: target.user,
    password: password ?? "",
    ...(target.tls === undefined ? {} : { ssl: sslOptions(target.tls) }),
    connectTimeout: connectTimeoutMs,
    charset: "utf8mb4",
    connectAttributes: { program_name: "penstock" },
    // Definitions are printed by the session's sql_mode, which must be the server's own.
    flags: ["-IGNORE_SPACE", "-LOCAL_FILES"],
  });
  // An error between queries is the next query's too.
  connection.on("error", () => undefined);
  try {
    await connection.query(`set session lock_wait_timeout = ${lockTimeoutMs / 1000}`);
    return await use(async (sql) => {
      const asText = { sql, timeout: queryTimeoutMs, rowsAsArray: true, typeCast: texts.read };
      const [rows] = await connection.query<(RowDataPacket & (string | null)[])[]>(asText);
      return rows;
    });
  } finally {
    connection.destroy();
  }
}

const texts = { read: (field: { string(): string | null }): string | null => field.string() };
