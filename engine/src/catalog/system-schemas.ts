export function isSystemSchema(name: string): boolean {
  return name === "pg_catalog" || name === "information_schema" || name.startsWith("pg_toast");
}
