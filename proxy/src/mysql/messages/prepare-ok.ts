/** COM_STMT_PREPARE_OK: the first packet of what the server answers to COM_STMT_PREPARE. */
import { PacketReader } from "../wire.ts";

export interface PrepareOk {
  readonly statementId: number;
  readonly columns: number;
  readonly parameters: number;
}

export function decodePrepareOk(buffer: Buffer, body: number, end: number): PrepareOk {
  const reader = new PacketReader(buffer, body + 1, end);
  return { statementId: reader.uint32(), columns: reader.uint16(), parameters: reader.uint16() };
}
