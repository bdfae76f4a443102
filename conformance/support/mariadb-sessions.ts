import type { Connection } from "mysql2/promise";

/** Modes under which one text could mean different things, or be an error, and what else a session can set that changes what functions give. */
export const hostileSessions: readonly string[] = [
  "sql_mode = ''",
  "sql_mode = 'ANSI_QUOTES,PIPES_AS_CONCAT,IGNORE_SPACE', collation_connection = utf8mb4_bin, time_zone = '+05:30', lc_time_names = 'de_DE'",
  "sql_mode = 'NO_BACKSLASH_ESCAPES,HIGH_NOT_PRECEDENCE', character_set_connection = latin1, default_week_format = 3, div_precision_increment = 0",
  "sql_mode = 'STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO', collation_connection = utf8mb4_unicode_ci, time_zone = '-12:00'",
  "sql_mode = 'PAD_CHAR_TO_FULL_LENGTH,NO_UNSIGNED_SUBTRACTION,ALLOW_INVALID_DATES', sql_auto_is_null = 1, collation_connection = utf8mb4_turkish_ci",
  "sql_mode = 'EMPTY_STRING_IS_NULL,TIME_ROUND_FRACTIONAL,REAL_AS_FLOAT', default_regex_flags = 'DOTALL,EXTENDED,MULTILINE,UNGREEDY', collation_connection = ucs2_general_ci",
  "sql_mode = 'TRADITIONAL,ANSI', character_set_results = utf8mb4, group_concat_max_len = 4",
];

const plainSession = `sql_mode = 'ALLOW_INVALID_DATES', time_zone = '+00:00',
  default_regex_flags = '', sql_auto_is_null = 0, default_week_format = 0, div_precision_increment = 4, lc_time_names = 'en_US', group_concat_max_len = default`;

/** One in which every value can be stored. */
export async function usePlainSession(connection: Connection): Promise<void> {
  await connection.query("set names utf8mb4");
  await connection.query(`set ${plainSession}`);
}

/** One statement in a session where it could mean something else. Warnings are failures: they would tell of values. */
export async function underHostileSession(
  connection: Connection,
  session: string,
  statement: string,
): Promise<readonly Readonly<Record<string, string | null>>[]> {
  await connection.query(`set ${session}`);
  try {
    const [rows] = await connection.query({
      sql: statement,
      typeCast: (field: { string: (encoding?: string) => string | null }) => field.string("utf8"),
    });
    const [warnings] = await connection.query<[]>("show warnings");
    if (warnings.length > 0) throw new Error(`${session}: ${JSON.stringify(warnings.slice(0, 3))}\n${statement}`);
    return Array.isArray(rows) ? (rows as Readonly<Record<string, string | null>>[]) : [];
  } finally {
    await usePlainSession(connection);
  }
}
