/**
 * The one place where names and constants enter generated SQL. The session is held to standard_conforming_strings = on; a constant
 * with a backslash is written as `E'…'` all the same, so that it means the same under either setting.
 */

/** A name, always in double quotes: no keyword, case or character can change what it means. */
export function quoteName(name: string): string {
  if (name.includes("\0")) throw new Error("a name with a NUL cannot be written in SQL");
  return `"${name.replaceAll('"', '""')}"`;
}

/** A string constant, of unknown type until it is cast. */
export function quoteText(value: string): string {
  if (value.includes("\0")) throw new Error("a constant with a NUL cannot be written in SQL");
  const quoted = value.replaceAll("'", "''");
  return value.includes("\\") ? ` E'${quoted.replaceAll("\\", "\\\\")}'` : `'${quoted}'`;
}
