import { viewTables } from "../catalog/labels.ts";
import type { Relation } from "../catalog/catalog.ts";
import type { World } from "./world.ts";

/**
 * Why a view cannot be read through its definition, as the end of a sentence. A view reads its tables with its owner's privileges, its
 * definition in a statement with those of the login.
 */
export function obstacleToInlining(world: World, view: Relation): string | undefined {
  if (view.kind !== "view") return "its rows are stored";
  const unreadable = viewTables(world.catalog, view).find((table) => table.isUnreadable === true);
  if (unreadable !== undefined) return `the proxy's login may not read ${unreadable.path} in its place`;
  return world.origins.of(view).unknown ? "its definition could not be analysed" : undefined;
}
