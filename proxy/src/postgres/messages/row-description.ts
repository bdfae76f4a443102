import type { TokenResult } from "@penstock/engine";
import { ProtocolError } from "../../enforce/protocol-error.ts";
import { readInt16, readInt32, stringEnd } from "../wire.ts";

/** A column of a result. */
export interface Output {
  /** Table OID * 65536 + attribute number; 0 for expressions. */
  readonly origin: number;
  /** OID of the type; of a domain's base type. */
  readonly type: number;
  /** Known for results that are on their way, and for portals; of statements the server says text. */
  readonly isBinary: boolean;
}

export function decodeOutputs(buffer: Buffer, body: number, end: number): Output[] {
  const count = readInt16(buffer, body, end);
  const outputs: Output[] = [];
  let at = body + 2;
  for (let index = 0; index < count; index++) {
    const table = stringEnd(buffer, at, end) + 1;
    outputs.push({
      origin: (readInt32(buffer, table, end) >>> 0) * 65_536 + readInt16(buffer, table + 4, end),
      type: readInt32(buffer, table + 6, end) >>> 0,
      isBinary: readInt16(buffer, table + 16, end) === 1,
    });
    at = table + 18;
  }
  return outputs;
}

/**
 * Finds the first output whose origin (table OID * 65536 + attribute number, both 0 for expressions) is forbidden.
 * @param tokens outputs that will be replaced: they, and no others, must come from the columns that are said here
 * @returns its name in the result, or `undefined`.
 */
export function forbiddenOutput(
  buffer: Buffer,
  body: number,
  end: number,
  forbidden: ReadonlySet<number>,
  tokens?: TokenResult,
): string | undefined {
  const count = readInt16(buffer, body, end);
  if (tokens !== undefined && count !== tokens.width) return "*";
  let at = body + 2;
  for (let index = 0; index < count; index++) {
    const nameEnd = stringEnd(buffer, at, end);
    const table = readInt32(buffer, nameEnd + 1, end) >>> 0;
    const attribute = readInt16(buffer, nameEnd + 5, end);
    if (nameEnd + 19 > end) throw new ProtocolError("the RowDescription is too short");
    const origin = table * 65_536 + attribute;
    const token = tokens?.columns.find((column) => column.index === index);
    const isWrong =
      token === undefined
        ? table !== 0 && forbidden.has(origin)
        : origin !== token.origin && !(table === 0 && tokens?.hasUnion === true);
    if (isWrong) return buffer.toString("utf8", at, nameEnd);
    at = nameEnd + 19;
  }
  return undefined;
}
