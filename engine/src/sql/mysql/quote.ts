/** The one place where names enter generated SQL of MySQL and MariaDB. In backticks a name means the same under every sql_mode. */
export function quoteMysqlName(name: string): string {
  if (name.includes("\0")) throw new Error("a name with a NUL cannot be written in SQL");
  return `\`${name.replaceAll("`", "``")}\``;
}
