/** The user called the command wrongly: a message, and exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Exit codes of every `policy` subcommand. */
export const exitCodes = { ok: 0, failed: 1, misuse: 2 } as const;
