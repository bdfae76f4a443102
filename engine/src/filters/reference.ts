import type { Column, Relation } from "../catalog/catalog.ts";
import { writerOf } from "../writers/writer-of.ts";
import type { SqlWriter } from "../writers/sql-writer.ts";
import { CannotFilter } from "./condition.ts";

export function columnNamed(relation: Relation, name: string): Column {
  const column = relation.columns.find((candidate) => candidate.name === name);
  if (column === undefined) throw new CannotFilter(`it has no column \`${name}\``);
  return column;
}

/** Who writes SQL for the server that a relation with columns is of. */
export function relationWriter({ columns, path }: Relation): SqlWriter {
  const [column] = columns;
  if (column === undefined) throw new CannotFilter(`${path} has no columns`);
  return writerOf(column);
}

/** The column as SQL text, from that of the relation's alias. */
export function referenceTo(column: Column): (alias: string) => string {
  const name = writerOf(column).name(column.name);
  return (alias) => `${alias}.${name}`;
}
