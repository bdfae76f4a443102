/** Of the store; named maximums, as in `limits.ts` of the proxy. */
export const storeLimits = {
  /** From a call to its end, and from one answer of the store to the next while it works off a burst of calls. */
  callMs: 5_000,
  /** From a call to its end where thousands come at once, and the store works them off. */
  burstMs: 30_000,
  /** Of that, for one query, or for the lock of another transaction. */
  queryMs: 3_000,
  /** After that, until a server that has not even said so is taken for gone. */
  lateMs: 1_000,
  /** Of that, for a connection. */
  connectMs: 2_500,
  /** Calls that wait for their turn; further ones fail at once. */
  queuedCalls: 5_000,
  /** Calls that share a transaction, and so a write to disk. */
  callsTogether: 100,
  /** After so long they are committed, and the rest goes into the next: other proxies wait for the lock meanwhile. */
  togetherMs: 500,
  /** How often a proxy says that it lives. */
  beatMs: 2_000,
  /** After so long without it, it is taken for dead. */
  silentMs: 7_000,
  /** How long requests that have ended, and answers that no proxy has recorded, are kept. */
  keptMs: 7 * 24 * 60 * 60 * 1000,
  /** How often it is looked for changes of other processes, besides what the store tells. */
  sqlitePollMs: 100,
  /** Between two attempts to connect, at first and at most. */
  reconnectMs: 100,
  reconnectMsMax: 5_000,
} as const;

export type StoreLimits = { readonly [Name in keyof typeof storeLimits]: number };
