export function isSystemSchema(name: string): boolean {
  return name === "pg_catalog" || name === "information_schema" || name.startsWith("pg_toast");
}

/** What is made after the cluster has oids from here on. */
export const firstUserOid = 16_384;

/** Databases of MySQL's and MariaDB's own; their names know no case. */
export const systemDatabases: readonly string[] = ["information_schema", "mysql", "performance_schema", "sys"];

export function isSystemDatabase(name: string): boolean {
  return systemDatabases.includes(name.toLowerCase());
}
