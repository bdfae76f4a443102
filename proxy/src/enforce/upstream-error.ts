/** Why there is no upstream, in words for the client: nothing of the target's address or login. */
export class UpstreamError extends Error {
  readonly sqlstate: string;

  constructor(sqlstate: string, message: string, cause: unknown) {
    super(message, { cause });
    this.name = "UpstreamError";
    this.sqlstate = sqlstate;
  }
}
