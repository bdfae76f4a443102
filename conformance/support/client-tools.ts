/** Programs that do not come from npm: PostgreSQL's own clients, which tests drive as a user would, and the server of MariaDB. */
import { accessSync, constants, readdirSync } from "node:fs";
import { delimiter, join } from "node:path";
import type { ProxiedDatabase } from "./proxied.ts";

/** What the tests need of the machine, why, and the Debian package that brings it. `tools/ensure-tools.ts` installs them. */
export const clientTools = {
  psql: { why: "sessions as people have them", debianPackage: "postgresql-client" },
  pg_dump: { why: "dumps through the proxy", debianPackage: "postgresql-client" },
  // Debian ships pgbench with the server.
  pgbench: { why: "load and benchmarks", debianPackage: "postgresql" },
  mariadbd: { why: "what only a real MariaDB can say", debianPackage: "mariadb-server" },
  mariadb: { why: "sessions of MariaDB as people have them", debianPackage: "mariadb-client" },
  "mariadb-dump": { why: "dumps of MariaDB through the proxy", debianPackage: "mariadb-client" },
  "mariadb-install-db": { why: "its data directory", debianPackage: "mariadb-server" },
  prlimit: { why: "disks that are full, without root", debianPackage: "util-linux" },
} as const;
export type ClientTool = keyof typeof clientTools;

/** Absolute path of a tool on PATH or where Debian and Homebrew keep such programs; undefined where it is missing. */
export function findTool(name: ClientTool): string | undefined {
  const onPath = (process.env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  return [...onPath, ...debianFolders(), ...otherFolders].map((folder) => join(folder, name)).find(isExecutable);
}

const otherFolders = [
  "/usr/sbin",
  "/opt/homebrew/opt/libpq/bin",
  "/usr/local/opt/libpq/bin",
  "/opt/homebrew/opt/mariadb/bin",
  "/usr/local/opt/mariadb/bin",
];

/** As `findTool`, for tests: `npm test` has made sure that it is there. */
export function requireTool(name: ClientTool): string {
  const path = findTool(name);
  if (path === undefined) throw new Error(`${name} is missing: run \`node conformance/tools/ensure-tools.ts\``);
  return path;
}

/** What libpq takes a login from, for programs that stand on it. Unencrypted: what passes is searched for what must not. */
export function libpqEnvironment({ host, port, database, user, password }: ProxiedDatabase): NodeJS.ProcessEnv {
  return {
    ...process.env,
    PGHOST: host,
    PGPORT: String(port),
    PGDATABASE: database,
    PGUSER: user,
    PGPASSWORD: password,
    PGSSLMODE: "disable",
    PGGSSENCMODE: "disable",
  };
}

/** What the scripts in `clients/mysql` take a login from. */
export function mysqlEnvironment({ host, port, database, user, password }: ProxiedDatabase): NodeJS.ProcessEnv {
  return {
    ...process.env,
    MYSQL_HOST: host,
    MYSQL_TCP_PORT: String(port),
    MYSQL_DATABASE: database,
    MYSQL_USER: user,
    MYSQL_PASSWORD: password,
  };
}

/** Newest first: a client may be newer than the server, not older. */
function debianFolders(): string[] {
  const root = "/usr/lib/postgresql";
  try {
    return readdirSync(root)
      .sort((a, b) => Number(b) - Number(a))
      .map((version) => join(root, version, "bin"));
  } catch {
    return [];
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
