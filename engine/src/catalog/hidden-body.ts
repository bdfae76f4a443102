import { type Catalog, objectPath } from "./catalog.ts";

/**
 * Whether calling a function of the users' own may read what its arguments do not show. Functions in C are extensions' own code, listed
 * by category where they reach further; bodies in other languages read tables.
 */
export function hasHiddenBody(catalog: Catalog, schema: string, name: string): boolean {
  const overloads = catalog.functions.get(objectPath(schema, name)) ?? [];
  return overloads.length === 0 || overloads.some((info) => info.language !== "c" && info.language !== "internal");
}
