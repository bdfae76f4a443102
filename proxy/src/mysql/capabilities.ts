/**
 * Capability flags ("Capabilities Flags"). The proxy offers what it understands or what passes through it as it is; a flag that a client
 * sets beside is taken away, as every server does with flags that it did not offer.
 */
export const capability = {
  longPassword: 1,
  foundRows: 1 << 1,
  longFlag: 1 << 2,
  connectWithDatabase: 1 << 3,
  odbc: 1 << 6,
  ignoreSpace: 1 << 8,
  protocol41: 1 << 9,
  interactive: 1 << 10,
  ssl: 1 << 11,
  ignoreSigpipe: 1 << 12,
  transactions: 1 << 13,
  reserved: 1 << 14,
  secureConnection: 1 << 15,
  multiStatements: 1 << 16,
  multiResults: 1 << 17,
  preparedMultiResults: 1 << 18,
  pluginAuth: 1 << 19,
  connectAttributes: 1 << 20,
  pluginAuthLengthEncoded: 1 << 21,
  sessionTrack: 1 << 23,
  deprecateEof: 1 << 24,
} as const;

/** How the client wants its connection: the proxy passes it on upstream, so that answers have the form that the client expects. */
const passedOn =
  // Counts of changed rows are of rows that were found.
  capability.foundRows |
  capability.longFlag |
  capability.odbc |
  // A bit of sql_mode, which the proxy asks the server for when the session begins.
  capability.ignoreSpace |
  capability.interactive |
  capability.transactions |
  // All statements of a text are decided together; without the flag, the server refuses a second one.
  capability.multiStatements |
  capability.multiResults |
  capability.preparedMultiResults |
  // What it tells, a client could ask for. What the proxy itself does is not told: those answers are not the client's.
  capability.sessionTrack |
  // Only the shape of what ends a result.
  capability.deprecateEof;

/**
 * What the proxy itself offers. Left out, among others: COMPRESS and ZSTD (nothing is gained that TLS and one hop more do not lose again),
 * LOCAL_FILES (a server could ask the client for any file), QUERY_ATTRIBUTES and MariaDB's bulk execution (values and texts in another
 * place than they are looked for), OPTIONAL_RESULTSET_METADATA and MariaDB's cached metadata (each result is checked by its description),
 * MULTI_FACTOR and expired passwords (the proxy knows the client, not the server). With `longPassword`, which MariaDB calls CLIENT_MYSQL,
 * its further flags are not looked at by either side.
 */
const offered =
  passedOn |
  capability.longPassword |
  capability.connectWithDatabase |
  capability.protocol41 |
  capability.ignoreSigpipe |
  capability.reserved |
  capability.secureConnection |
  capability.pluginAuth |
  capability.connectAttributes |
  capability.pluginAuthLengthEncoded;

/** Without these there is no session. */
export const requiredCapabilities = capability.protocol41 | capability.secureConnection | capability.pluginAuth;

export function offeredCapabilities(hasTls: boolean): number {
  return (hasTls ? offered | capability.ssl : offered) >>> 0;
}

/** With which the proxy logs in for a client that has these. */
export function upstreamCapabilities(client: number): number {
  return (
    ((client & passedOn) |
      capability.longPassword |
      capability.connectWithDatabase |
      capability.protocol41 |
      capability.ignoreSigpipe |
      capability.reserved |
      capability.secureConnection |
      capability.pluginAuth |
      capability.connectAttributes |
      capability.pluginAuthLengthEncoded) >>>
    0
  );
}

/** On which the form of the server's answers depends: both sides must agree on them. */
export const shapingCapabilities =
  capability.sessionTrack | capability.deprecateEof | capability.multiResults | capability.preparedMultiResults;

export function has(flags: number, flag: number): boolean {
  return (flags & flag) !== 0;
}

/** Status flags of the server ("SERVER_STATUS_flags_enum"). */
export const status = {
  inTransaction: 1,
  autocommit: 2,
  moreResults: 8,
  noGoodIndexUsed: 16,
  noIndexUsed: 32,
  cursorExists: 64,
  lastRowSent: 128,
  noBackslashEscapes: 512,
  wasSlow: 2048,
  sessionStateChanged: 1 << 14,
} as const;

/** Which of them tell of the plan, and so of how many rows there are. */
export const planStatus = status.noGoodIndexUsed | status.noIndexUsed | status.wasSlow;
