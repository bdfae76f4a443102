import type { SqlMode } from "./dialect.ts";

/** The one place where names enter generated SQL of MySQL and MariaDB. In backticks a name means the same under every sql_mode. */
export function quoteMysqlName(name: string): string {
  if (name.includes("\0")) throw new Error("a name with a NUL cannot be written in SQL");
  return `\`${name.replaceAll("`", "``")}\``;
}

/**
 * A text as a string of a statement that is read under that mode, in the character set of the statement. Nothing is quoted by it but texts of
 * statements for PREPARE, which takes no value in another form.
 */
export function quoteMysqlText(text: string, { noBackslashEscapes }: Pick<SqlMode, "noBackslashEscapes">): string {
  const escaped = noBackslashEscapes ? text : text.replaceAll("\\", "\\\\");
  return `'${escaped.replaceAll("'", "''")}'`;
}
