/** Protocol::ColumnDefinition41: a result's column, where it comes from, and the form of its values. */
import { PacketReader } from "../wire.ts";

export interface ColumnOrigin {
  readonly name: string;
  /** The database, table and column that it comes from; empty for an expression. */
  readonly database: string;
  readonly table: string;
  readonly column: string;
}

export interface ColumnDefinition extends ColumnOrigin {
  /** Id of the collation (information_schema.collations) in which texts are sent; of what is no text, 63. */
  readonly collation: number;
  /** As in `enum_field_types`. */
  readonly type: number;
}

export function decodeColumnOrigin(buffer: Buffer, body: number, end: number): ColumnOrigin {
  return readOrigin(new PacketReader(buffer, body, end));
}

export function decodeColumnDefinition(buffer: Buffer, body: number, end: number): ColumnDefinition {
  const reader = new PacketReader(buffer, body, end);
  const origin = readOrigin(reader);
  reader.lengthEncoded(); // of what follows
  const collation = reader.uint16();
  reader.uint32(); // the longest value, in bytes
  return { ...origin, collation, type: reader.uint8() };
}

function readOrigin(reader: PacketReader): ColumnOrigin {
  reader.lengthEncodedBytes(); // always "def"
  const database = reader.lengthEncodedText();
  reader.lengthEncodedBytes(); // the table's alias
  const table = reader.lengthEncodedText();
  const name = reader.lengthEncodedText();
  const column = reader.lengthEncodedText();
  return { name, database, table, column };
}
