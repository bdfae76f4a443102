import { ProtocolError } from "../../enforce/protocol-error.ts";
import { stringEnd } from "../wire.ts";

/** PasswordMessage, the answer to AuthenticationCleartextPassword. */
export function decodePassword(buffer: Buffer, body: number, end: number): string {
  const passwordEnd = stringEnd(buffer, body, end);
  if (passwordEnd + 1 !== end) throw new ProtocolError("malformed PasswordMessage");
  return buffer.toString("utf8", body, passwordEnd);
}
