/**
 * SQLSTATEs of the errors that PostgreSQL's scanner and grammar raise themselves; libpg_query gives the message only.
 * From the ereport calls of scan.l, parser.c and gram.y (PostgreSQL 18). Everything else is 42601, syntax_error.
 */
const states: readonly (readonly [RegExp, string])[] = [
  [/^invalid Unicode escape$/, "22025"],
  [/^unsafe use of \\' in a string literal$/, "22P06"],
  [/^invalid byte sequence for encoding/, "22021"],
  [/^role name "(public|none)" is reserved$/, "42939"],
  [/^"?(CURRENT_ROLE|CURRENT_USER|SESSION_USER)"? cannot be used as a role name here$/, "42939"],
  [/^frame (start|end|starting|ending)/, "42P20"],
  [/^precision for type float must be/, "22023"],
  [/^unrecognized partitioning strategy/, "22023"],
  [/^INTERVAL\(\d+\) precision must be|^interval precision specified twice/, "42601"],
  [/cannot be marked (DEFERRABLE|NOT VALID|NO INHERIT|NOT ENFORCED)$/, "0A000"],
  [/not (yet )?(implemented|supported)( |$)|no longer supported|cannot have output arguments$/, "0A000"],
  [/^current database cannot be changed$|^SET SCHEMA .*not supported/, "0A000"],
  [/^cross-database references are not implemented/, "0A000"],
  [/^memory exhausted/, "54001"],
];

const syntaxFunctions = new Set(["scanner_yyerror", "base_yyerror"]);

export function sqlstateOf(message: string, functionName: string): string {
  if (syntaxFunctions.has(functionName)) return "42601";
  for (const [pattern, state] of states) if (pattern.test(message)) return state;
  return "42601";
}
