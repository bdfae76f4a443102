import { viewTables } from "../catalog/labels.ts";
import { objectPath, type Relation } from "../catalog/catalog.ts";
import { inPresentNames } from "../filters/former-columns.ts";
import { planFilter } from "../filters/plan-filter.ts";
import { dataKey } from "../data-key.ts";
import { obstacleToInlining } from "./inlining.ts";
import { type CombinedFilter, mergeFilters } from "./combine.ts";
import type { Reason, RelationFilter } from "./decision.ts";
import type { World } from "./world.ts";

/**
 * Which tables `filter` rules must be asked about for a statement that touches these relations: each, those that it inherits from and
 * those that inherit from it, and all that a view reads; each under its former names too.
 */
export function filterPaths(world: World, relations: readonly Relation[]): string[] {
  const paths = new Set<string>();
  const seen = new Set<Relation>();
  const visit = (relation: Relation): void => {
    if (relation.isSystem || seen.has(relation)) return;
    seen.add(relation);
    const { ancestors, descendants } = world.origins.family(relation);
    for (const member of [relation, ...ancestors, ...descendants]) for (const path of pathsOf(member)) paths.add(path);
    for (const below of viewTables(world.catalog, relation)) visit(below);
  };
  for (const relation of relations) visit(relation);
  return [...paths];
}

export type RelationFilterResult =
  | { readonly kind: "filter"; readonly filter: RelationFilter | undefined }
  /** A view that can be read through its definition only. */
  | { readonly kind: "inlined"; readonly why: string }
  /** The relation can be neither read nor written while these filters apply. */
  | { readonly kind: "refused"; readonly reason: Reason };

/**
 * The filter of one relation: its own rules and those of the tables that it inherits from, all of which must hold. What a table's
 * partition or child demands cannot be asked of the table's other rows, so such a table is refused. A view over a filtered table is to be
 * inlined, and a materialised one, whose rows are stored, is refused, unless rules filter the view itself.
 * @param filters by path, for the paths of `filterPaths`
 */
export function filterOfRelation(
  world: World,
  relation: Relation,
  filters: ReadonlyMap<string, CombinedFilter>,
): RelationFilterResult {
  const own = filterUnderNames(filters, relation);
  const { ancestors, descendants } = world.origins.family(relation);
  const filter = ancestors.reduce((all, table) => mergeFilters(all, filterUnderNames(filters, table)), own);
  const known = new Set(filter?.predicates.map(dataKey));
  const below = descendants.find((table) =>
    filterUnderNames(filters, table)?.predicates.some((predicate) => !known.has(dataKey(predicate))),
  );
  if (below !== undefined) {
    return refused(
      `${below.path} is filtered for you, and ${relation.path} shows its rows`,
      "put the filter on the table that the partitions or children share",
      filterUnderNames(filters, below),
    );
  }
  if (own === undefined) {
    const definition = filterOfDefinition(world, relation, filters);
    if (definition !== undefined) return definition;
  }
  if (filter === undefined) return { kind: "filter", filter: undefined };
  const predicates = filter.predicates.flatMap((predicate) => inPresentNames(relation, predicate));
  const made: RelationFilter = { relation, rules: filter.rules, predicates };
  const plan = planFilter(made);
  if (plan.kind === "refused") {
    return refused(plan.reason, "this is a mistake in a policy: tell the owner of the rule", filter);
  }
  return { kind: "filter", filter: made };
}

/** What the relation is called and was called before. */
function pathsOf({ path, former = [] }: Relation): readonly string[] {
  return [path, ...former.map(({ schema, name }) => objectPath(schema, name))];
}

function filterUnderNames(
  filters: ReadonlyMap<string, CombinedFilter>,
  relation: Relation,
): CombinedFilter | undefined {
  return pathsOf(relation).reduce<CombinedFilter | undefined>(
    (all, path) => mergeFilters(all, filters.get(path)),
    undefined,
  );
}

type WithoutFilter = Exclude<RelationFilterResult, { kind: "filter" }>;

/** Where a view shows rows of a filtered table, what that means for it. */
function filterOfDefinition(
  world: World,
  view: Relation,
  filters: ReadonlyMap<string, CombinedFilter>,
): WithoutFilter | undefined {
  let inlined: WithoutFilter | undefined;
  for (const table of viewTables(world.catalog, view)) {
    const hidden = filterOfRelation(world, table, filters);
    if (hidden.kind === "refused") return hidden;
    if (hidden.kind === "filter" && hidden.filter === undefined) continue;
    const why = `view ${view.path} shows rows of ${table.path}, which is filtered for you`;
    const obstacle = obstacleToInlining(world, view);
    if (obstacle !== undefined) {
      const rules = hidden.kind === "filter" ? hidden.filter : undefined;
      return refused(`${why}, and ${obstacle}`, `read ${table.path} itself, or ask for a filter of the view`, rules);
    }
    inlined ??= { kind: "inlined", why };
  }
  return inlined;
}

function refused(message: string, hint: string, filter: CombinedFilter | undefined): WithoutFilter {
  return { kind: "refused", reason: { message, hint, rule: filter?.rules[0], code: "row_filter" } };
}
