import type { AccessKind } from "@penstock/language";
import { viewTables } from "../catalog/labels.ts";
import type { Relation } from "../catalog/catalog.ts";
import type { TableFact } from "../sql/facts.ts";
import type { CombinedEffects } from "./combine.ts";
import type { InlinedView, Reason, RelationFilter, RelationMasks } from "./decision.ts";
import { filterOfRelation } from "./relation-filters.ts";
import { masksOfInlined, masksOfRelation } from "./relation-masks.ts";
import type { SubjectMasks } from "./subject-masks.ts";
import type { World } from "./world.ts";

/** What is hidden of the relations of one statement, by path. */
export interface Protections {
  readonly masks: ReadonlyMap<string, RelationMasks>;
  readonly filters: ReadonlyMap<string, RelationFilter>;
  readonly inlined: ReadonlyMap<string, InlinedView>;
  /** Relations that cannot be read, or changed, as they are hidden. */
  readonly refusals: readonly Reason[];
}

/**
 * The masks and filters of all relations that a statement touches, and of those that it reads through the definitions of views.
 * @param own what the rules said of this statement.
 * @param combined the same with what `fixed` says of its relations.
 */
export function protectionsOf(
  world: World,
  tables: readonly TableFact[],
  own: CombinedEffects,
  combined: CombinedEffects,
  fixed: SubjectMasks,
): Protections {
  const hasMasks = combined.masks.size > 0;
  const hasFilters = combined.filters.size > 0;
  if (!hasMasks && !hasFilters) return nothingProtected;
  const masks = new Map<string, RelationMasks>();
  const filters = new Map<string, RelationFilter>();
  const inlined = new Map<string, InlinedView>();
  const refusals: Reason[] = [];
  const done = new Set<Relation>();

  const protect = (relation: Relation, isOnlyRead: boolean): void => {
    if (done.has(relation)) return;
    done.add(relation);
    const why = addFilter(relation) ?? addMasks(relation);
    if (why === undefined) return;
    if (!isOnlyRead) {
      refusals.push({
        message: why,
        hint: "change the view's tables instead",
        rule: undefined,
        code: "protected_view",
      });
      return;
    }
    inlined.set(relation.path, { view: relation, why });
    const besides = masksOfInlined(world, relation, combined.masks);
    if (besides !== undefined) masks.set(relation.path, besides);
    for (const below of viewTables(world.catalog, relation)) protect(below, true);
  };

  /** Why the relation has to be inlined, if it has to. */
  const addFilter = (relation: Relation): string | undefined => {
    if (!hasFilters) return undefined;
    const result =
      own.filters.size === 0 ? fixed.of(relation).filter : filterOfRelation(world, relation, combined.filters);
    if (result.kind === "inlined") return result.why;
    if (result.kind === "refused") refusals.push(result.reason);
    else if (result.filter !== undefined) filters.set(relation.path, result.filter);
    return undefined;
  };

  const addMasks = (relation: Relation): string | undefined => {
    if (!hasMasks) return undefined;
    const result = own.masks.size === 0 ? fixed.of(relation).result : masksOfRelation(world, relation, combined.masks);
    if (result.kind === "inlined") return result.why;
    if (result.kind === "refused") refusals.push(maskedView(result.message));
    else if (result.masks !== undefined) masks.set(relation.path, result.masks);
    return undefined;
  };

  for (const { relation, access } of tables) {
    protect(relation, access.has("read") && access.isSubsetOf(readingOnly));
  }
  return { masks, filters, inlined, refusals };
}

/** FOR UPDATE locks the rows that it reads. */
const readingOnly: ReadonlySet<AccessKind> = new Set(["read", "lock"]);

const nothingProtected: Protections = { masks: new Map(), filters: new Map(), inlined: new Map(), refusals: [] };

function maskedView(message: string): Reason {
  return { message, rule: undefined, code: "masked_view", hint: "read the view's tables instead" };
}
