/** A node of a tree, looked at without knowing which. */
export type TreeObject = { readonly [field: string]: unknown };

export function isObject(value: unknown): value is TreeObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
