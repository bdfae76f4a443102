/** Values of rows that the proxy replaces on their way to the client. Only results with such columns are taken apart; hot for those. */

/** What happens to the values of one column. */
export interface ColumnChange {
  /** From 0. */
  readonly index: number;
  /** @returns what stands in the value's place; `undefined` where it stays. NULL is not asked about: it stays. */
  replacement(buffer: Buffer, from: number, to: number): Buffer | undefined;
}

export interface RowChange {
  /** By index, each once. */
  readonly columns: readonly ColumnChange[];
  /** How many columns a row must have. */
  readonly width: number;
  /** How its rows are read. */
  readonly values: RowValues;
}

/** Where the values of a row stand in the form that a protocol gives it. One at a time is read with it. */
export interface RowValues {
  /** Where what says the length of the value begins, the value itself, and what follows it. */
  readonly start: number;
  readonly from: number;
  readonly to: number;
  readonly isNull: boolean;
  /** Begins with a row, from its first byte on. @returns whether it has that many columns, as far as that can be told already */
  begin(buffer: Buffer, body: number, end: number, width: number): boolean;
  /** Reads the next value. @returns false where there is none that is whole */
  next(): boolean;
  /** What says that a value of so many bytes follows. */
  lengthOf(bytes: number): Buffer;
}

/** Whether rows of a result are taken apart. */
export function opensRows(change: RowChange | undefined): change is RowChange {
  return change !== undefined && change.columns.length > 0;
}

/**
 * A row with other values in some columns, without what a protocol puts before it; nothing is copied of a row that stays as it is.
 * @param body where the row begins
 * @returns the pieces of the row; `misshapen` where it does not have the columns that it should have
 */
export function changeRow(
  { columns, width, values }: RowChange,
  buffer: Buffer,
  body: number,
  end: number,
): Buffer[] | "unchanged" | "misshapen" {
  if (!values.begin(buffer, body, end, width)) return "misshapen";
  let parts: Buffer[] | undefined;
  let copied = body;
  let next = 0;
  for (let index = 0; index < width; index++) {
    if (!values.next()) return "misshapen";
    const column = columns[next];
    if (column?.index !== index) continue;
    next++;
    if (values.isNull) continue;
    const replacement = column.replacement(buffer, values.from, values.to);
    if (replacement === undefined) continue;
    parts ??= [];
    parts.push(buffer.subarray(copied, values.start), values.lengthOf(replacement.length), replacement);
    copied = values.to;
  }
  if (values.to !== end || next !== columns.length) return "misshapen";
  if (parts === undefined) return "unchanged";
  parts.push(buffer.subarray(copied, end));
  return parts;
}

/** A row that comes in several pieces, put together because it may have to be changed. */
export class RowParts {
  #parts: Buffer[] = [];
  #bytes = 0;

  /** Of what has come of the row. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Keeps a copy. @returns the whole row when its last part is there */
  add(part: Buffer, isLast: boolean): Buffer | undefined {
    this.#parts.push(Buffer.from(part));
    this.#bytes += part.length;
    if (!isLast) return undefined;
    const row = Buffer.concat(this.#parts, this.#bytes);
    this.clear();
    return row;
  }

  clear(): void {
    this.#parts = [];
    this.#bytes = 0;
  }
}
