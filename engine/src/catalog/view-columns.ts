import { readDefinition } from "../sql/definitions.ts";
import type { Catalog, Column } from "./catalog.ts";

type ViewColumns =
  | { readonly kind: "columns"; readonly columns: readonly Column[] }
  /** It reads what the catalog does not have. */
  | { readonly kind: "unknown" }
  | { readonly kind: "error"; readonly message: string };

/** The columns of a view by its definition: a column that it shows unchanged has that column's type, a computed one an unknown type. */
export function viewColumns(catalog: Catalog, definition: string, schema: string): ViewColumns {
  const analyzed = readDefinition(catalog, definition, schema);
  if (analyzed.kind !== "statements") return { kind: "error", message: analyzed.message };
  const [statement, second] = analyzed.statements;
  if (statement === undefined || second !== undefined) return { kind: "error", message: "write one SELECT" };
  const { facts } = statement;
  if (facts.unknown.some((name) => name.what !== "column")) return { kind: "unknown" };
  const [missing] = facts.unknown;
  if (missing !== undefined) return { kind: "error", message: `column "${missing.name}" does not exist` };
  return {
    kind: "columns",
    columns: facts.outputs.map(({ position, name, sources, direct }) =>
      viewColumn(position, name, (direct ? sources[0]?.column : undefined) ?? unknownColumn(catalog)),
    ),
  };
}

function viewColumn(attnum: number, name: string, source: Column | ReturnType<typeof unknownColumn>): Column {
  return { ...source, attnum, name, notNull: false, generated: undefined, comment: undefined };
}

function unknownColumn({ engine }: Catalog) {
  const unknown = { type: "unknown", typeCategory: "other", isDomain: false } as const;
  return engine === "postgres"
    ? { ...unknown, typeSql: 'pg_catalog."unknown"', typeOid: 705, typeModifier: -1 }
    : { ...unknown, typeSql: "unknown" };
}
