/** What `policy-proxy` ends with; documented in docs/configuration.md. */
export const exitCodes = {
  success: 0,
  /** Something failed while running that is none of the others. */
  failure: 1,
  /** Wrong arguments, a mistake in the configuration or the users file. */
  misuse: 2,
  /** The policies have errors, or the bundle is not to be trusted. */
  policies: 3,
  /** A target cannot be reached or refuses the login. */
  upstream: 4,
  /** The address cannot be listened on. */
  listen: 5,
  /** The audit log is not what the proxy has written. */
  tampered: 6,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** Ends a command with a message for whoever typed it; `main` prints it without a stack. */
export class CommandError extends Error {
  readonly exitCode: ExitCode;

  constructor(message: string, exitCode: ExitCode) {
    super(message);
    this.name = "CommandError";
    this.exitCode = exitCode;
  }
}
