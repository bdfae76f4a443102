/** COM_STMT_EXECUTE and its relatives. */
import { ProtocolError } from "../../enforce/protocol-error.ts";
import { PacketReader } from "../wire.ts";
import { valueLength } from "./binary-value.ts";

/** The statement that COM_STMT_EXECUTE, FETCH, RESET, CLOSE or SEND_LONG_DATA is about. */
export function decodeStatementId(buffer: Buffer, body: number, end: number): number {
  return new PacketReader(buffer, body + 1, end).uint32();
}

/** Offset in the payload of COM_STMT_EXECUTE of the byte that says whether types follow: behind kind, statement, flags, iterations, a bit for each NULL. */
export function bindFlagAt(parameters: number): number {
  return 1 + 4 + 1 + 4 + ((parameters + 7) >> 3);
}

/**
 * Two bytes a parameter, as COM_STMT_EXECUTE binds them; `known` where it binds none, or the same. Hot: a driver that binds them each time
 * costs no memory.
 */
export function boundTypes(buffer: Buffer, body: number, end: number, parameters: number, known: Buffer): Buffer {
  if (parameters === 0) return known;
  const flag = body + bindFlagAt(parameters);
  const from = flag + 1;
  const to = from + 2 * parameters;
  if (buffer[flag] !== 1 || to > end) return known;
  const isKnown = known.length === to - from && known.compare(buffer, from, to) === 0;
  return isKnown ? known : Buffer.from(buffer.subarray(from, to));
}

export interface Execution {
  /** Two bytes a parameter; those of the execution before where the client sends none. */
  readonly types: Buffer;
  /** Binary, `undefined` for NULL. */
  readonly values: readonly (Buffer | undefined)[];
}

const typeNull = 6;

/**
 * COM_STMT_EXECUTE of a statement with parameters, all of whose values are in it.
 * @param types as they were bound last
 */
export function decodeExecution(
  buffer: Buffer,
  body: number,
  end: number,
  parameters: number,
  types: Buffer,
): Execution {
  const reader = new PacketReader(buffer, body + 1, end);
  // Statement, flags, iterations.
  reader.skip(4 + 1 + 4);
  if (parameters === 0) return { types, values: [] };
  const nulls = reader.bytes(Math.floor((parameters + 7) / 8));
  const bound = reader.uint8() === 1 ? Buffer.from(reader.bytes(2 * parameters)) : types;
  if (bound.length !== 2 * parameters) throw new ProtocolError("an execution without types of its values");
  const values = Array.from({ length: parameters }, (_, index) => {
    const isNull = (nulls[index >> 3]! & (1 << (index & 7))) !== 0;
    const type = bound[2 * index]!;
    return isNull || type === typeNull ? undefined : readValue(reader, type);
  });
  return { types: bound, values };
}

function readValue(reader: PacketReader, type: number): Buffer {
  const length = valueLength(type);
  if (length === "encoded") return reader.lengthEncodedBytes();
  return reader.bytes(length === "byte" ? reader.uint8() : length);
}
