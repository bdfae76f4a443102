/** Where the audit log is sent to beside its file, which stays the record of truth. */

/** A line of the log as sinks get it. */
export interface SinkRecord {
  /**
   * A UUID (version 8, RFC 9562) made of the line and its place, so that it is the same however often a record is sent, and another one
   * where a crash of the machine has taken a line and others were written in its place.
   */
  readonly id: string;
  /** Of the file (`chain.ts`), and the line's place in it, in bytes. */
  readonly chain: string;
  readonly segment: number;
  readonly start: number;
  /** JSON, without line break. What a crash has cut is wrapped: `{"event":"unreadable","text":…}`. */
  readonly line: string;
}

export interface Sink {
  /**
   * Resolves when all of them are safe there. Rejects where they may not be: then the same ones come again.
   * @param signal when nobody waits for the answer any more
   */
  send(records: readonly SinkRecord[], signal: AbortSignal): Promise<void>;
  /** Ends connections. Never rejects. */
  close(): Promise<void>;
}

/** What to do with statements while a sink is too far behind. */
export const behindRules = ["wait", "refuse", "ignore"] as const;
export type BehindRule = (typeof behindRules)[number];

/** Why a batch was not taken, in words for the operator, without secrets. */
export class SinkError extends Error {
  /** The sink takes nothing of this size: fewer at once may do. */
  readonly isTooLarge: boolean;
  /** How long it wants to be left alone. */
  readonly retryAfterMs: number | undefined;

  constructor(
    message: string,
    { isTooLarge = false, retryAfterMs }: { isTooLarge?: boolean; retryAfterMs?: number | undefined } = {},
  ) {
    super(message);
    this.isTooLarge = isTooLarge;
    this.retryAfterMs = retryAfterMs;
  }
}

/** The statement is in the log, and must not be run: a sink is too far behind, and policy says so. */
export class SinkBehindError extends Error {
  constructor(sink: string, lagBytes: number) {
    super(`the audit sink "${sink}" is ${Math.round(lagBytes / 1e6)} MB behind`);
  }
}
