/** What of a StartupMessage reaches the target, and how its `options` are read. */

/** Settings that a client may bring to a connection, by lower-case name. Others can be SET afterwards, where a policy sees them. */
const settings: ReadonlySet<string> = new Set([
  "application_name",
  "client_encoding",
  "datestyle",
  "timezone",
  "intervalstyle",
  "extra_float_digits",
  "bytea_output",
  "search_path",
  "statement_timeout",
  "lock_timeout",
  "idle_in_transaction_session_timeout",
  "transaction_timeout",
  "default_transaction_isolation",
  "default_transaction_read_only",
  "jit",
  "geqo",
]);

export interface StartupParameters {
  readonly user: string;
  readonly database: string;
  readonly applicationName: string;
  /** To be applied upstream, by name; the encoding is left out, since it is always UTF8. */
  readonly settings: ReadonlyMap<string, string>;
  /** `_pq_.` options, which ask for protocol extensions that nobody defines yet. */
  readonly protocolOptions: readonly string[];
}

export type StartupResult =
  | { readonly kind: "parameters"; readonly parameters: StartupParameters }
  | { readonly kind: "refused"; readonly sqlstate: string; readonly message: string; readonly hint?: string };

export function readStartupParameters(raw: ReadonlyMap<string, string>): StartupResult {
  const wanted: [string, string][] = [];
  const protocolOptions: string[] = [];
  for (const [name, value] of raw) {
    if (value.includes("\ufffd") || name.includes("\ufffd")) {
      return refused("22021", "startup parameters must be valid UTF-8");
    }
    if (name === "user" || name === "database") continue;
    if (name.startsWith("_pq_.")) protocolOptions.push(name);
    else if (name === "replication") {
      if (!/^(?:false|off|no|0)$/i.test(value)) {
        return refused("0A000", "replication connections are not supported", "connect to the database server itself");
      }
    } else if (name === "options") {
      const options = readOptions(value);
      if (options === undefined) {
        return refused(
          "22023",
          "`options` may hold -c name=value and --name=value only",
          "SET other settings after connecting",
        );
      }
      wanted.push(...options);
    } else wanted.push([name, value]);
  }
  const user = raw.get("user") ?? "";
  if (user === "") return refused("28000", "no PostgreSQL user name specified in startup packet");
  const accepted = new Map<string, string>();
  for (const [name, value] of wanted) {
    const key = name.toLowerCase().replaceAll("-", "_");
    if (!settings.has(key)) {
      return refused(
        "42501",
        `startup parameter "${name}" is not permitted`,
        "connect without it, and SET it afterwards if a policy permits that",
      );
    }
    if (key === "client_encoding") {
      if (!isUtf8(value)) {
        return refused(
          "22023",
          `client_encoding "${value}" is not supported: statements are checked as UTF-8`,
          "use client_encoding UTF8 (PGCLIENTENCODING=UTF8)",
        );
      }
    } else accepted.set(key, value);
  }
  return {
    kind: "parameters",
    parameters: {
      user,
      database: raw.get("database") || user,
      applicationName: accepted.get("application_name") ?? "",
      settings: accepted,
      protocolOptions,
    },
  };
}

/**
 * Whether a client_encoding means UTF-8, in any of PostgreSQL's spellings (it compares letters and digits only). SQL_ASCII says "no
 * particular one", which psql sends under the C locale; it gets UTF8 and is told so by ParameterStatus.
 */
export function isUtf8(encoding: string): boolean {
  const letters = encoding.toLowerCase().replaceAll(/[^a-z0-9]/g, "");
  return letters === "utf8" || letters === "unicode" || letters === "sqlascii";
}

/** `-c name=value`, `-cname=value`, `--name=value`; a backslash keeps the character after it (pg_split_opts in postinit.c). */
export function readOptions(text: string): [name: string, value: string][] | undefined {
  const words = splitOptions(text);
  const options: [string, string][] = [];
  for (let index = 0; index < words.length; index++) {
    const word = words[index]!;
    let assignment: string | undefined;
    if (word === "-c") assignment = words[++index];
    else if (word.startsWith("--")) assignment = word.slice(2);
    else if (word.startsWith("-c")) assignment = word.slice(2);
    const equals = assignment?.indexOf("=") ?? -1;
    if (assignment === undefined || equals <= 0) return undefined;
    options.push([assignment.slice(0, equals), assignment.slice(equals + 1)]);
  }
  return options;
}

/** The `options` that apply settings upstream. */
export function writeOptions(values: Iterable<readonly [name: string, value: string]>): string {
  return Array.from(values, ([name, value]) => {
    const escaped = value.replaceAll(/[\\\s]/g, (character) => `\\${character}`);
    return `-c ${name}=${escaped}`;
  }).join(" ");
}

function splitOptions(text: string): string[] {
  const words: string[] = [];
  // Whitespace of isspace() in the C locale.
  for (const [word] of text.matchAll(/(?:\\[^]|[^\\ \t\n\v\f\r])+/g)) words.push(word.replaceAll(/\\([^])/g, "$1"));
  return words;
}

function refused(sqlstate: string, message: string, hint?: string): StartupResult {
  return { kind: "refused", sqlstate, message, ...(hint === undefined ? {} : { hint }) };
}
