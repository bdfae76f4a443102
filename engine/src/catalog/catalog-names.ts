import type { CatalogNames } from "@penstock/language";
import { maskProblem } from "../masks/masks.ts";
import type { Catalog, Column } from "./catalog.ts";

/** What the checker of policies asks of a catalog. */
export function catalogNames(catalog: Catalog): CatalogNames {
  const columns = (path: string): readonly Column[] => catalog.relations.get(path)?.columns ?? [];
  return {
    relations: new Set(catalog.relations.keys()),
    columnsOf: (path) => columns(path).map(({ name }) => name),
    maskProblem: (path, name, mask) => {
      const column = columns(path).find((each) => each.name === name);
      return column === undefined ? undefined : maskProblem(mask, column);
    },
  };
}
