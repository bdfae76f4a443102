/** Where audit lines go. One log serves all sessions of a proxy. */
export interface AuditLog {
  /**
   * Adds one line: a JSON object without line break (`audit-records.ts` makes them). Returns at once; the line is written before
   * the callbacks of a following `flushed` run.
   */
  append(line: string): void;
  /**
   * Calls back when all lines appended so far are written (in strict mode: are on disk), or with the error that kept them from
   * being so: then the statement must not go upstream. Never calls back before it returns.
   */
  flushed(callback: (error?: Error) => void): void;
  /** Writes what is left and closes the file. Appending afterwards fails the callbacks. */
  close(): Promise<void>;
}
