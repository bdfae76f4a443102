import type { Column, Relation } from "../catalog/catalog.ts";
import { quoteName } from "../masks/quote.ts";
import { CannotFilter } from "./condition.ts";

export function columnNamed(relation: Relation, name: string): Column {
  const column = relation.columns.find((candidate) => candidate.name === name);
  if (column === undefined) throw new CannotFilter(`it has no column \`${name}\``);
  return column;
}

/** The column as SQL text, from that of the relation's alias. */
export function referenceTo(column: Column): (alias: string) => string {
  const name = quoteName(column.name);
  return (alias) => `${alias}.${name}`;
}
