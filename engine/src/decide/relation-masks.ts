import { objectPath, type Relation } from "../catalog/catalog.ts";
import { viewTables } from "../catalog/labels.ts";
import { obstacleToInlining } from "./inlining.ts";
import { type CombinedMask, strongest } from "./combine.ts";
import type { ColumnOrigin } from "./column-origins.ts";
import { planMask } from "../masks/masks.ts";
import type { ColumnMask, RelationMasks } from "./decision.ts";
import type { LabelledColumn, World } from "./world.ts";

/**
 * Over which columns `mask` rules must be asked for a statement that touches these relations: all columns of each, mentioned or not
 * (whoever reads a relation with a masked column reads it masked), all columns that theirs come from, and all of the tables that a view
 * reads, which may be read in its place; each under its former names too.
 */
export function maskCandidates(world: World, relations: readonly Relation[]): LabelledColumn[] {
  const candidates = new Set<LabelledColumn>();
  const add = (column: LabelledColumn): void => {
    candidates.add(column);
    for (const former of column.former) candidates.add(former);
  };
  const seen = new Set<Relation>();
  const visit = (relation: Relation): void => {
    if (seen.has(relation)) return;
    seen.add(relation);
    world.columnsOf(relation).forEach(add);
    const origins = world.origins.of(relation);
    for (const list of [...origins.columns.values(), origins.hidden]) {
      for (const origin of list) add(world.column(origin.relation, origin.column));
    }
    for (const below of viewTables(world.catalog, relation)) if (!below.isSystem) visit(below);
  };
  for (const relation of relations) visit(relation);
  return [...candidates];
}

export type RelationMaskResult =
  | { readonly kind: "masks"; readonly masks: RelationMasks | undefined }
  /** A view that can be read through its definition only. */
  | { readonly kind: "inlined"; readonly why: string }
  /** The relation cannot be read while these masks apply. */
  | { readonly kind: "refused"; readonly message: string };

/**
 * The masks of one relation, those of its columns' origins included: a view's column that shows a masked column unchanged takes that
 * mask. Where one is computed from masked columns, or the view's rows depend on one, the view is to be inlined. What cannot be shows null
 * in such a column, since a mask of the result could show what the mask of the input hides, and is refused for its rows.
 * @param masks by column path, for the candidates of `maskCandidates`.
 */
export function masksOfRelation(
  world: World,
  relation: Relation,
  masks: ReadonlyMap<string, CombinedMask>,
): RelationMaskResult {
  const origins = world.origins.of(relation);
  const hidden = origins.hidden.find((origin) => maskOf(masks, columnOf(world, origin)) !== undefined);
  if (hidden !== undefined) {
    const why = `view ${relation.path} chooses or groups its rows by ${pathOf(hidden)}, which is masked for you`;
    const obstacle = obstacleTo(world, relation, masks);
    return obstacle === undefined ? { kind: "inlined", why } : { kind: "refused", message: `${why}, and ${obstacle}` };
  }
  const columns = new Map<number, ColumnMask>();
  let computed: string | undefined;
  for (const labelled of world.columnsOf(relation)) {
    const { column, path } = labelled;
    let combined = maskOf(masks, labelled);
    for (const origin of origins.columns.get(column.attnum) ?? []) {
      const inherited = maskOf(masks, columnOf(world, origin));
      if (inherited === undefined) continue;
      // Nothing may be computed from a token: in the definition it would be refused, and here it is null.
      if (!origin.direct && inherited.mask.name !== "token")
        computed ??= `${path} is computed from ${pathOf(origin)}, which is masked for you`;
      else if (makesValueOfNull(inherited, origin) && mayAddNulls(world, relation))
        computed ??= `${path} can be NULL where ${pathOf(origin)}, which is masked for you, is not`;
      combined = strongest(
        combined,
        origin.direct ? inherited : { mask: { name: "null", args: [] }, rules: inherited.rules },
      );
    }
    if (combined !== undefined) columns.set(column.attnum, { column, mask: combined.mask, rules: combined.rules });
  }
  if (computed !== undefined && obstacleTo(world, relation, masks) === undefined)
    return { kind: "inlined", why: computed };
  return { kind: "masks", masks: columns.size === 0 ? undefined : { relation, columns } };
}

/** Such a mask is for the column itself: around what an outer join adds, it would make rows where there are none. */
function makesValueOfNull({ mask }: CombinedMask, { column }: ColumnOrigin): boolean {
  const plan = planMask(mask, column);
  return plan.kind === "masking" && plan.apply(null) !== null;
}

/** By the words in which servers print definitions: a literal that holds them costs a little time. */
const joinsOrNests = /\bJOIN\b|\(\s*SELECT\b|\bROWS FROM\b/i;

function mayAddNulls(world: World, relation: Relation): boolean {
  if (relation.isSystem || relation.definition === undefined) return false;
  return (
    joinsOrNests.test(relation.definition) ||
    viewTables(world.catalog, relation).some((below) => mayAddNulls(world, below))
  );
}

/** Why a view cannot be read through its definition while these masks apply. */
function obstacleTo(world: World, view: Relation, masks: ReadonlyMap<string, CombinedMask>): string | undefined {
  const obstacle = obstacleToInlining(world, view);
  if (obstacle !== undefined) return obstacle;
  for (const below of viewTables(world.catalog, view)) {
    const result = masksOfRelation(world, below, masks);
    if (result.kind === "refused") return result.message;
  }
  return undefined;
}

/**
 * The masks of a view that is read through its definition: those that rules put on its columns and on none that they come from, since
 * the values arrive masked by the others.
 */
export function masksOfInlined(
  world: World,
  view: Relation,
  masks: ReadonlyMap<string, CombinedMask>,
): RelationMasks | undefined {
  const origins = world.origins.of(view);
  const columns = new Map<number, ColumnMask>();
  for (const labelled of world.columnsOf(view)) {
    const { column } = labelled;
    const combined = maskOf(masks, labelled);
    if (combined === undefined) continue;
    const below = new Set(
      (origins.columns.get(column.attnum) ?? []).flatMap(
        (origin) => maskOf(masks, columnOf(world, origin))?.rules ?? [],
      ),
    );
    if (combined.rules.every((rule) => below.has(rule))) continue;
    columns.set(column.attnum, { column, mask: combined.mask, rules: combined.rules });
  }
  return columns.size === 0 ? undefined : { relation: view, columns };
}

/** What rules ask for a column under any of its names. */
function maskOf(masks: ReadonlyMap<string, CombinedMask>, { path, former }: LabelledColumn): CombinedMask | undefined {
  let combined = masks.get(path);
  for (const { path: was } of former) {
    const mask = masks.get(was);
    if (mask !== undefined) combined = strongest(combined, mask);
  }
  return combined;
}

function columnOf(world: World, { relation, column }: ColumnOrigin): LabelledColumn {
  return world.column(relation, column);
}

function pathOf({ relation, column }: ColumnOrigin): string {
  return objectPath(relation.schema, relation.name, column.name);
}
