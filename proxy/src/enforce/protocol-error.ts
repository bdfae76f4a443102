/** What a peer sent cannot be read. Ends the connection: nothing after it can be trusted. */
export class ProtocolError extends Error {
  /** 08P01 is protocol_violation. */
  readonly sqlstate: string;

  constructor(reason: string, sqlstate = "08P01") {
    super(reason);
    this.name = "ProtocolError";
    this.sqlstate = sqlstate;
  }
}
