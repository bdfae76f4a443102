import type { CatalogNames } from "@penstock/language/editor";
import type { Catalog } from "../catalog/catalog.ts";

/** What policies can name of a catalog: what PostgreSQL itself brings is left out. */
export function catalogNames({ relations }: Catalog): CatalogNames {
  return {
    relations: [...relations.values()]
      .filter(({ isSystem, kind }) => !isSystem && kind !== "index" && kind !== "toast" && kind !== "sequence")
      .map(({ schema, name, kind, columns }) => ({
        schema,
        name,
        kind: kind.replace("_", " "),
        columns: columns.map((column) => ({ name: column.name, type: column.type, comment: column.comment })),
      })),
  };
}
