import type { SystemData } from "../sql/sql-dialect.ts";
import type { CombinedMask } from "./combine.ts";
import type { Hidden } from "./hidden.ts";
import type { LabelledColumn } from "./world.ts";

/**
 * Masks that no rule asks for: columns of the server's own catalogs and views that would tell of what is hidden are NULL for whom it is
 * hidden, so that tools which look at them go on working. Views over them inherit that as they do every mask.
 * @param hidden asked for when one of those columns is among the candidates.
 */
export function systemMasks(
  candidates: readonly LabelledColumn[],
  system: SystemData,
  hidden: () => Hidden,
): ReadonlyMap<string, CombinedMask> {
  const masks = new Map<string, CombinedMask>();
  for (const { relation, column, path } of candidates) {
    if (!relation.isSystem) continue;
    const told = system.tells(relation, column);
    const isMasked = (told === "values" && hidden().names.size > 0) || (told === "counts" && hidden().areFiltered);
    if (isMasked) masks.set(path, noValue);
  }
  return masks;
}

const noValue: CombinedMask = { mask: { name: "null", args: [] }, rules: [] };
