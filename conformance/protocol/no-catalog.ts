import type { Catalog } from "@penstock/engine";

/** For tests that are not about what a database holds. */
export const noCatalog: Catalog = {
  engine: "postgres",
  version: "empty",
  database: "postgres",
  serverVersionNum: 180_000,
  relations: new Map(),
  relationsByOid: new Map(),
  functions: new Map(),
  types: new Map(),
  schemas: new Set(),
  operators: [],
  definitionPath: [],
};
