/** The bits of `sql_mode` that change what a text means (manual: Server SQL Modes). All others leave the grammar alone. */
export interface SqlMode {
  /** `"` quotes identifiers, not strings. */
  readonly ansiQuotes: boolean;
  /** A backslash in a string is a backslash. */
  readonly noBackslashEscapes: boolean;
  /** `||` concatenates, above `^`; otherwise it is OR. */
  readonly pipesAsConcat: boolean;
  /** NOT binds as `!` does. */
  readonly highNotPrecedence: boolean;
  /** Spaces may stand between the name of a built-in function and its bracket, which makes these names reserved. */
  readonly ignoreSpace: boolean;
}

/**
 * What a text is read as. The session's modes must be known exactly: ORACLE and MSSQL, which bring grammars of their own, cannot be
 * expressed here, so whoever tracks the session refuses them.
 */
export interface Dialect {
  readonly product: "mysql" | "mariadb";
  /** Major × 10000 + minor × 100 + patch, as in versioned comments: 80036, 101106. */
  readonly version: number;
  readonly mode: SqlMode;
}

export const defaultSqlMode: SqlMode = {
  ansiQuotes: false,
  noBackslashEscapes: false,
  pipesAsConcat: false,
  highNotPrecedence: false,
  ignoreSpace: false,
};

const flags: Readonly<Record<string, keyof SqlMode>> = {
  ANSI_QUOTES: "ansiQuotes",
  NO_BACKSLASH_ESCAPES: "noBackslashEscapes",
  PIPES_AS_CONCAT: "pipesAsConcat",
  HIGH_NOT_PRECEDENCE: "highNotPrecedence",
  IGNORE_SPACE: "ignoreSpace",
};

/** Names of combined modes, by the flags that they set. */
const combinations: Readonly<Record<string, readonly (keyof SqlMode)[]>> = {
  ANSI: ["ansiQuotes", "pipesAsConcat", "ignoreSpace"],
  DB2: ["ansiQuotes", "pipesAsConcat", "ignoreSpace"],
  MAXDB: ["ansiQuotes", "pipesAsConcat", "ignoreSpace"],
  POSTGRESQL: ["ansiQuotes", "pipesAsConcat", "ignoreSpace"],
  MYSQL323: ["highNotPrecedence"],
  MYSQL40: ["highNotPrecedence"],
};

/** Reads the text of `@@sql_mode`. `undefined`: a mode in it has a grammar of its own. */
export function parseSqlMode(text: string): SqlMode | undefined {
  const mode = { ...defaultSqlMode };
  for (const part of text.split(",")) {
    const name = part.trim().toUpperCase();
    if (name === "ORACLE" || name === "MSSQL") return undefined;
    const flag = flags[name];
    for (const each of flag === undefined ? (combinations[name] ?? []) : [flag]) mode[each] = true;
  }
  return mode;
}
