/**
 * How psql, mysql and mariadb are started with a token. It is in their environment, which only their own account and root can read, and never on
 * the command line, which everybody can; a file with it would stay behind when the process is killed.
 */
import type { ClientTarget } from "./client-config.ts";

export interface DatabaseClient {
  /** The first of them that is installed. */
  readonly commands: readonly string[];
  readonly args: (command: string) => readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

export function databaseClient(
  name: string,
  target: ClientTarget,
  token: string,
  more: readonly string[],
): DatabaseClient {
  const { host, port, user, ca, database = name } = target;
  if (target.engine === "postgres") {
    const trust = ca === undefined ? { sslrootcert: "system" } : { sslrootcert: ca };
    const settings = { host, port, dbname: database, user, sslmode: "verify-full", ...trust };
    const text = Object.entries(settings).map(([key, value]) => `${key}=${quoted(String(value))}`);
    return {
      commands: ["psql"],
      args: () => ["--dbname", text.join(" "), ...more],
      environment: { PGPASSWORD: token },
    };
  }
  const place = ["--protocol=tcp", `--host=${host}`, `--port=${port}`, `--user=${user}`, `--database=${database}`];
  const trust = ca === undefined ? [] : [`--ssl-ca=${ca}`];
  return {
    commands: target.engine === "mysql" ? ["mysql", "mariadb"] : ["mariadb", "mysql"],
    args: (version) => {
      const verify = /mariadb/i.test(version) ? ["--ssl", "--ssl-verify-server-cert"] : ["--ssl-mode=VERIFY_IDENTITY"];
      return [...place, ...verify, ...trust, ...more];
    },
    environment: { MYSQL_PWD: token },
  };
}

/** As in connection strings of libpq. */
function quoted(value: string): string {
  return `'${value.replaceAll(/['\\]/g, "\\$&")}'`;
}
