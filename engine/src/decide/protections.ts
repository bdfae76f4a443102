import type { AccessKind } from "@penstock/language";
import { viewTables } from "../catalog/labels.ts";
import type { Relation } from "../catalog/catalog.ts";
import type { TableUse } from "../sql/facts.ts";
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
 * The masks and filters of all relations that a statement touches, and of those that it reads through the definitions of views. Hot, see
 * `npm run bench -- decision`: what is not needed is not made.
 * @param own what the rules said of this statement.
 * @param combined the same with what `fixed` says of its relations.
 */
export function protectionsOf(
  world: World,
  tables: readonly TableUse[],
  own: CombinedEffects,
  combined: CombinedEffects,
  fixed: SubjectMasks,
): Protections {
  if (combined.masks.size === 0 && combined.filters.size === 0) return nothingProtected;
  const found = new Found(world, tables, own, combined, fixed);
  for (const { relation, access } of tables) found.protect(relation, access);
  return found;
}

class Found implements Protections {
  masks: ReadonlyMap<string, RelationMasks> = noMasks;
  filters: ReadonlyMap<string, RelationFilter> = noFilters;
  inlined: ReadonlyMap<string, InlinedView> = noInlined;
  refusals: readonly Reason[] = noRefusals;

  readonly #world: World;
  readonly #tables: readonly TableUse[];
  readonly #own: CombinedEffects;
  readonly #combined: CombinedEffects;
  readonly #fixed: SubjectMasks;

  constructor(
    world: World,
    tables: readonly TableUse[],
    own: CombinedEffects,
    combined: CombinedEffects,
    fixed: SubjectMasks,
  ) {
    this.#world = world;
    this.#tables = tables;
    this.#own = own;
    this.#combined = combined;
    this.#fixed = fixed;
  }

  /** @param access how the statement uses the relation; `undefined` where it reads it through a view's definition. */
  protect(relation: Relation, access: ReadonlySet<AccessKind> | undefined): void {
    const why = this.#addFilter(relation) ?? this.#addMasks(relation);
    // Dropping or renaming a view reads nothing of it.
    if (why === undefined || (access?.size === 1 && access.has("ddl"))) return;
    if (access === undefined || (access.has("read") && access.isSubsetOf(readingOnly))) this.#inline(relation, why);
    else {
      this.#refuse({
        message: why,
        hint: "change the view's tables instead",
        rule: undefined,
        code: "protected_view",
      });
    }
  }

  #inline(view: Relation, why: string): void {
    this.inlined = withEntry(this.inlined, view.path, { view, why });
    const besides = masksOfInlined(this.#world, view, this.#combined.masks);
    if (besides !== undefined) this.masks = withEntry(this.masks, view.path, besides);
    for (const below of viewTables(this.#world.catalog, view)) {
      const isKnown = this.inlined.has(below.path) || this.#tables.some(({ relation }) => relation === below);
      if (!isKnown) this.protect(below, undefined);
    }
  }

  /** Why the relation has to be inlined, if it has to. */
  #addFilter(relation: Relation): string | undefined {
    const { filters } = this.#combined;
    if (filters.size === 0) return undefined;
    const result =
      this.#own.filters.size === 0 ? this.#fixed.of(relation).filter : filterOfRelation(this.#world, relation, filters);
    if (result.kind === "inlined") return result.why;
    if (result.kind === "refused") this.#refuse(result.reason);
    else if (result.filter !== undefined) this.filters = withEntry(this.filters, relation.path, result.filter);
    return undefined;
  }

  /** As `#addFilter`. */
  #addMasks(relation: Relation): string | undefined {
    const { masks } = this.#combined;
    if (masks.size === 0) return undefined;
    const result =
      this.#own.masks.size === 0 ? this.#fixed.of(relation).result : masksOfRelation(this.#world, relation, masks);
    if (result.kind === "inlined") return result.why;
    if (result.kind === "refused") this.#refuse(maskedView(result.message));
    else if (result.masks !== undefined) this.masks = withEntry(this.masks, relation.path, result.masks);
    return undefined;
  }

  #refuse(reason: Reason): void {
    if (!this.refusals.some(({ message }) => message === reason.message)) this.refusals = [...this.refusals, reason];
  }
}

/** A statement has one or two protected relations: a copy for each costs less than maps that mostly stay empty. */
function withEntry<V>(map: ReadonlyMap<string, V>, key: string, value: V): ReadonlyMap<string, V> {
  return (map.size === 0 ? new Map<string, V>() : new Map(map)).set(key, value);
}

/** FOR UPDATE locks the rows that it reads. */
const readingOnly: ReadonlySet<AccessKind> = new Set(["read", "lock"]);

const noMasks: Protections["masks"] = new Map();
const noFilters: Protections["filters"] = new Map();
const noInlined: Protections["inlined"] = new Map();
const noRefusals: Protections["refusals"] = [];
const nothingProtected: Protections = {
  masks: noMasks,
  filters: noFilters,
  inlined: noInlined,
  refusals: noRefusals,
};

function maskedView(message: string): Reason {
  return { message, rule: undefined, code: "masked_view", hint: "read the view's tables instead" };
}
