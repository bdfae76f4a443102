/** Protocol::ColumnDefinition41: of a result's column, where it comes from. */
import { PacketReader } from "../wire.ts";

export interface ColumnOrigin {
  readonly name: string;
  /** The database, table and column that it comes from; empty for an expression. */
  readonly database: string;
  readonly table: string;
  readonly column: string;
}

export function decodeColumnOrigin(buffer: Buffer, body: number, end: number): ColumnOrigin {
  const reader = new PacketReader(buffer, body, end);
  reader.lengthEncodedBytes(); // always "def"
  const database = reader.lengthEncodedText();
  reader.lengthEncodedBytes(); // the table's alias
  const table = reader.lengthEncodedText();
  const name = reader.lengthEncodedText();
  const column = reader.lengthEncodedText();
  return { name, database, table, column };
}
