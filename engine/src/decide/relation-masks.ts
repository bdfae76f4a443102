import { objectPath, type Relation } from "../catalog/catalog.ts";
import { type CombinedMask, strongest } from "./combine.ts";
import type { ColumnOrigin } from "./column-origins.ts";
import type { ColumnMask, RelationMasks } from "./decision.ts";
import type { LabelledColumn, World } from "./world.ts";

/**
 * Over which columns `mask` rules must be asked for a statement that touches these relations: all columns of each, mentioned or not
 * (whoever reads a relation with a masked column reads it masked), and all columns that theirs come from.
 */
export function maskCandidates(world: World, relations: readonly Relation[]): LabelledColumn[] {
  const candidates = new Map<string, LabelledColumn>();
  for (const relation of relations) {
    for (const column of world.columnsOf(relation)) candidates.set(column.path, column);
    const origins = world.origins.of(relation);
    for (const list of [...origins.columns.values(), origins.hidden]) {
      for (const origin of list) {
        const column = world.column(origin.relation, origin.column);
        candidates.set(column.path, column);
      }
    }
  }
  return [...candidates.values()];
}

export type RelationMaskResult =
  | { readonly kind: "masks"; readonly masks: RelationMasks | undefined }
  /** The relation cannot be read while these masks apply. */
  | { readonly kind: "refused"; readonly message: string };

/**
 * The masks of one relation, those of its columns' origins included: a view's column that shows a masked column unchanged takes that
 * mask; one computed from masked columns becomes null, since a mask of the result could show what the mask of the input hides; a view
 * whose rows depend on a masked column is refused.
 * @param masks by column path, for the candidates of `maskCandidates`.
 */
export function masksOfRelation(
  world: World,
  relation: Relation,
  masks: ReadonlyMap<string, CombinedMask>,
): RelationMaskResult {
  const origins = world.origins.of(relation);
  const hidden = origins.hidden.find((origin) => masks.has(pathOf(origin)));
  if (hidden !== undefined) {
    return {
      kind: "refused",
      message: `view ${relation.path} chooses or groups its rows by ${pathOf(hidden)}, which is masked for you`,
    };
  }
  const columns = new Map<number, ColumnMask>();
  for (const { column, path } of world.columnsOf(relation)) {
    let combined = masks.get(path);
    for (const origin of origins.columns.get(column.attnum) ?? []) {
      const inherited = masks.get(pathOf(origin));
      if (inherited === undefined) continue;
      combined = strongest(
        combined,
        origin.direct ? inherited : { mask: { name: "null", args: [] }, rules: inherited.rules },
      );
    }
    if (combined !== undefined) columns.set(column.attnum, { column, mask: combined.mask, rules: combined.rules });
  }
  return { kind: "masks", masks: columns.size === 0 ? undefined : { relation, columns } };
}

function pathOf({ relation, column }: ColumnOrigin): string {
  return objectPath(relation.schema, relation.name, column.name);
}
