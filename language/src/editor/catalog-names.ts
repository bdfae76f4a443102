/** What an editor knows of the database that policies are about. The language reads no files; the caller brings it. */
export interface CatalogNames {
  readonly relations: readonly CatalogRelation[];
}

export interface CatalogRelation {
  readonly schema: string;
  readonly name: string;
  /** Such as `table` or `view`. */
  readonly kind: string;
  readonly columns: readonly CatalogColumn[];
}

interface CatalogColumn {
  readonly name: string;
  readonly type: string;
  readonly comment: string | undefined;
}

export const noCatalog: CatalogNames = { relations: [] };
