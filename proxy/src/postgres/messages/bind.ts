import { ProtocolError } from "../../enforce/protocol-error.ts";
import { message, nameKey, readInt16, readInt32, stringEnd } from "../wire.ts";

export interface BindNames {
  /** As `nameKey` gives them. */
  portal: string;
  statement: string;
  /** Where the format codes of the parameters begin. */
  formats: number;
}

/** Hot: reads only the names, into an object of the caller's. The server judges the rest. */
export function decodeBindNames(buffer: Buffer, body: number, end: number, into: BindNames): void {
  const portalEnd = stringEnd(buffer, body, end);
  const statementEnd = stringEnd(buffer, portalEnd + 1, end);
  into.portal = nameKey(buffer, body, portalEnd);
  into.statement = nameKey(buffer, portalEnd + 1, statementEnd);
  into.formats = statementEnd + 1;
}

export interface BindParameter {
  readonly binary: boolean;
  /** `undefined` for NULL. A view of the message. */
  readonly bytes: Buffer | undefined;
}

/** Reads the parameters that follow the names. */
export function decodeBindParameters(buffer: Buffer, formats: number, end: number): BindParameter[] {
  const formatCount = readInt16(buffer, formats, end);
  let at = formats + 2 + formatCount * 2;
  const count = readInt16(buffer, at, end);
  at += 2;
  if (formatCount > 1 && formatCount !== count) {
    throw new ProtocolError(`bind message has ${formatCount} parameter formats but ${count} parameters`);
  }
  const parameters: BindParameter[] = [];
  for (let index = 0; index < count; index++) {
    const length = readInt32(buffer, at, end);
    at += 4;
    if (length < -1 || at + length > end) throw new ProtocolError("invalid message format: parameter of a Bind");
    const formatAt = formats + 2 + (formatCount === 1 ? 0 : index) * 2;
    const binary = formatCount > 0 && readInt16(buffer, formatAt, end) === 1;
    parameters.push({ binary, bytes: length < 0 ? undefined : buffer.subarray(at, at + length) });
    if (length > 0) at += length;
  }
  return parameters;
}

/** Without parameters, results as text. */
export function encodeBind(portal: string, statement: string): Buffer {
  return message("B", (writer) => writer.name(portal).name(statement).int16(0).int16(0).int16(0));
}
