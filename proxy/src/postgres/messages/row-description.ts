import { ProtocolError, readInt16, readInt32, stringEnd } from "../wire.ts";

/**
 * Finds the first output whose origin (table OID * 65536 + attribute number, both 0 for expressions) is forbidden.
 * @returns its name in the result, or `undefined`.
 */
export function forbiddenOutput(
  buffer: Buffer,
  body: number,
  end: number,
  forbidden: ReadonlySet<number>,
): string | undefined {
  const count = readInt16(buffer, body, end);
  let at = body + 2;
  for (let index = 0; index < count; index++) {
    const nameEnd = stringEnd(buffer, at, end);
    const table = readInt32(buffer, nameEnd + 1, end) >>> 0;
    const attribute = readInt16(buffer, nameEnd + 5, end);
    if (nameEnd + 19 > end) throw new ProtocolError("the RowDescription is too short");
    if (table !== 0 && forbidden.has(table * 65_536 + attribute)) return buffer.toString("utf8", at, nameEnd);
    at = nameEnd + 19;
  }
  return undefined;
}
