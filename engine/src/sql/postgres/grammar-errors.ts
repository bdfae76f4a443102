/**
 * What PostgreSQL's scanner and grammar say with the errors that they raise themselves, of which libpg_query gives the message only: after the
 * ereport calls of scan.l, parser.c and gram.y (PostgreSQL 18).
 */

/** Everything else is 42601, syntax_error. */
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

/** What the server says besides. */
export interface GrammarAdvice {
  readonly detail?: string | undefined;
  readonly hint?: string | undefined;
}

const advice: readonly (readonly [RegExp, GrammarAdvice])[] = [
  [
    /^unsafe use of \\' in a string literal$/,
    {
      hint: "Use '' to write quotes in strings. \\' is insecure in client-only encodings.",
    },
  ],
  [/^missing argument$/, { hint: "Use NONE to denote the missing argument of a unary operator." }],
  [
    /^UNENCRYPTED PASSWORD is no longer/,
    {
      hint: "Remove UNENCRYPTED to store the password in encrypted form instead.",
    },
  ],
  [
    /^unrecognized row security option/,
    {
      hint: "Only PERMISSIVE or RESTRICTIVE policies are supported currently.",
    },
  ],
  [/^LIMIT #,# syntax is not supported$/, { hint: "Use separate LIMIT and OFFSET clauses." }],
  [
    /^invalid publication object list$/,
    {
      detail: "One of TABLE or TABLES IN SCHEMA must be specified before a standalone table or schema name.",
    },
  ],
];

export function adviceOn(message: string, functionName: string): GrammarAdvice {
  if (message === "invalid Unicode escape") {
    const forms = functionName === "str_udeescape" ? "\\XXXX or \\+XXXXXX" : "\\uXXXX or \\UXXXXXXXX";
    return { hint: `Unicode escapes must be ${forms}.` };
  }
  return advice.find(([pattern]) => pattern.test(message))?.[1] ?? {};
}
