/**
 * Every buffer, queue and wait of the proxy, with its default. Over a limit: a clear error for that statement or connection, and
 * nothing else suffers.
 */
export const proxyLimits = {
  /** Open sessions; further clients are refused when they begin to log in. */
  sessions: 2_000,
  /** Connections that have not logged in yet; for a further one the oldest ends, of the address that has the most. */
  pendingLogins: 500,
  /** From the first byte to ReadyForQuery, the login upstream included. */
  loginMs: 30_000,
  /** Of that, for the connection upstream. */
  upstreamConnectMs: 10_000,
  /** How long a statement waits for a target that gives no answer to the proxy's own questions either. */
  upstreamSilentMs: 30_000,
  /** Failed logins from one address in `loginFailureWindowMs`; further ones are refused unasked. */
  loginFailures: 20,
  loginFailureWindowMs: 60_000,
  /** Addresses whose failures are remembered. */
  loginFailureAddresses: 10_000,
  /** Without a message from the client, outside of running statements. 0 for none. */
  idleMs: 0,
  /** Between asking all sessions to end at shutdown and cutting them off. */
  closeMs: 5_000,
  /** StartupMessage; PostgreSQL's MAX_STARTUP_PACKET_LENGTH. */
  startupBytes: 10_000,
  /** Password and SASL messages. */
  authenticationBytes: 4_200,
  /** Query and Parse, and MySQL's commands but for those with values. What is larger is refused, not forwarded unread. */
  statementBytes: 16 * 1024 * 1024,
  /** Bind, and MySQL's executions of prepared statements. */
  bindBytes: 256 * 1024 * 1024,
  /** Execute, Describe, Close, Sync and the like. */
  controlBytes: 16 * 1024,
  /** A message of the server that must be read whole: RowDescription, ErrorResponse and the like, not rows. */
  serverMessageBytes: 64 * 1024 * 1024,
  /** A value of a result in which content is looked for; of a larger one nothing is shown. */
  detectedValueBytes: 1024 * 1024,
  /** Any message, also those that stream: PostgreSQL's own limit. */
  messageBytes: 1024 * 1024 * 1024 - 1,
  /** Prepared statements of one session. */
  preparedStatements: 10_000,
  /** Portals and cursors of one session. */
  portals: 10_000,
  /** Messages of one session that the server has not answered yet; beyond, the client is not read. */
  pipelinedMessages: 20_000,
  /** Bytes of messages of one session that wait for the audit log or a decision; beyond, the client is not read. */
  heldBytes: 1024 * 1024,
  /** Statements that wait for somebody's approval, in all sessions of a proxy together; further ones are refused. */
  heldStatements: 2_000,
  /** Of one principal, at all proxies of a store. */
  heldStatementsPerPrincipal: 10,
  /** How long a statement waits for approval. */
  approvalWaitMs: 15 * 60 * 1000,
  /** How long people are asked about a statement that was refused until they have said yes. */
  deferredWaitMs: 4 * 60 * 60 * 1000,
  /** How long a yes for one run waits for the statement to be sent again, where no session waits for it. */
  approvalUnusedMs: 60 * 60 * 1000,
  /** Statement and values that people are shown whole; larger ones that need approval are refused. */
  approvalRequestBytes: 256 * 1024,
  /** How long a connection may be silent before TCP asks whether the other side is still there. */
  keepAliveMs: 60_000,
  /** Bytes of rows of a side query, such as the catalog of a session with temporary tables. */
  sideQueryBytes: 256 * 1024 * 1024,
} as const;

export type ProxyLimits = { readonly [Name in keyof typeof proxyLimits]: number };
